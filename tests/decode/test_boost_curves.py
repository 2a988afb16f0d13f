"""Boosts over time: values by hand, and what the decoder says of the same results."""

from __future__ import annotations

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
from wfst_bias.decode.boost_curves import BoostCurve, boost_curves, follow, read_frames
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.dense import Frames
from wfst_bias.decode.piece_lattice import PieceLattice
from wfst_bias.formats.results import Result
from wfst_bias.graph.arcs import ArcKind, TokenArcs
from wfst_bias.graph.join import ArcMeaning

GAINS = AdaptiveOptions(gap_scale=0.5, best_tokens=2)
# Model columns 0 to 3; token numbers 1, 2, 0, 3, since the blank comes first.
BY_HAND = decoder(
    ("▁an", "na", "<blk>", "▁met"),
    small_lm(["met anna", "anna met", "met met"] * 2),
    adaptive=GAINS,
)
NAMES = entity_list(BY_HAND, [entity_line("anna", 7.5, "Anna"), entity_line("an", 5.0, "Ann")])
ANNA, AN = NAMES.form_text.index("anna"), NAMES.form_text.index("an")
LOG_PROBS = np.array(
    [
        [-5.0, -6.0, -4.0, -0.1],
        [-1.0, -5.0, -3.0, -0.6],
        [-6.0, -7.0, -0.01, -6.0],  # which the search skips
        [-3.0, -3.0, -0.2, -4.0],
        [-3.0, -2.0, -0.5, -4.0],
        [-4.0, -0.1, -3.0, -5.0],
    ],
    np.float32,
)
KEPT = Frames(np.array([0, 1, 3, 4, 5]), 6, first=0)


def arcs(*rows: tuple[int, bool, int, int, int, float]) -> tuple[np.ndarray, ArcMeaning]:
    """Return token numbers and meaning of arcs: token, reads, kind, output, form, boost."""
    token, reads, kind, output, form, boost = (np.array(c) for c in zip(*rows, strict=True))
    return token, ArcMeaning(reads, token, kind, output, form, boost, *np.zeros((2, len(token))))


def test_an_entity_of_several_tokens_by_hand() -> None:
    path = arcs(
        (3, True, ArcKind.WORD, 1, 0, 0.0),
        (1, True, ArcKind.SLOT, 0, 0, 0.0),
        (0, False, 0, 0, 0, 0.0),
        (2, True, ArcKind.ENTITY, 0, ANNA + 1, 7.5),
        (2, False, 0, 0, 0, 0.0),
        (4, True, ArcKind.WORD, 0, 0, 0.0),
    )
    (curve,) = boost_curves(*path, LOG_PROBS, KEPT, NAMES, BY_HAND.context)
    assert (curve.written, curve.form, curve.is_written) == ("Anna", "anna", True)
    assert (curve.first_frame, curve.n_held) == (1, 5)
    assert curve.frames.columns.tolist() == [0, 2, 2, 1, 1]
    assert curve.frames.best_columns.tolist() == [3, 2, 2, 2, 1]
    assert curve.frames.begins.tolist() == [True, False, False, True, False]
    assert curve.frames.log_probs == pytest.approx([-1.0, -0.01, -0.2, -2.0, -0.1])
    assert curve.frames.behind_nats == pytest.approx([0.4, 0, 0, 1.5, 0], abs=1e-6)
    assert curve.adaptive_nats == pytest.approx([0, 0, 0, 0.75, 0])
    assert curve.constant_nats == pytest.approx([0, 0, 0, 7.5, 0])
    assert curve.cumulative_nats == pytest.approx([0, 0, 0, 8.25, 8.25])
    assert curve.behind_nats == pytest.approx(1.9)
    assert curve.net_nats == pytest.approx(7.5 + 0.75 - 1.9)


def test_an_entity_of_one_token_is_paid_where_the_next_begins() -> None:
    path = arcs(
        (1, True, ArcKind.SLOT, 0, 0, 0.0),
        (1, False, 0, 0, 0, 0.0),
        (0, False, 0, 0, 0, 0.0),
        (1, True, ArcKind.SLOT, 0, -(AN + 1), 5.0),
        (0, False, 0, 0, 0, 0.0),
        (4, True, ArcKind.WORD, 0, -(AN + 1), 5.0),
    )
    first, second = boost_curves(*path, LOG_PROBS, KEPT, NAMES, BY_HAND.context)
    assert (first.first_frame, first.n_held, len(first.frames)) == (0, 2, 5)
    assert first.constant_nats == pytest.approx([0, 0, 0, 0, 5.0])
    assert first.behind_nats == pytest.approx(4.9 + 0.4)  # of its own two frames alone
    # The end of the utterance is on no frame of the model: it falls on the last.
    assert (second.first_frame, second.n_held) == (4, 1)
    assert second.constant_nats == pytest.approx([0, 5.0])
    assert not first.adaptive_nats.any()
    assert not second.adaptive_nats.any()


def test_frames_in_front_and_behind_are_none_of_the_model() -> None:
    token, meaning = arcs(
        (1, True, ArcKind.WORD, 0, 0, 0.0),
        (2, True, ArcKind.WORD, 1, 0, 0.0),
        (4, True, ArcKind.WORD, 0, 0, 0.0),
    )
    frames = Frames(np.array([1]), 2, first=1)
    reading = read_frames(token, meaning.reads, LOG_PROBS[:2], frames, BY_HAND.context.columns)
    assert reading.columns.tolist() == [2, 1]
    assert reading.begins.tolist() == [False, True]


def decoded(of: Decoder, log_probs: np.ndarray, names: object) -> tuple[Result, list[PieceLattice]]:
    pieces: list[PieceLattice] = []
    (result,) = of.decode({"u": log_probs}, names, pieces)
    return result, pieces


DECODERS = {
    s: decoder(s, small_lm(), adaptive=GAINS, longest_piece=50) for s in (CHARACTERS, PIECES)
}
PHRASES = st.lists(
    st.sampled_from(["a", "ab", "aba", "b", "ba", "bab", "a b", "ab a", "b ab"]),
    min_size=1, max_size=5, unique=True,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(DECODERS)), PHRASES, st.floats(0, 30, width=16), st.integers(0, 9999))
def test_it_agrees_with_the_result(table, phrases, score, seed):
    of = DECODERS[table]
    names = entity_list(of, [entity_line(p, score, f"E{i}") for i, p in enumerate(phrases)])
    log_probs = random_log_probs(seed, 7, of.tokens.size)
    result, pieces = decoded(of, log_probs, names)
    frames, curves = follow(pieces)
    seconds = of.context.frame_seconds
    assert len(frames) == len(log_probs)
    assert [c.written for c in curves] == [span.written for span in result.entities]
    for curve, span in zip(curves, result.entities, strict=True):
        assert curve.constant_nats.sum() == pytest.approx(span.boost_nats, abs=1e-3)
        assert curve.adaptive_nats.sum() == pytest.approx(span.adaptive_nats, abs=1e-4)
        assert curve.first_frame * seconds == pytest.approx(span.start_seconds)
        assert (curve.first_frame + curve.n_held) * seconds == pytest.approx(span.end_seconds)
        assert curve.cumulative_nats[-1] == pytest.approx(
            span.boost_nats + span.adaptive_nats, abs=1e-3
        )


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(list(DECODERS)), PHRASES, st.integers(0, 9999))
def test_what_is_read_and_gained_makes_the_score(table, phrases, seed):
    """Acoustics, gains and boosts of the curves are the whole, with the graph's scores."""
    of = DECODERS[table]
    names = entity_list(of, [entity_line(p, 12.0, f"E{i}") for i, p in enumerate(phrases)])
    result, pieces = decoded(of, random_log_probs(seed, 6, of.tokens.size), names)
    frames, curves = follow(pieces)
    (piece,) = pieces
    path = piece.lattice.align(piece.texts[0].path.writings)[:-1]
    m = piece.lattice.meaning.take(path)
    graph = of.graph.scales.weigh(TokenArcs.make(0, 0, m.token, m.lm_score, m.output, m.kind))[
        m.reads
    ].sum()
    gained = sum(float(c.adaptive_nats.sum() + c.constant_nats.sum()) for c in curves)
    assert frames.log_probs.sum() + graph + gained == pytest.approx(result.score, abs=1e-3)


def test_pieces_of_a_long_utterance_follow_each_other() -> None:
    of = decoder(LETTERS, small_lm(["we met anna", "anna met we"] * 2), longest_piece=50)
    names = entity_list(of, [entity_line("zoe", 12.0, "Zoë")])
    said = planted_log_probs(of.tokens, spoken("we met anna we met anna we met anna zoe"), 0.99)
    result, pieces = decoded(of, said, names)
    assert len(pieces) > 1
    frames, curves = follow(pieces)
    assert len(frames) == len(said)
    (curve,), (span,) = curves, result.entities
    assert curve.first_frame * of.context.frame_seconds == pytest.approx(span.start_seconds)
    assert "".join(of.tokens.symbols[c] for c in curve.frames.columns[curve.frames.begins]) == "zoe"
    assert isinstance(curve, BoostCurve)
