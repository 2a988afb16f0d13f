"""`local/train_sound.sh` on a tiny model; test_heard_names.py and test_learning.py learn rules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")
pytest.importorskip("phonemizer", reason="needs the extra `g2p`")

from lhotse import CutSet
from model_folders import write_model
from tones import LEXICON, PHONE_TABLE, write_utterances

from wfst_bias.lm.arpa import read_arpa
from wfst_bias.phones.lexicon import PhoneLexicon
from wfst_bias.sound.confusion import ConfusionCosts

MADE = ("lexicon.txt", "phone_costs.tsv", "g2g.tsv")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a folder as local/train.sh leaves it, with three utterances of each corpus."""
    cuts = list(write_utterances(tmp_path))
    for corpus in ("parliament", "medical-terms"):
        path = tmp_path / f"work/speech/{corpus}/dev.cuts.jsonl.gz"
        path.parent.mkdir(parents=True)
        CutSet.from_cuts(cuts[:3]).to_file(path)
    LEXICON.write(tmp_path / "work/lexicon.txt")
    return tmp_path / "work"


def call(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(repository / "local/train_sound.sh"), *map(str, arguments), "--nj", "1"],
        env={**os.environ, "WFST_BIAS_VENV": sys.prefix},
        capture_output=True,
        text=True,
        check=False,
    )


def test_words_of_the_language_model_and_costs_of_phones(
    repository: Path, work: Path, tmp_path: Path
) -> None:
    model, arguments = write_model(tmp_path / "model"), ["--work", work, "--out", tmp_path / "out"]
    done = call(repository, *arguments, "--model", model, "--stop-stage", 2)
    assert done.returncode == 0, done.stderr
    lexicon = PhoneLexicon.read(tmp_path / "out/lexicon.txt").pronunciations
    words = {word for word in read_arpa(model / "lm.arpa.gz").words if not word.startswith("<")}
    assert set(lexicon) == words
    ConfusionCosts.read(tmp_path / "out/phone_costs.tsv", PHONE_TABLE)
    (tmp_path / "out/g2g.tsv").write_text("a\te\t1\tanna\n")
    done = call(repository, *arguments, "--model", model, "--stage", 4)
    assert done.returncode == 0, done.stderr
    for name in MADE:
        assert (model / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_speech_that_was_not_made_is_named(repository: Path, work: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    done = call(repository, "--work", work, "--out", tmp_path / "out", "--model", model,
                "--stage", 3, "--stop-stage", 3)  # fmt: skip
    assert done.returncode == 2
    assert "parliament-invented/train.cuts.jsonl.gz" in done.stderr
    assert "Traceback" not in done.stderr
