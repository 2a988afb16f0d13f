"""`local/setup.sh`, with a Python that only notes what it is asked to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

FAKE_PYTHON = """\
#!/usr/bin/env bash
echo "$*" >> "$CALLS"
case "$*" in
  *'-m venv'*) mkdir -p "${@: -1}/bin" && cp "$0" "${@: -1}/bin/python" ;;
  *'-m pip'*) exit "${PIP_STATUS-0}" ;;
esac
"""


@dataclass(frozen=True)
class Clone:
    """A fresh clone on a machine whose only Python is the fake one."""

    folder: Path
    programs: Path
    calls: Path

    def set_up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("LANG",) if name in os.environ}
        path = f"{self.programs}:{os.environ['PATH']}"
        home = str(self.folder.parent)
        self.calls.write_text("")
        return subprocess.run(
            [str(self.folder / "local/setup.sh"), *arguments],
            env={**kept, "PATH": path, "HOME": home, "CALLS": str(self.calls), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self, what: str) -> int:
        return sum(what in line for line in self.calls.read_text().splitlines())


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Clone:
    folder, programs = tmp_path / "clone", tmp_path / "programs"
    (folder / "local").mkdir(parents=True)
    programs.mkdir()
    for name in ("pyproject.toml", "local/setup.sh", "local/constraints.txt", "local/k2.txt"):
        shutil.copy(repository / name, folder / name)
    for name in ("python3.10", "python3", "python"):
        write_program(programs / name, FAKE_PYTHON)
    write_program(programs / "uname", '#!/bin/sh\n[ "$1" = -s ] && echo Linux || echo x86_64\n')
    return Clone(folder, programs, tmp_path / "calls")


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_first_call_installs_and_second_does_nothing(clone: Clone) -> None:
    first = clone.set_up()
    assert first.returncode == 0, first.stderr
    assert (clone.called("-m venv"), clone.called("--editable")) == (1, 1)
    assert all(step in first.stderr for step in ("1/3", "2/3", "3/3"))
    second = clone.set_up()
    assert (second.returncode, second.stderr, clone.calls.read_text()) == (0, "", "")


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "local/constraints.txt", "local/k2.txt", "local/setup.sh"]
)
def test_a_change_of_what_it_is_made_from_updates_in_place(clone: Clone, name: str) -> None:
    clone.set_up()
    with (clone.folder / name).open("a") as stream:
        stream.write("# changed\n")
    again = clone.set_up()
    assert again.returncode == 0, again.stderr
    assert (clone.called("-m venv"), clone.called("--editable")) == (0, 1)
    clone.set_up()
    assert clone.called("--editable") == 0


@pytest.mark.parametrize("already_there", [False, True])
def test_an_interrupted_call_is_made_good(clone: Clone, already_there: bool) -> None:
    if already_there:
        clone.set_up()
        (clone.folder / "pyproject.toml").write_text("# changed\n")
    failed = clone.set_up(PIP_STATUS="1")
    assert failed.returncode == 1
    assert "installing failed" in failed.stderr
    again = clone.set_up()
    assert again.returncode == 0
    assert "did not finish" in again.stderr
    assert (clone.called("-m venv"), clone.called("--editable")) == (1, 1)


def test_the_wheel_of_k2_is_named_by_its_hash(clone: Clone) -> None:
    clone.set_up()
    installs = [line for line in clone.calls.read_text().splitlines() if "pip install" in line]
    assert "--require-hashes --requirement local/k2.txt" in installs[-2]
    assert "--editable" in installs[-1]


def test_benchmarks_serve_the_rest_too(clone: Clone) -> None:
    clone.set_up("--benchmarks")
    assert clone.called(",benchmarks]") == 1
    clone.set_up()
    assert clone.calls.read_text() == ""


def test_benchmarks_are_added(clone: Clone) -> None:
    clone.set_up()
    clone.set_up("--benchmarks")
    assert (clone.called("-m venv"), clone.called(",benchmarks]")) == (0, 1)


def test_a_folder_that_moved_is_made_anew(clone: Clone) -> None:
    clone.set_up()
    moved = Clone(clone.folder.rename(clone.folder.with_name("moved")), clone.programs, clone.calls)
    again = moved.set_up()
    assert "was moved" in again.stderr
    assert moved.called("-m venv") == 1


def test_an_environment_of_the_user_is_left_alone(clone: Clone) -> None:
    (clone.folder / ".venv/bin").mkdir(parents=True)
    refused = clone.set_up()
    assert refused.returncode == 1
    assert "was not made by" in refused.stderr
    assert (clone.folder / ".venv/bin").is_dir()


def test_a_given_environment_is_used_as_it_is(clone: Clone, tmp_path: Path) -> None:
    assert "no bin/wfst-bias" in clone.set_up(WFST_BIAS_VENV=str(tmp_path)).stderr
    (tmp_path / "bin").mkdir()
    write_program(tmp_path / "bin/wfst-bias", "")
    assert clone.set_up(WFST_BIAS_VENV=str(tmp_path)).returncode == 0
    assert clone.calls.read_text() == ""


@pytest.mark.skipif(Path("/opt/conda").exists(), reason="/opt/conda may have a Python 3.10")
def test_without_python_it_says_how_to_get_it(clone: Clone) -> None:
    for name in ("python3.10", "python3", "python", "uv"):
        write_program(clone.programs / name, "#!/bin/sh\nexit 1\n")
    refused = clone.set_up()
    assert refused.returncode == 1
    assert "no Python 3.10" in refused.stderr
    assert not (clone.folder / ".venv").exists()


def test_another_platform_is_told_before_anything_is_downloaded(clone: Clone) -> None:
    write_program(clone.programs / "uname", "#!/bin/sh\necho Darwin\n")
    refused = clone.set_up()
    assert refused.returncode == 1
    assert "Linux on x86-64" in refused.stderr
    assert clone.calls.read_text() == ""


def test_unknown_option(clone: Clone) -> None:
    assert clone.set_up("--fast").returncode == 2
