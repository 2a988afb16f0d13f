"""The best place of an entity that was not written, against all places by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from factories import (
    CHARACTERS,
    LETTERS,
    PIECES,
    decoder,
    entity_line,
    entity_list,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.boost_curves import follow
from wfst_bias.decode.boost_fit import boost_shares, fit_entity, fit_spelling

BLANK = 1
GAINS = AdaptiveOptions(gap_scale=0.5, best_tokens=2, most_nats=1.5)
DECODERS = {s: decoder(s, adaptive=GAINS) for s in (CHARACTERS, PIECES)}
PHRASES = st.lists(
    st.sampled_from(["a", "ab", "aba", "b", "ba", "bab", "a b", "ab a"]),
    min_size=1, max_size=5, unique=True,
)  # fmt: skip


def worth(log_probs: np.ndarray, first: int, labels: tuple[int, ...]) -> float:
    """Return what a path of labels from a frame on is worth."""
    rows = log_probs[first : first + len(labels)]
    gains = GAINS.gains(rows)
    total = sum(row[label] - row.max() for row, label in zip(rows, labels, strict=True))
    begins = [i for i in range(1, len(labels)) if labels[i] not in (BLANK, labels[i - 1])]
    return float(total + sum(gains[i, labels[i]] for i in begins))


def collapsed(labels: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(labels) if label != BLANK)


def best_by_brute_force(log_probs: np.ndarray, spelling: tuple[int, ...]) -> float:
    n_frames, n_tokens = log_probs.shape
    return max(
        (
            worth(log_probs, first, labels)
            for length in range(1, n_frames + 1)
            for labels in itertools.product(range(n_tokens), repeat=length)
            if collapsed(labels) == spelling and BLANK not in (labels[0], labels[-1])
            for first in range(n_frames - length + 1)
        ),
        default=-np.inf,
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([0, 2]), min_size=1, max_size=3).map(tuple),
    st.integers(0, 5),
    st.integers(0, 9999),
)
def test_no_place_is_better(spelling, n_frames, seed):
    log_probs = random_log_probs(seed, n_frames, 3)
    expected = best_by_brute_force(log_probs, spelling)
    fit = fit_spelling(log_probs, spelling, BLANK, GAINS)
    if fit is None:
        assert expected == -np.inf
        return
    labels = tuple(fit.columns.tolist())
    assert fit.net_nats == pytest.approx(expected, abs=1e-5)
    assert worth(log_probs, fit.first_frame, labels) == pytest.approx(expected, abs=1e-5)
    assert collapsed(labels) == spelling
    assert fit.columns[fit.begins].tolist() == list(spelling)


def test_a_token_that_is_impossible_fits_nowhere():
    log_probs = random_log_probs(0, 4, 3)
    log_probs[:, 2] = -np.inf
    assert fit_spelling(log_probs, (0, 2), BLANK, GAINS) is None


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(DECODERS)), PHRASES, st.floats(0, 60, width=16))
def test_shares_of_a_form_are_its_score(table, phrases, score):
    of = DECODERS[table]
    lines = [entity_line(p, score + i, f"E{i}") for i, p in enumerate(phrases)]
    names = entity_list(of, lines)
    spelled = names.spelled
    for number, form in enumerate(spelled.form.tolist()):
        spelling = spelled.tokens[spelled.offsets[number] : spelled.offsets[number + 1]].tolist()
        shares = boost_shares(names.fst, spelling, form)
        assert shares.sum() == pytest.approx(names.form_boost_nats[form], abs=1e-3)
        assert len(spelling) == 1 or shares[0] == 0


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(list(DECODERS)), PHRASES, st.integers(0, 9999))
def test_the_curve_says_what_the_fit_found(table, phrases, seed):
    of = DECODERS[table]
    names = entity_list(of, [entity_line(p, 9.0, f"E{i}") for i, p in enumerate(phrases)])
    log_probs = random_log_probs(seed, 8, of.tokens.size)
    curve = fit_entity("E0", names, log_probs, of.context.columns, of.tokens, GAINS)
    assert curve is not None
    assert (curve.written, curve.form, curve.is_written) == ("E0", phrases[0], False)
    assert 0 <= curve.first_frame <= len(log_probs) - len(curve.frames)
    read = "".join(of.tokens.symbols[c] for c in curve.frames.columns[curve.frames.begins])
    assert read.removeprefix("▁").replace("▁", " ").split() == phrases[0].split()
    assert curve.constant_nats.sum() == pytest.approx(9.0, abs=1e-3)
    rows = log_probs[curve.first_frame : curve.first_frame + len(curve.frames)]
    assert curve.frames.log_probs == pytest.approx(
        rows[np.arange(len(rows)), curve.frames.columns], abs=1e-6
    )


def test_what_was_said_fits_where_it_was_written():
    of = decoder(LETTERS, small_lm(["we met anna", "anna met we"] * 2), adaptive=GAINS)
    names = entity_list(of, [entity_line("zoe", 12.0, "Zoë"), entity_line("kim", 3.0)])
    said = planted_log_probs(of.tokens, spoken("we met zoe"), 0.99)
    pieces: list = []
    of.decode({"u": said}, names, pieces)
    _, (heard,) = follow(pieces)
    fitted = fit_entity("Zoë", names, said, of.context.columns, of.tokens, GAINS)
    assert fitted is not None
    assert fitted.behind_nats == pytest.approx(heard.behind_nats, abs=1e-5)
    assert fitted.first_frame == heard.first_frame
    begun, expected = (c.constant_nats[c.frames.begins] for c in (fitted, heard))
    assert begun == pytest.approx(expected, abs=1e-5)
    assert fit_entity("nobody", names, said, of.context.columns, of.tokens, GAINS) is None
