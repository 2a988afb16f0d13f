#!/usr/bin/env bash
# prepare.sh OUT FOLDER [SUBSET]: simulated patient interviews from the folder where they were
# downloaded; lists are of rare words.

exec local/corpora/prepare_set.sh medical "$1" "${2-}" "${3:-test}"
