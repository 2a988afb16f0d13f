"""Commands that are not run again on what they have been run on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = """\
set -euo pipefail
. "{library}"
once made/by given.txt absent.txt -- "$@"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file that a command is given, and a package of two modules."""
    for name in ("given.txt", "wfst_bias/a.py", "wfst_bias/b/c.py", "made/note"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(folder: Path, repository: Path):
    """Return a way to run a command once; it gives back the status and whether it was run."""
    script = SCRIPT.format(library=repository / "local/once.sh")

    def run(*command: str) -> tuple[int, bool]:
        done = subprocess.run(
            ["bash", "-c", script, "script", *command],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.stderr == "as made before\n") == (done.stdout == "")
        return done.returncode, done.stdout != ""

    return run


def test_a_command_is_run_once(call) -> None:
    assert [call("echo", "x"), call("echo", "x"), call("echo", "x")] == [
        (0, True), (0, False), (0, False),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["given.txt", "absent.txt", "wfst_bias/a.py", "wfst_bias/b/c.py"])
def test_it_is_run_again_for_other_content(call, folder: Path, name: str) -> None:
    call("echo", "x")
    (folder / name).write_text("two", encoding="utf-8")
    assert [call("echo", "x"), call("echo", "x")] == [(0, True), (0, False)]


def test_it_is_run_again_with_other_arguments(call) -> None:
    assert [call("echo", "x", "y"), call("echo", "x y")] == [(0, True), (0, True)]


def test_a_failure_is_passed_on_and_tried_again(call) -> None:
    failing = ("sh", "-c", "echo x; exit 3")
    assert [call("echo", "x"), call(*failing), call(*failing), call("echo", "x")] == [
        (0, True), (3, True), (3, True), (0, True),
    ]  # fmt: skip


def test_a_file_that_is_touched_is_the_same(call, folder: Path) -> None:
    call("echo", "x")
    (folder / "given.txt").touch()
    assert call("echo", "x") == (0, False)
