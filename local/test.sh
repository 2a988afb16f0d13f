#!/usr/bin/env bash
# Sets up, then checks everything: style, types, tests; arguments go to pytest:
#   local/test.sh --slow        also the slow tests
#   local/test.sh tests/lm -x   one folder, up to the first failure

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

local/setup.sh
. local/path.sh

workers=$(nproc)
((workers <= 4)) || workers=4

ruff check
ruff format --check
shellcheck --external-sources run.sh .ci/run local/*.sh local/*/*.sh
mypy
pytest --numprocesses "$workers" "$@"
