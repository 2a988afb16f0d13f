"""The synthesizers: every one speaks, and what is missing is named with its package."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic import synthesizers
from local.synthetic.synthesizers import (
    PACKAGES,
    SAMPLE_RATE,
    Request,
    check_installed,
    synthesize,
    trim,
)
from local.synthetic.voices import (
    ESPEAK,
    FESTIVAL,
    FLITE,
    FURTHER,
    PICO,
    RHVOICE,
    TRAIN,
    Speaking,
    Voice,
)
from wfst_bias.errors import InputError

TEXT = "the bridge will not be open before the end of the year"
VOICES = [
    Voice(ESPEAK, "en-gb+f2"),
    Voice(FLITE, "slt"),
    Voice(FESTIVAL, "ked_diphone"),
    Voice(RHVOICE, "bdl"),
    Voice(PICO, "en-US"),
    Voice(FESTIVAL, "cmu_us_slt_arctic_hts"),  # the last: its rate cannot be set
]
SECONDS = st.floats(0, 0.5)

needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    for name in PACKAGES
}
voices = pytest.mark.parametrize(
    "voice", [pytest.param(voice, marks=needs[voice.synthesizer]) for voice in VOICES]
)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@given(SECONDS, SECONDS, st.tuples(SECONDS, SECONDS), st.floats(1e-3, 1))
def test_trim_leaves_the_silence_asked_for(
    before: float, after: float, wanted: tuple[float, float], level: float
) -> None:
    tone = level * np.sin(np.arange(SAMPLE_RATE // 2)).astype(np.float32)
    ends = [np.zeros(round(seconds * SAMPLE_RATE), np.float32) for seconds in (before, after)]
    trimmed = trim(np.concatenate([ends[0], tone, ends[1]]), wanted)
    loud = np.flatnonzero(trimmed)
    tolerance = 0.011 * SAMPLE_RATE  # silence is found by frames of 10 ms
    assert abs(loud[0] - wanted[0] * SAMPLE_RATE) <= tolerance
    assert abs(len(trimmed) - 1 - loud[-1] - wanted[1] * SAMPLE_RATE) <= tolerance
    assert len(loud) == np.count_nonzero(tone)


@voices
def test_a_voice_speaks_at_a_natural_rate(voice: Voice) -> None:
    (samples,) = synthesize([Request(TEXT, Speaking(voice))])
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert 2 < len(samples) / SAMPLE_RATE < 6
    assert 0.05 < np.abs(samples).max() <= 1.1


@voices
def test_a_voice_says_the_same_twice(voice: Voice) -> None:
    request = Request(TEXT, Speaking(voice, rate=1.1, pitch=0.9, speed=0.96))
    first, second = (synthesize([request])[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@voices
def test_speed_makes_speech_shorter(voice: Voice) -> None:
    slow, fast = synthesize([Request(TEXT, Speaking(voice, speed=s)) for s in (0.9, 1.1)])
    assert len(slow) / len(fast) == pytest.approx(1.1 / 0.9, rel=0.01)


@pytest.mark.parametrize(
    "voice", [pytest.param(voice, marks=needs[voice.synthesizer]) for voice in VOICES[:-1]]
)
def test_rate_makes_speech_shorter(voice: Voice) -> None:
    slow, fast = synthesize([Request(TEXT, Speaking(voice, rate=rate)) for rate in (0.8, 1.2)])
    assert 1.3 < len(slow) / len(fast) < 1.7


@needs[ESPEAK]
@needs[FLITE]
@needs[FESTIVAL]
def test_speech_comes_in_the_order_of_the_requests() -> None:
    spoken_by = [voice for voice in VOICES if voice.synthesizer in (ESPEAK, FLITE, FESTIVAL)]
    requests = [
        Request(text, Speaking(voice))
        for voice in spoken_by
        for text in (TEXT, "yes", f"{TEXT} yes")
    ]
    together = synthesize(requests)
    for request, samples in zip(requests, together, strict=True):
        np.testing.assert_array_equal(samples, synthesize([request])[0])


@needs[ESPEAK]
@needs[FLITE]
@needs[FESTIVAL]
def test_all_voices_of_training_are_found() -> None:
    check_installed(TRAIN.voices)


@needs[RHVOICE]
@needs[PICO]
def test_all_further_voices_are_found() -> None:
    check_installed(FURTHER.voices)


@needs[RHVOICE]
def test_a_voice_that_rhvoice_lacks_is_named() -> None:
    with pytest.raises(InputError, match="has no voice natia; apt install rhvoice"):
        check_installed([Voice(RHVOICE, "natia")])


@pytest.mark.parametrize("voice", VOICES)
def test_a_missing_program_is_named_with_its_package(
    voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for call in (
        lambda: check_installed([voice]),
        lambda: synthesize([Request(TEXT, Speaking(voice))]),
    ):
        with pytest.raises(InputError, match=f"{voice.synthesizer} is not installed.*apt install"):
            call()


@pytest.mark.parametrize(
    ("voice", "script"),
    [
        (VOICES[0], "echo header; echo '5 en-gb --/M English gmw/en (en 2)'"),
        (VOICES[1], "echo 'Voices available: kal16 rms'"),
        (VOICES[2], "echo '(kal_diphone)'"),
    ],
)
def test_a_missing_voice_is_named_with_its_package(
    voice: Voice, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, voice.synthesizer, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    name = voice.name.split("+")[-1]
    with pytest.raises(InputError, match=f"has no voice {name}; apt install"):
        check_installed([voice])


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo out of memory >&2; exit 3", "failed with status 3.*out of memory"),
        ("exit 0", "wrote no file"),
    ],
)
@pytest.mark.parametrize("voice", VOICES)
def test_a_failing_program_is_an_input_error(
    voice: Voice, script: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, voice.synthesizer, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(InputError, match=message):
        synthesize([Request(TEXT, Speaking(voice))])


def test_every_synthesizer_can_speak_and_be_looked_for() -> None:
    assert set(synthesizers._SPEAK) == set(synthesizers._INSTALLED) == set(PACKAGES)
