"""Warps for training: what they may change, and what decides on them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.acoustic.warps import WarpOptions, warped

N_CHANNELS = 80


def batch(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features with zeros after each utterance, and their lengths."""
    features = torch.zeros(len(lengths), max(lengths), N_CHANNELS)
    for row, length in zip(features, lengths, strict=True):
        row[:length] = torch.randn(length, N_CHANNELS)
    return features, torch.tensor(lengths)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=4),
    st.floats(0, 1),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
    st.integers(0, 2**31),
)
def test_warps_keep_within_their_limits(
    lengths: list[int], share: float, frequency: float, speed: float, seed: int
) -> None:
    torch.manual_seed(seed)
    features, n_frames = batch(*lengths)
    before = features.clone()
    found, found_lengths = warped(features, n_frames, WarpOptions(share, frequency, speed))
    assert torch.equal(features, before)
    assert found.shape == (len(lengths), int(found_lengths.max()), N_CHANNELS)
    for old, new, row, utterance in zip(
        lengths, found_lengths.tolist(), found, before, strict=True
    ):
        assert max(1, (1 - speed) * old - 1) <= new <= (1 + speed) * old + 1
        assert not row[new:].any()
        assert utterance[:old].min() - 1e-4 <= row[:new].min()
        assert row[:new].max() <= utterance[:old].max() + 1e-4


def test_nothing_is_warped_by_factors_of_one() -> None:
    features, lengths = batch(50, 20)
    found, found_lengths = warped(features, lengths, WarpOptions(1.0, 0.0, 0.0))
    assert torch.equal(found_lengths, lengths)
    torch.testing.assert_close(found, features)


def test_no_utterance_is_warped_with_a_share_of_none() -> None:
    features, lengths = batch(50, 20)
    found, found_lengths = warped(features, lengths, WarpOptions(share_of_utterances=0.0))
    assert torch.equal(found_lengths, lengths)
    assert torch.equal(found, features)


def test_a_resonance_moves_by_the_factor() -> None:
    torch.manual_seed(0)
    features = torch.zeros(1, 10, N_CHANNELS)
    features[:, :, 40] = 1.0
    places = {
        int(warped(features, torch.tensor([10]), WarpOptions(1.0, 0.2, 0.0))[0][0, 0].argmax())
        for _ in range(50)
    }
    assert min(places) in range(33, 36)
    assert max(places) in range(47, 51)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_seed_decides(seed: int) -> None:
    features, lengths = batch(80, 60, 40)
    found = []
    for _ in range(2):
        torch.manual_seed(seed)
        found.append(warped(features, lengths)[0])
    assert torch.equal(*found)
