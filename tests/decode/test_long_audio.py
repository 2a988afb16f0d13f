"""Long audio is cut in pauses, decoded in bounded memory, and put together again."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from factories import (
    LETTERS,
    decoder,
    entity_line,
    entity_list,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
    token_table,
)
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.decode.long_audio import cut_points
from wfst_bias.decode.search import SearchOptions

TOKENS = token_table(LETTERS)
PAUSES = [TOKENS.blank_id, TOKENS.separator_id]
LM = small_lm(["they announce a new plan", "a man and a plan"] * 2)
SEARCH = SearchOptions(15.0, 8.0)


def speech(phrases: list[str], pause_frames: int = 12) -> np.ndarray:
    """Return phrases said clearly, with pauses between them."""
    said: list[str] = []
    for phrase in phrases:
        said += [f for symbol in ["▁", *spoken(phrase)] for f in (symbol, "<blk>")]
        said += ["<blk>"] * pause_frames
    return planted_log_probs(TOKENS, said, 0.999, blanks=0)


@given(st.integers(0, 400), st.integers(2, 90), st.integers(0, 10_000))
def test_pieces_cover_everything_and_are_not_too_long(n_frames, longest, seed):
    log_probs = random_log_probs(seed, n_frames, 4)
    cuts = cut_points(log_probs, [0, 1], longest)
    assert (cuts[0], cuts[-1]) == (0, n_frames)
    lengths = np.diff(cuts)
    assert (lengths <= longest).all()
    assert (lengths[:-1] > longest // 2).all()
    assert (lengths > 0).all() or n_frames == 0


@given(st.integers(0, 10_000))
def test_cuts_lie_in_pauses(seed):
    chance = np.random.default_rng(seed)
    phrases = chance.choice(["they announce", "a new plan", "a man"], 12).tolist()
    log_probs = speech(phrases, pause_frames=int(chance.integers(6, 20)))
    pause = np.logaddexp.reduce(log_probs[:, PAUSES], axis=1) > np.log(0.5)
    for cut in cut_points(log_probs, PAUSES, 120)[1:-1]:
        assert pause[cut - 4 : cut + 3].all()


def test_no_pause_anywhere():
    log_probs = planted_log_probs(TOKENS, ["a", "b"] * 100, 0.99, blanks=0)
    cuts = cut_points(log_probs, PAUSES, 50)
    assert max(np.diff(cuts)) <= 50


def test_cut_audio_reads_as_uncut_audio():
    phrases = ["they announce", "a zork man", "and a new plan", "zork", "the end"] * 6
    log_probs = {"u": speech(phrases)}
    whole, cut = (
        decoder(LETTERS, LM, search=SEARCH, longest_piece=longest) for longest in (5000, 100)
    )
    lines = [entity_line("zork", 8.0, "Zork")]
    (expected,), (result,) = (d.decode(log_probs, entity_list(d, lines)) for d in (whole, cut))
    assert [word.text for word in result.words] == " ".join(phrases).replace("zork", "Zork").split()
    assert [word.text for word in result.words] == [word.text for word in expected.words]
    for name in ("start_seconds", "end_seconds", "confidence"):
        found, wanted = ([getattr(w, name) for w in r.words] for r in (result, expected))
        assert found == pytest.approx(wanted, abs=1e-6)
    assert len(result.entities) == 12
    for span in result.entities:
        assert result.words[span.first_word].text == span.written == "Zork"


def test_long_and_short_utterances_in_one_call():
    d = decoder(LETTERS, LM, search=SEARCH, longest_piece=100, batch_size=3)
    inputs = {
        "long": speech(["they announce", "a new plan"] * 5),
        "bad": np.full((900, len(LETTERS)), np.nan, np.float32),
        "short": speech(["a man"]),
        "none": np.zeros((0, len(LETTERS)), np.float32),
    }
    together = d.decode(inputs)
    assert together[1].error is not None
    for result, (name, log_probs) in zip(together, inputs.items(), strict=True):
        assert [result] == d.decode({name: log_probs})


@pytest.mark.slow
def test_an_hour_in_bounded_memory():
    """An hour is 180,000 frames; ten minutes and an hour peak within 250 MB of each other."""
    d = decoder(LETTERS, LM, search=SEARCH, n_best=5)
    phrases = ["they announce", "a new plan", "a man and a plan"]
    minute = speech(phrases * 30)[:3000]
    ten_minutes, hour = np.tile(minute, (10, 1)), np.tile(minute, (60, 1))
    (first,) = d.decode({"u": ten_minutes})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (result,) = d.decode({"u": hour})
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert len(result.words) == pytest.approx(6 * len(first.words), rel=0.02)
    assert grown_mb < 250
