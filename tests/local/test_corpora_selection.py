"""Which segments of a corpus are kept: nothing is lost, nothing is heard twice."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lhotse", reason="lhotse is an optional extra: pip install wfst-bias[corpora]")

from lhotse.testing.dummies import dummy_recording

from local.corpora.audio import Audio
from local.corpora.options import SelectionOptions
from local.corpora.segments import LeftOut, Reason, Segment
from local.corpora.selection import (
    Utterance,
    check_lengths,
    check_letters,
    check_overlaps,
    check_times,
    join,
)
from local.corpora.splits import draw_splits
from local.corpora.text import make_normalizer
from wfst_bias.errors import InputError

TENTHS = st.integers(0, 400).map(lambda n: n / 10)
OPTIONS = SelectionOptions(max_seconds=5.0, overshoot_seconds=0.0)
RECORDING_SECONDS = 30.0


@st.composite
def segment_lists(draw) -> list[Segment]:
    """Draw segments of two recordings, with all kinds of times and texts."""
    n = draw(st.integers(0, 12))
    return [
        Segment(
            id=str(i),
            recording_id=draw(st.sampled_from(["a", "b"])),
            split=draw(st.sampled_from(["train", "test"])),
            start=(start := draw(TENTHS)),
            end=start + draw(st.integers(-2, 60)) / 10,
            text=draw(st.sampled_from(["yes", "no thanks", "", "?", "1984"])),
            path=Path("lines"),
            line=i + 1,
            speaker=draw(st.sampled_from(["anna", "otto"])),
        )
        for i in range(n)
    ]


def select(segments: list[Segment]) -> tuple[list[Utterance], list[LeftOut]]:
    """Select from recordings of half a minute."""
    recording = dummy_recording(0, duration=RECORDING_SECONDS)
    left_out: list[LeftOut] = []
    kept = check_times(segments, Audio({"a": recording, "b": recording}), OPTIONS, left_out)
    kept = check_lengths(kept, OPTIONS, left_out)
    kept = check_overlaps(kept, OPTIONS, left_out)
    kept = check_letters(kept, make_normalizer(), left_out)
    return join(kept, OPTIONS, left_out), left_out


@settings(max_examples=200)
@given(segment_lists())
def test_every_segment_is_kept_or_left_out_once(segments):
    utterances, left_out = select(segments)
    ids = [s.id for u in utterances for s in u.segments] + [one.segment.id for one in left_out]
    assert sorted(ids) == sorted(segment.id for segment in segments)


@settings(max_examples=200)
@given(segment_lists())
def test_utterances_have_the_lengths_asked_for_and_lie_in_the_recording(segments):
    for utterance in select(segments)[0]:
        assert OPTIONS.min_seconds <= utterance.duration <= OPTIONS.max_seconds
        assert utterance.first.start >= 0
        assert utterance.end <= RECORDING_SECONDS
        assert len({(s.recording_id, s.split, s.speaker) for s in utterance.segments}) == 1


@settings(max_examples=200)
@given(segment_lists())
def test_no_other_words_are_heard_in_an_utterance(segments):
    utterances, left_out = select(segments)
    silent = (Reason.NO_TEXT, Reason.GIVEN_TWICE, Reason.TIMES, Reason.PAST_END, Reason.TOO_LONG)
    others = [one.segment for one in left_out if one.reason not in silent]
    for utterance in utterances:
        for other in others + [s for u in utterances if u is not utterance for s in u.segments]:
            if other.recording_id == utterance.first.recording_id:
                shared = min(utterance.end, other.end) - max(utterance.first.start, other.start)
                assert shared <= OPTIONS.overlap_seconds + 1e-9


@pytest.mark.parametrize(
    "changes",
    [{"min_seconds": -1}, {"min_seconds": 9, "max_seconds": 9}, {"max_gap_seconds": math.nan}],
)
def test_impossible_options_are_refused(changes):
    with pytest.raises(InputError):
        SelectionOptions(**changes)


@given(st.sets(st.text(min_size=1), min_size=3), st.integers())
def test_splits_are_the_same_in_any_order_and_none_is_empty(ids, seed):
    drawn = draw_splits(sorted(ids), seed)
    assert drawn == draw_splits(sorted(ids, reverse=True), seed)
    assert set(drawn.values()) == {"train", "dev", "test"}
    assert drawn.keys() == ids


def test_splits_have_their_shares_and_depend_on_the_seed():
    ids = [f"recording {i}" for i in range(200)]
    drawn = [draw_splits(ids, seed) for seed in (1, 2)]
    assert drawn[0] != drawn[1]
    assert [sum(s == "test" for s in one.values()) for one in drawn] == [20, 20]
