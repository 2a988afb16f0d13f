"""README tells the truth: its Python, its commands and its list do what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wfst_bias.entities.entity_list import read_entity_list, write_report
from wfst_bias.entities.list_file import read_list
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions
from wfst_bias.tokens import TokenTable


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder_of_a_user(tmp_path: Path, repository: Path) -> Path:
    """Return a folder with the planted data, in which examples can run."""
    (tmp_path / "data").symlink_to(repository / "data")
    return tmp_path


def blocks(readme: str, language: str, mark: str) -> list[str]:
    """Return the code blocks of a language that contain a mark."""
    found = re.findall(rf"```{language}\n(.*?)```", readme, flags=re.DOTALL)
    return [block for block in found if mark in block]


def run(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python(readme: str, folder_of_a_user: Path) -> None:
    (code,) = blocks(readme, "python", "Decoder")
    lm = folder_of_a_user / "exp/lm.arpa"
    estimate_from_files([folder_of_a_user / "data/planted/text.txt"], None, LmOptions(), lm)
    shown = run([sys.executable, "-c", code], folder_of_a_user)
    assert shown.count("\n") == 40
    assert "Łucja Wręgowska" in shown


def test_commands(readme: str, folder_of_a_user: Path) -> None:
    (commands,) = blocks(readme, "sh", "wfst-bias score")
    shown = run(["bash", "-euo", "pipefail", "-c", commands], folder_of_a_user)
    assert "B-WER" in shown
    for name in ("text", "hyp.trn", "hyp.ctm", "entities.jsonl", "nbest.jsonl"):
        assert (folder_of_a_user / "exp/biased" / name).stat().st_size


def test_list_and_report(readme: str, tmp_path: Path, planted: Path) -> None:
    lines, shown = blocks(readme, "text", "ketozolam 20 mg")
    path, report = tmp_path / "names.txt", tmp_path / "report.tsv"
    path.write_text(lines, encoding="utf-8")
    normalizer = Normalizer(TokenTable.read(planted / "tokens.txt"))
    write_report(read_entity_list(path, normalizer).report, report)
    assert shown.split() == report.read_text(encoding="utf-8").split()


def test_every_form_of_a_line_is_read(readme: str, tmp_path: Path) -> None:
    table = readme.split("| line | means |")[1].split("\n\n")[0]
    path = tmp_path / "names.txt"
    entities = []
    for form in re.findall(r"^\| `(.*?)` \|", table, flags=re.MULTILINE):
        path.write_text(form.replace("<TAB>", "\t"), encoding="utf-8")
        entities.append([line.written for line in read_list(path)])
    assert entities == [
        ["Łucja Wręgowska"],
        ["Knysbridge"],
        ["QX-19"],
        ["Sankt Wolfhelm"],
        ["Knysbridge"],
        ["Szépvölgy"],
        ["Knysbridge", "Łucja Wręgowska"],
        ["Knysbridge"],
        [],
    ]


def test_files_that_are_named_are_there(readme: str, repository: Path) -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", readme)
    layout = readme.split("| folder | what it does |")[1].split("\n\n")[0]
    folders = re.findall(r"(?:^\| |, )`([\w/.]+)`", layout, flags=re.MULTILINE)
    assert linked
    assert folders
    assert [name for name in linked + folders if not (repository / name).exists()] == []


def test_options_that_are_named_exist(readme: str) -> None:
    options = pytest.importorskip("wfst_bias.decode.options").DecodeOptions()
    table = readme.split("| option | what it does |")[1].split("\n\n")[0]
    named = re.findall(r"`(\w+)\.(\w+)`", table)
    assert len(named) >= 5
    assert [f"{s}.{o}" for s, o in named if not hasattr(getattr(options, s), o)] == []
