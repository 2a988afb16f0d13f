"""Words, times, confidences and spans of a result."""

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

from wfst_bias.decode.search import SearchOptions
from wfst_bias.formats.results import Result

LM = small_lm(["they announce a new plan", "a man and a plan"] * 2)
FRAME = 0.02
DECODERS = {s: decoder(s) for s in (CHARACTERS, PIECES)}
SPEAKERS = {
    threshold: decoder(LETTERS, LM, search=SearchOptions(15.0, 8.0, blank_threshold=threshold))
    for threshold in (None, 0.9)
}
THRESHOLDS = pytest.mark.parametrize("threshold", [None, 0.9])


def check_consistent(result: Result, n_frames: int) -> None:
    """Assert what holds for every result."""
    assert len({entry.words for entry in result.nbest}) == len(result.nbest)
    assert list(result.nbest) == sorted(result.nbest, key=lambda e: -e.score)
    starts = [word.start_seconds for word in result.words]
    assert starts == sorted(starts)
    for item in (*result.words, *result.entities):
        assert 0 <= item.start_seconds < item.end_seconds <= n_frames * FRAME + 1e-9
        assert 0 <= item.confidence <= 1
    for span in result.entities:
        covered = result.words[span.first_word : span.first_word + span.n_words]
        assert " ".join(word.text for word in covered) == span.written
        assert span.start_seconds == covered[0].start_seconds
        assert span.end_seconds == max(word.end_seconds for word in covered)
    ends = [span.first_word + span.n_words for span in result.entities]
    assert all(end <= s.first_word for end, s in zip(ends, result.entities[1:], strict=False))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([CHARACTERS, PIECES]), st.integers(1, 9), st.integers(0, 10_000))
def test_every_result_is_consistent(symbols, n_frames, seed):
    of = DECODERS[symbols]
    lines = [
        entity_line("ab", 3.0, "A B C"),
        entity_line("a b", 4.0, "X"),
        entity_line("a", 1.0, "Y Z"),
        entity_line("ba ab", 5.0, "Ba Ab"),
    ]
    log_probs = random_log_probs(seed, n_frames, len(symbols), sharpness=4.0)
    (result,) = of.decode({"u": log_probs}, entity_list(of, lines))
    check_consistent(result, n_frames)
    assert " ".join(w.text for w in result.words).split() == list(result.nbest[0].words)
    assert sum(s.boost_nats for s in result.entities) == pytest.approx(
        result.nbest[0].boost_nats, abs=1e-3
    )


@THRESHOLDS
def test_words_lie_where_they_are_said(threshold):
    of = SPEAKERS[threshold]
    frames: list[str] = []
    expected = []
    for word in ("they", "announce", "zork"):
        frames += ["▁", *["<blk>"] * 7]
        begin = len(frames)
        for letter in word:
            frames += [letter, letter, "<blk>", "<blk>"]
        expected.append((word, begin, len(frames) - 2))
    (result,) = of.decode({"u": planted_log_probs(of.tokens, frames, 0.999, blanks=0)})
    found = [
        (w.text, round(w.start_seconds / FRAME), round(w.end_seconds / FRAME)) for w in result.words
    ]
    assert found == expected
    assert all(word.confidence == pytest.approx(0.999, abs=1e-3) for word in result.words)


@THRESHOLDS
def test_an_entity_lies_where_it_is_said(threshold):
    of = SPEAKERS[threshold]
    names = entity_list(of, [entity_line("zork man", 12.0, "Žork-Man the Great")])
    log_probs = planted_log_probs(of.tokens, spoken("a zork man"), 0.999)
    (result,) = of.decode({"u": log_probs}, names)
    assert [w.text for w in result.words] == ["a", "Žork-Man", "the", "Great"]
    (span,) = result.entities
    assert (span.first_word, span.n_words, span.boost_nats) == (1, 3, 12.0)
    assert span.start_seconds == pytest.approx(4 * FRAME)
    assert span.end_seconds == pytest.approx(19 * FRAME)
    check_consistent(result, len(log_probs))


def test_written_and_spoken_words_correspond_where_their_numbers_do():
    of = SPEAKERS[None]
    names = entity_list(of, [entity_line("zork man", 12.0, "Žork Mann")])
    log_probs = planted_log_probs(of.tokens, spoken("zork man"), 0.999)
    (result,) = of.decode({"u": log_probs}, names)
    starts = [round(word.start_seconds / FRAME) for word in result.words]
    assert starts == [0, 10]


@settings(max_examples=10, deadline=None)
@given(st.floats(6, 20), st.floats(6, 20), st.floats(0.8, 0.99))
def test_confidence_is_free_of_the_boost(first, second, probability):
    of = SPEAKERS[None]
    log_probs = {"u": planted_log_probs(of.tokens, ["z", "o"], probability)}
    lists = [entity_list(of, [entity_line("zo", boost, "Zo")]) for boost in (first, second)]
    one, other = (of.decode(log_probs, names)[0] for names in lists)
    assert [word.text for word in one.words] == ["Zo"]
    assert one.words == other.words
    assert one.entities[0].confidence == other.entities[0].confidence
    assert one.entities[0].confidence == pytest.approx(probability, abs=0.01)


def test_frame_shift_scales_all_times():
    of = DECODERS[CHARACTERS]
    log_probs = planted_log_probs(of.tokens, spoken("ab a"), 0.99)
    (result,) = of.decode({"u": log_probs})
    assert of.options.output.frame_shift_ms == 20.0
    assert [w.start_seconds for w in result.words] == pytest.approx([0.0, 0.12])


def test_collapsed_blanks_change_no_text():
    for seed in range(5):
        log_probs = planted_log_probs(SPEAKERS[None].tokens, spoken("a new plan"), 0.95, blanks=4)
        noise = np.random.default_rng(seed).normal(0, 0.3, log_probs.shape)
        log_probs = log_probs + noise.astype(np.float32)
        log_probs -= np.logaddexp.reduce(log_probs, axis=1, keepdims=True)
        texts = [
            [word.text for word in SPEAKERS[threshold].decode({"u": log_probs})[0].words]
            for threshold in SPEAKERS
        ]
        assert texts[0] == texts[1] == ["a", "new", "plan"]
