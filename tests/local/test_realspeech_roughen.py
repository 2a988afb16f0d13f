"""Tests of local/realspeech/roughen.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.realspeech import roughen
from wfst_bias.formats.log_probs import check_log_probs, create_log_probs, open_log_probs

ROOT = Path(__file__).resolve().parents[2]
BLANK = 3


def log_probs_of(best: list[int], rng: np.random.Generator) -> np.ndarray:
    """Return `(T, 4)` with the tokens given as the best of their frames."""
    probs = rng.uniform(0.01, 0.1, (len(best), 4)).astype(np.float32)
    probs[np.arange(len(best)), best] = 1
    return np.log(probs / probs.sum(axis=1, keepdims=True))


@given(st.lists(st.integers(0, 3)))
def test_stretches_tile_all_frames_that_are_not_blank(best: list[int]) -> None:
    frames = {t: token for token, a, b in roughen.stretches(best, BLANK) for t in range(a, b)}
    assert frames == {t: token for t, token in enumerate(best) if token != BLANK}


def test_wavering_gives_what_is_left_beside_the_best_token() -> None:
    log_probs = np.log(np.array([[0.6, 0.3, 0.05, 0.05], [0.8, 0.0, 0.1, 0.1]], np.float32) + 1e-9)
    shares = roughen.wavering([log_probs])
    np.testing.assert_allclose(shares[0], np.array([0, 0.3, 0.15, 0.15]) / 0.6, atol=1e-5)
    assert not shares[1:].any()


def test_copies_are_distributions_and_the_same_on_every_call() -> None:
    rng = np.random.default_rng(0)
    clear = {f"u{i}": log_probs_of(rng.integers(0, 4, 60).tolist(), rng) for i in range(20)}
    first, second = roughen.roughened(clear, BLANK), roughen.roughened(clear, BLANK)
    assert list(first) == [f"{name}-rough" for name in clear]
    assert all(check_log_probs(copy, 4) is None for copy in first.values())
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_mishearings_are_about_as_many_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roughen, "MISHEARD", 0.05)
    rng = np.random.default_rng(0)
    best = [0, BLANK, 1, BLANK, 2, BLANK] * 50
    clear = {f"u{i}": log_probs_of(best, rng) for i in range(100)}
    heard = [copy.argmax(axis=1).tolist() for copy in roughened_values(clear)]
    wrong = sum(a != b for copy in heard for a, b in zip(copy, best, strict=True))
    letters = 100 * sum(token != BLANK for token in best)
    assert 0.03 < wrong / letters < 0.07
    blanks = [t for t, token in enumerate(best) if token == BLANK]
    assert all(copy[t] == BLANK for copy in heard for t in blanks)


def roughened_values(clear: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return the rough copies alone."""
    return list(roughen.roughened(clear, BLANK).values())


def test_program_writes_both_copies_and_their_references(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with create_log_probs(tmp_path / "dev.npz") as add:
        add("u1", log_probs_of([0, BLANK, 1], rng))
    (tmp_path / "tokens.txt").write_text("a 0\nb 1\n▁ 2\n<blk> 3\n", encoding="utf-8")
    line = 'u1\tab\t["ab"]\t["ab", "ba"]\n'
    (tmp_path / "dev.tsv").write_text(line)
    files = [str(tmp_path / name) for name in ("dev.npz", "dev.tsv")]
    options = ["--tokens", str(tmp_path / "tokens.txt"), "--out", str(tmp_path / "rough")]
    module = [sys.executable, "-m", "local.realspeech.roughen"]
    subprocess.run([*module, *files, *options], cwd=ROOT, check=True)
    with open_log_probs(tmp_path / "rough/dev.npz") as archive:
        assert archive.ids == ("u1", "u1-rough")
    assert (tmp_path / "rough/dev.tsv").read_text() == line + line.replace("u1", "u1-rough")
