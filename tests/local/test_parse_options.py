"""`--name value` on the command lines of the shell scripts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCRIPT = """\
#!/usr/bin/env bash
# Does a thing.
#
#   more about it

# Options
stage=0       # first stage
stop_stage=   # last stage

other=1
set -euo pipefail
cd "$(dirname "$0")"
. "{library}"
printf '%s\\n%s\\n%s' "$other" "$stage" "$stop_stage"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    path = tmp_path_factory.mktemp("scripts") / "thing.sh"
    path.write_text(SCRIPT.format(library=repository / "local/parse_options.sh"))
    path.chmod(0o755)
    return path


def call(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=script.parents[1],
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), st.booleans())
def test_any_value_arrives_as_it_is(script: Path, value: str, joined: bool) -> None:
    arguments = [f"--stop-stage={value}"] if joined else ["--stop-stage", value]
    done = call(script, *arguments)
    assert (done.returncode, done.stdout) == (0, f"1\n0\n{value}")


def test_defaults_stay_and_the_last_of_two_counts(script: Path) -> None:
    assert call(script).stdout == "1\n0\n"
    assert call(script, "--stage", "2", "--stage", "4").stdout == "1\n4\n"


def test_underscore_and_dash_mean_the_same(script: Path) -> None:
    assert call(script, "--stop_stage", "3", "--stage=2").stdout == "1\n2\n3"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--other", "2"], "unknown option: --other"),
        (["--stag", "2"], "unknown option: --stag"),
        (["--.*", "2"], "unknown option: --.*"),
        (["--=2"], "unknown option: --"),
        (["--stage"], "--stage needs a value"),
        (["stage", "2"], "unexpected argument: stage"),
        (["-s"], "unexpected argument: -s"),
    ],
)
def test_what_is_no_option(script: Path, arguments: list[str], complaint: str) -> None:
    done = call(script, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_shows_purpose_and_options(script: Path) -> None:
    done = call(script, "--help")
    assert done.returncode == 0
    for shown in ("Does a thing.", "more about it", "--stage 0", "--stop-stage", "last stage"):
        assert shown in done.stdout
    assert "other" not in done.stdout
