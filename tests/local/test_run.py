"""`run.sh` on the planted data, from data to table, and what it is not to be asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import blocks

# Two sets, three lists, and what the table says of each.
ROW = re.compile(r"^(dev|test) +(no list|list of 100|shared list) +([\d. -]+)$", re.MULTILINE)


def call(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(repository / "run.sh"), *map(str, arguments)],
        env={**os.environ, "WFST_BIAS_VENV": sys.prefix},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def exp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "exp"


@pytest.fixture(scope="module")
def shown(repository: Path, exp: Path) -> str:
    done = call(repository, "--dataset", "planted", "--stage", 1, "--exp", exp, "--nj", 1)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_list_corrects_names_and_leaves_the_rest(shown: str, exp: Path) -> None:
    rows = {(name, of): figures.split() for name, of, figures in ROW.findall(shown)}
    assert len(rows) == 6
    rates = {key: [float(f) for f in figures[:3]] for key, figures in rows.items()}
    for name in ("dev", "test"):
        _, other_words, names = rates[name, "no list"]
        for listed in (rates[name, "list of 100"], rates[name, "shared list"]):
            assert listed[1] <= other_words + 0.5
            assert listed[2] <= names / 2
    assert "**Synthetic" in (exp / "results.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_shows_what_is_shown(shown: str) -> None:
    (block,) = (block.text for block in blocks("text") if block.text.startswith("dev: "))
    lines = [line for line in block.splitlines() if line and line != "..."]
    assert len(lines) > 10
    assert [line for line in lines if line not in shown.splitlines()] == []


def test_what_is_made_does_not_depend_on_dask(repository: Path, shown: str, exp: Path) -> None:
    arguments = ("--dataset", "planted", "--stage", 5, "--stop-stage", 5, "--exp", exp, "--nj", 1)
    done = call(repository, *arguments, "--dask", "nowhere")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("as made before") == 2
    made_from = exp / "decode/test.none/made_from"
    before = made_from.read_text()
    made_from.unlink()
    done = call(repository, *arguments, "--dask", "nowhere")
    made_from.write_text(before)
    assert done.returncode == 2
    assert "expected local, slurm, " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--dataset", "birds"], "no such data set: birds"),
        (["--stage", "two"], "expected a whole number: two"),
        (["--nj", "-1"], "expected a whole number: -1"),
        (["--nj", "0"], "--nj must be at least 1"),
        (["--subset", "train"], "--subset is test or dev, not train"),
        (["--train", "yes"], "--train is true or false, not yes"),
        (["--train", "true", "--dataset", "planted"], "--train true is for --dataset demo"),
        (["--speed", "2"], "unknown option: --speed"),
        (["--stage", "4", "--exp", "/nowhere"], "no data in /nowhere/data: start from --stage 1"),
    ],
)
def test_arguments_that_cannot_be_used(
    repository: Path, arguments: list[str], complaint: str
) -> None:
    done = call(repository, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


@pytest.mark.parametrize("dataset", ["demo", "realspeech", "voxpopuli", "medical"])
def test_data_that_are_not_there(repository: Path, tmp_path: Path, dataset: str) -> None:
    elsewhere = ["--data-dir", tmp_path] if dataset in ("demo", "realspeech") else []
    wanted = ["--dataset", dataset, *elsewhere, "--exp", tmp_path / "exp"]
    done = call(repository, *wanted, "--stage", 1)
    assert done.returncode == 2
    assert "--data-dir" in done.stderr
    assert not (tmp_path / "exp").exists()


def test_a_folder_of_others_is_left_alone(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/precious").touch()
    done = call(repository, "--dataset", "planted", "--exp", tmp_path, "--stage", 1)
    assert done.returncode == 2
    assert "name another --exp" in done.stderr
    assert (tmp_path / "data/precious").exists()
