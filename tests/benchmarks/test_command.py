"""The command as a user runs it, on planted log-probabilities of a few sentences."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SYMBOLS = ("▁", *"abcdefghijklmnopqrstuvwxyz", "'", "<blk>")
SENTENCES = {"one": "the cat saw zelda", "two": "a dog ran to the yard"}
TEXT = ("the cat saw a dog", "a dog ran to the cat", "the dog saw the yard", "to the yard") * 5


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def planted(sentence: str) -> np.ndarray:
    """Return log-probabilities that say the sentence: a frame a letter, blanks between."""
    rows = []
    for letter in sentence.replace(" ", "▁"):
        for symbol in (letter, "<blk>"):
            row = np.full(len(SYMBOLS), 0.002)
            row[SYMBOLS.index(symbol)] = 1 - 0.002 * (len(SYMBOLS) - 1)
            rows.append(row)
    return np.log(np.array(rows)).astype(np.float16)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    speech, text = folder / "realspeech", folder / "text"
    speech.mkdir()
    text.mkdir()
    (speech / "tokens.txt").write_text("".join(f"{s} {i}\n" for i, s in enumerate(SYMBOLS)))
    np.savez(speech / "tiny.npz", **{name: planted(s) for name, s in SENTENCES.items()})
    lines = [
        "\t".join([name, sentence, *[json.dumps(["zelda"] if name == "one" else [])] * 2])
        for name, sentence in SENTENCES.items()
    ]
    (speech / "tiny.is21.tsv").write_text("\n".join(lines) + "\n")
    (text / "ljspeech_transcripts_lj003_lj050.txt").write_text("\n".join(TEXT) + "\n")
    words = itertools.islice(map("".join, itertools.product("bcdfgklmnr", repeat=5)), 15_500)
    (text / "librispeech_word_counts.tsv").write_text("".join(f"{w}\t5\n" for w in words))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "plain-decoding", "list-sizes", "own-lists", "by-sound", "adapter", "peak-memory",
        "dask-scaling",
    ],
)  # fmt: skip
def test_each_benchmark_writes_its_table(shared: Path, tmp_path: Path, name: str) -> None:
    pytest.importorskip("kaldi_decoder", reason="needs the extra `benchmarks`")
    pytest.importorskip("pyctcdecode", reason="needs the extra `benchmarks`")
    out = tmp_path / "results.md"
    options = {"--shared": shared, "--work": tmp_path, "--out": out, "--set": "tiny"}
    flags = itertools.chain(*options.items())
    if name == "dask-scaling":
        pytest.importorskip("distributed", reason="needs the extra `dask`")
    done = run("--only", name, "--repetitions", 1, *flags)
    assert done.returncode == 0, done.stderr
    page = out.read_text(encoding="utf-8")
    assert page in done.stdout
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) >= 2 + (name not in ("peak-memory", "dask-scaling"))
    assert "nan" not in page


def test_missing_speech_is_one_clear_line(tmp_path: Path) -> None:
    pytest.importorskip("kaldi_decoder", reason="needs the extra `benchmarks`")
    done = run("--shared", tmp_path / "nowhere", "--work", tmp_path)
    assert done.returncode == 2
    assert "tokens.txt: no such file" in done.stderr
    assert "--shared" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
