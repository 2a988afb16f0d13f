"""The front end: how many rows, what normalization keeps, and padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_folders import RATE, noise

torch = pytest.importorskip("torch")

from wfst_bias.acoustic.features import LEAST_SAMPLES, N_MELS, log_mel, normalize, pad  # noqa: E402

FEW = settings(max_examples=25)
SEEDS = st.integers(0, 2**31)


def random_rows(n_frames: int, seed: int, n_channels: int = 7) -> torch.Tensor:
    return torch.randn(n_frames, n_channels, generator=torch.Generator().manual_seed(seed))


@FEW
@given(st.integers(LEAST_SAMPLES, RATE))
def test_there_is_a_row_for_each_ten_milliseconds(n_samples: int) -> None:
    features = log_mel(noise(n_samples / RATE))
    assert features.shape == ((n_samples + 80) // 160, N_MELS)
    assert features.dtype == torch.float32
    assert torch.isfinite(features).all()


@pytest.mark.parametrize("n_samples", [0, 1, LEAST_SAMPLES - 1])
def test_less_than_a_window_is_refused(n_samples: int) -> None:
    with pytest.raises(ValueError, match=f"{n_samples} samples are too few: a window has 400"):
        log_mel(np.zeros(n_samples, np.float32))


def test_a_higher_tone_is_loudest_in_a_higher_channel() -> None:
    time = np.arange(RATE // 2) / RATE
    tones = (np.sin(2 * np.pi * pitch * time) for pitch in (200, 400, 800, 1600, 3200, 6400))
    loudest = [int(log_mel(tone.astype(np.float32)).mean(0).argmax()) for tone in tones]
    assert loudest == sorted(set(loudest))


@FEW
@given(st.floats(0.5, 3.0), st.integers(0, 99))
def test_loudness_makes_no_difference_once_normalized(gain: float, seed: int) -> None:
    samples = noise(0.5, seed)
    louder = (gain * samples).astype(np.float32)
    expected = normalize(log_mel(samples))
    torch.testing.assert_close(normalize(log_mel(louder)), expected, rtol=1e-2, atol=1e-2)


@FEW
@given(st.integers(2, 40), SEEDS)
def test_normalized_channels_have_mean_zero_and_variance_one(n_frames: int, seed: int) -> None:
    normalized = normalize(5.0 * random_rows(n_frames, seed) + 3.0)
    torch.testing.assert_close(normalized.mean(0), torch.zeros(7), atol=1e-4, rtol=0)
    torch.testing.assert_close(normalized.var(0, unbiased=False), torch.ones(7), atol=1e-3, rtol=0)


@FEW
@given(st.integers(2, 40), SEEDS, st.floats(0.5, 10), st.floats(-9, 9))
def test_normalizing_undoes_a_gain_and_an_offset(
    n_frames: int, seed: int, gain: float, offset: float
) -> None:
    rows = random_rows(n_frames, seed)
    torch.testing.assert_close(normalize(gain * rows + offset), normalize(rows), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    "samples", [np.zeros(RATE, np.float32), np.ones(LEAST_SAMPLES, np.float32)]
)
def test_silence_stays_finite_and_small(samples: np.ndarray) -> None:
    normalized = normalize(log_mel(samples))
    assert torch.isfinite(normalized).all()
    assert normalize(torch.full((5, 3), -15.9)).abs().max() < 1e-3


@FEW
@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), SEEDS)
def test_padding_puts_zeros_after_each_utterance(lengths: list[int], seed: int) -> None:
    features = [random_rows(n, seed + i) for i, n in enumerate(lengths)]
    padded, counts = pad(features)
    assert padded.shape == (len(lengths), max(lengths), 7)
    assert counts.tolist() == lengths
    for row, each in zip(padded, features, strict=True):
        assert torch.equal(row[: len(each)], each)
        assert not row[len(each) :].any()
