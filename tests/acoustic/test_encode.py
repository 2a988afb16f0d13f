"""Encoding many utterances of any length: order, batches, threads, faults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_folders import RATE, Samples, noise

from wfst_bias.acoustic.encode import BATCH_SECONDS, encode
from wfst_bias.acoustic.recognizer import Heard, Recognizer
from wfst_bias.acoustic.sounds import Sound
from wfst_bias.acoustic.windows import windows_of
from wfst_bias.errors import InputError


class CountingRecognizer:
    """Hears the number of the sample with which a frame begins, where samples are numbered."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def hear(
        self, recordings: Sequence[Samples], utterance_ids: Sequence[str] | None = None
    ) -> list[Heard]:
        self.batches.append([len(samples) for samples in recordings])
        return [self._hear(samples) for samples in recordings]

    def _hear(self, samples: Samples) -> Heard:
        (window,) = windows_of(len(samples))
        first = samples[np.arange(window.kept.stop) * 640, None]
        return Heard(first, -first)


def numbered(name: str, n_samples: int) -> Sound:
    return Sound(name, n_samples, lambda first, end: np.arange(first, end, dtype=np.float32))


def sound(name: str, samples: Samples) -> Sound:
    return Sound(name, len(samples), lambda first, end: samples[first:end])


def broken(name: str, n_samples: int = RATE) -> Sound:
    def read(first: int, end: int) -> Samples:
        raise InputError("cannot be read", value=name)

    return Sound(name, n_samples, read)


def heard_by(recognizer, sounds: Sequence[Sound], n_threads: int | None = None):
    return dict(encode(recognizer, sounds, n_threads))


@pytest.fixture(scope="module")
def recognizer(model_folder: Path) -> Recognizer:
    return Recognizer.load(model_folder)


@settings(max_examples=30)
@given(st.lists(st.integers(560, 100 * RATE), max_size=12))
def test_every_frame_of_every_utterance_comes_once_and_in_order(lengths):
    counting = CountingRecognizer()
    sounds = [numbered(str(i), n) for i, n in enumerate(lengths)]
    done: list[float] = []
    found = list(encode(counting, sounds, on_seconds=done.append))
    assert [name for name, _ in found] == [s.utterance_id for s in sounds]
    for (_, heard), n in zip(found, lengths, strict=True):
        n_frames = -(-((n + 80) // 160) // 4)
        assert np.array_equal(heard.log_probs[:, 0], np.arange(n_frames) * 640)
        assert np.array_equal(heard.phone_log_probs, -heard.log_probs)
    assert round(sum(done) * RATE) >= sum(lengths)
    for batch in counting.batches:
        assert max(batch) * len(batch) <= BATCH_SECONDS * RATE


def test_batches_are_alike_in_length():
    counting = CountingRecognizer()
    heard_by(counting, [numbered(str(i), RATE * (1 + 9 * (i % 2))) for i in range(40)])
    assert counting.batches == [
        [RATE] * 16, [RATE] * 4 + [10 * RATE] * 5, [10 * RATE] * 9, [10 * RATE] * 6,
    ]  # fmt: skip


def test_a_long_recording_is_read_a_window_at_a_time():
    asked: list[tuple[int, int]] = []

    def read(first: int, end: int) -> Samples:
        asked.append((first, end))
        return np.arange(first, end, dtype=np.float32)

    n_samples = 900 * RATE
    ((_, heard),) = encode(CountingRecognizer(), [Sound("long", n_samples, read)])
    assert len(heard.log_probs) == 900 * 25
    assert max(end - first for first, end in asked) <= 28 * RATE
    assert (min(first for first, _ in asked), max(end for _, end in asked)) == (0, n_samples)


def test_a_batch_gives_what_single_utterances_give(recognizer):
    sounds = [sound(str(i), noise(seconds, i)) for i, seconds in enumerate((1.0, 0.3, 2.17, 31.0))]
    together = heard_by(recognizer, sounds)
    for each in sounds:
        alone = heard_by(recognizer, [each])[each.utterance_id]
        heard = together[each.utterance_id]
        np.testing.assert_allclose(heard.log_probs, alone.log_probs, atol=1e-3)
        np.testing.assert_allclose(heard.phone_log_probs, alone.phone_log_probs, atol=1e-3)


def test_a_long_recording_gives_what_the_recognizer_hears(recognizer):
    samples = noise(58.0)
    (expected,) = recognizer.hear([samples])
    heard = heard_by(recognizer, [sound("long", samples)])["long"]
    assert heard.log_probs.shape == (58 * 25, recognizer.tokens.size)
    np.testing.assert_allclose(heard.log_probs, expected.log_probs, atol=1e-3)
    np.testing.assert_allclose(np.exp(heard.log_probs).sum(axis=1), 1.0, atol=1e-3)


def test_results_do_not_depend_on_the_number_of_threads(recognizer):
    sounds = [sound(str(i), noise(0.5 + i / 3, i)) for i in range(24)]
    one, two = (heard_by(recognizer, sounds, n) for n in (1, 2))
    for name, heard in one.items():
        assert np.array_equal(heard.log_probs, two[name].log_probs)


@pytest.mark.parametrize("n_threads", [None, 2])
def test_what_cannot_be_read_is_said_and_the_rest_is_encoded(recognizer, n_threads):
    infinite = noise(1.0)
    infinite[700] = np.inf
    sounds = [
        broken("lost"), sound("good", noise(1.0)), broken("long", 100 * RATE),
        sound("short", noise(0.02)), sound("empty", noise(0.0)), sound("infinite", infinite),
    ]  # fmt: skip
    found = heard_by(recognizer, sounds, n_threads)
    assert list(found) == [each.utterance_id for each in sounds]
    assert len(found.pop("good").log_probs) == 25
    messages = {name: str(fault) for name, fault in found.items() if isinstance(fault, InputError)}
    assert messages.keys() == found.keys()
    assert "cannot be read" in messages["lost"]
    assert "utterance short is too short: 320 samples" in messages["short"]
    assert "utterance empty is too short: 0 samples" in messages["empty"]
    assert "utterance infinite has samples that are not finite" in messages["infinite"]


def test_silence_is_encoded(recognizer):
    heard = heard_by(recognizer, [sound("silence", np.zeros(RATE, np.float32))])["silence"]
    assert np.isfinite(heard.log_probs).all()


def test_no_utterance_is_nothing(recognizer):
    assert heard_by(recognizer, []) == {}
