"""The planted data: the committed files are what the script makes, and fit their purpose."""

from __future__ import annotations

import random
from pathlib import Path

import make_planted
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted.imitated_ctc import Clarity, lay_out, mishear

from wfst_bias.entities.list_file import read_entities_tsv
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.formats.log_probs import check_log_probs, open_log_probs
from wfst_bias.tokens import WORD_MARK, TokenTable

TOKENS = TokenTable(("▁", *"abcdefghijklmnopqrstuvwxyz", "'", "<blk>"), 28)
words = st.lists(st.text("abcehipstwz", min_size=1, max_size=12), min_size=1, max_size=5)
seeds = st.integers(0, 1000)
clarities = st.builds(
    Clarity,
    misheard=st.floats(0, 1),
    margin_nats=st.just((0.5, 4.0)),
    joined=st.floats(0, 1),
    split=st.floats(0, 1),
)


def test_committed_files_are_those_the_script_makes(tmp_path: Path, planted: Path) -> None:
    make_planted.make_planted(tmp_path)
    assert make_planted.differing_files(tmp_path, planted) == []


def test_differences_are_named(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, number in ((one, 1.0), (other, 2.0)):
        folder.mkdir()
        (folder / "same.txt").write_text("same")
        (folder / "text.txt").write_text(str(number))
        np.savez(folder / "x.npz", a=np.full((2, 2), number))
    (one / "alone.txt").write_text("")
    assert make_planted.differing_files(one, other) == ["alone.txt", "text.txt", "x.npz"]
    assert make_planted.differing_files(one, one) == []


def test_size(planted: Path) -> None:
    assert sum(path.stat().st_size for path in planted.iterdir()) < 1_500_000


@pytest.mark.parametrize("name", make_planted.SETS)
def test_log_probs_are_in_order(planted: Path, name: str) -> None:
    tokens = TokenTable.read(planted / "tokens.txt")
    with open_log_probs(planted / f"{name}.npz") as log_probs:
        assert set(log_probs) == set(read_entities_tsv(planted / f"{name}.tsv"))
        assert [check_log_probs(log_probs[u], tokens.size) for u in log_probs] == [None] * 40


def test_names_of_lists_are_not_in_the_text(planted: Path) -> None:
    normalizer = Normalizer(TokenTable.read(planted / "tokens.txt"))
    sentences = (planted / "text.txt").read_text().splitlines()
    said = {
        normalizer.normalize(name).form
        for set_name in make_planted.SETS
        for utterance in read_entities_tsv(planted / f"{set_name}.tsv").values()
        for name in utterance.rare
    }
    assert said
    assert not {name for name in said if any(f" {name} " in f" {s} " for s in sentences)}


@given(words, clarities, seeds)
def test_right_tokens_are_said_wherever_others_are_heard(
    spoken: list[str], clarity: Clarity, seed: int
) -> None:
    sounds = mishear(spoken, clarity, random.Random(seed))
    assert "".join(sound.said for sound in sounds) == "".join(f"{w}{WORD_MARK}" for w in spoken)
    assert all((s.heard == s.said) == (s.margin_nats == 0) for s in sounds)


@given(words, seeds)
def test_clear_words_are_read_off_the_best_tokens(spoken: list[str], seed: int) -> None:
    clear = Clarity(misheard=0, margin_nats=(1, 1), joined=0, split=0)
    rng = random.Random(seed)
    best = lay_out(mishear(spoken, clear, rng), TOKENS, rng).argmax(axis=1)
    assert _collapse(best.tolist()) == " ".join(spoken)


@given(words, clarities, seeds)
def test_words_misheard_stay_possible(spoken: list[str], clarity: Clarity, seed: int) -> None:
    rng = random.Random(seed)
    sounds = mishear(spoken, clarity, rng)
    log_probs = lay_out(sounds, TOKENS, rng)
    assert check_log_probs(log_probs, TOKENS.size) is None
    best = float(log_probs.max(axis=1).astype(float).sum())
    margins = sum(s.margin_nats for s in sounds[:-1])
    # Half a nat of rounding for each sound of two frames, and what float16 rounds away.
    assert _said_score(log_probs, spoken) >= best - margins - 0.6 * len(sounds)


def _collapse(columns: list[int]) -> str:
    kept = [c for i, c in enumerate(columns) if i == 0 or columns[i - 1] != c]
    symbols = (TOKENS.symbols[c] for c in kept if c != TOKENS.blank_id)
    return "".join(symbols).replace(WORD_MARK, " ")


def _said_score(log_probs: np.ndarray, spoken: list[str]) -> float:
    """Return the best CTC path of the words in nats, by dynamic programming over tokens."""
    columns = [TOKENS.ids[c] for c in WORD_MARK.join(spoken)]
    states = [TOKENS.blank_id, *(c for token in columns for c in (token, TOKENS.blank_id))]
    scores = np.full(len(states), -np.inf)
    scores[:2] = log_probs[0, states[:2]]
    for frame in log_probs[1:].astype(float):
        before = scores.copy()
        for at, column in enumerate(states):
            sources = [before[at]] + [before[at - 1]] * (at > 0)
            skips = at > 1 and column not in (TOKENS.blank_id, states[at - 2])
            scores[at] = max(sources + [before[at - 2]] * skips) + frame[column]
    return float(max(scores[-2:]))
