"""The parts of the encoder: positions, masks, lengths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_folders import tiny_config

torch = pytest.importorskip("torch")

from tones import random_features, random_model  # noqa: E402

from wfst_bias.acoustic.conformer import (  # noqa: E402
    rotary_angles,
    rotate,
    subsampled_lengths,
)
from wfst_bias.acoustic.features import pad  # noqa: E402

FEW = settings(max_examples=25)
SEEDS = st.integers(0, 2**31)
MODEL = random_model(tiny_config())
LAYER = MODEL.layers[0]


def frames_of(n_frames: int, seed: int) -> torch.Tensor:
    return torch.randn(1, n_frames, 16, generator=torch.Generator().manual_seed(seed))


def real(n_frames: int) -> torch.Tensor:
    return torch.ones(1, n_frames, dtype=torch.bool)


@given(st.lists(st.integers(1, 10_000), min_size=1))
def test_four_frames_or_the_rest_of_four_make_one(lengths: list[int]) -> None:
    assert subsampled_lengths(torch.tensor(lengths)).tolist() == [-(-n // 4) for n in lengths]


@FEW
@given(st.integers(1, 40), st.integers(0, 9), SEEDS)
@torch.no_grad()
def test_subsampling_makes_as_many_frames_and_does_not_see_the_padding(
    length: int, padding: int, seed: int
) -> None:
    (features,) = random_features([length], seed)
    alone = MODEL.subsampling(features[None])
    assert alone.shape == (1, -(-length // 4), 16)
    padded = MODEL.subsampling(torch.cat((features, torch.zeros(padding, 80)))[None])
    torch.testing.assert_close(padded[:, : alone.shape[1]], alone, rtol=1e-5, atol=1e-5)


@FEW
@given(st.integers(0, 500), st.integers(0, 50), st.integers(0, 50), SEEDS)
def test_a_product_of_rotated_heads_depends_on_their_distance_alone(
    first: int, distance: int, shift: int, seed: int
) -> None:
    query, key = torch.randn(2, 8, generator=torch.Generator().manual_seed(seed)).double()
    angles = rotary_angles(700, 8, query)

    def product(at: int) -> torch.Tensor:
        here, there = (tuple(a[i] for a in angles) for i in (at, at + distance))
        return rotate(query, here) @ rotate(key, there)

    torch.testing.assert_close(product(first + shift), product(first), rtol=1e-4, atol=1e-4)


@FEW
@given(st.integers(1, 50), SEEDS)
def test_a_rotation_keeps_lengths_and_leaves_the_first_frame(n_frames: int, seed: int) -> None:
    heads = torch.randn(1, 2, n_frames, 8, generator=torch.Generator().manual_seed(seed))
    rotated = rotate(heads, rotary_angles(n_frames, 8, heads))
    torch.testing.assert_close(rotated.norm(dim=-1), heads.norm(dim=-1))
    torch.testing.assert_close(rotated[:, :, 0], heads[:, :, 0])


@FEW
@given(st.integers(1, 20), st.integers(1, 20), SEEDS)
@torch.no_grad()
def test_attention_sees_neither_absolute_positions_nor_masked_frames(
    n_frames: int, shift: int, seed: int
) -> None:
    frames = frames_of(n_frames, seed)
    alone = LAYER.attention(frames, real(n_frames))
    before = frames_of(shift, seed + 1)
    mask = torch.cat((~real(shift), real(n_frames)), dim=1)
    shifted = LAYER.attention(torch.cat((before, frames), dim=1), mask)
    torch.testing.assert_close(shifted[:, shift:], alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_attention_sees_the_order_of_frames() -> None:
    frames = frames_of(6, 0)
    there = LAYER.attention(frames, real(6))
    back = LAYER.attention(frames.flip(1), real(6)).flip(1)
    assert not torch.allclose(there, back, atol=1e-3)


@FEW
@given(st.integers(1, 12), st.integers(1, 12), SEEDS)
@torch.no_grad()
def test_convolution_reaches_half_a_kernel_and_no_masked_frame(
    n_frames: int, padding: int, seed: int
) -> None:
    frames, after = frames_of(n_frames, seed), frames_of(padding, seed + 1)
    alone = LAYER.convolution(frames, real(n_frames))
    mask = torch.cat((real(n_frames), ~real(padding)), dim=1)
    masked = LAYER.convolution(torch.cat((frames, after), dim=1), mask)
    torch.testing.assert_close(masked[:, :n_frames], alone, rtol=1e-4, atol=1e-5)
    changed = frames.clone()
    changed[:, -1, 0] += 1.0
    reached = (LAYER.convolution(changed, real(n_frames)) != alone).any(dim=-1)[0]
    assert not reached[: max(0, n_frames - 1 - MODEL.config.kernel_frames // 2)].any()
    assert reached[-1]


def test_half_precision_can_be_masked() -> None:
    attention = random_model(tiny_config()).layers[0].attention.bfloat16()
    frames = frames_of(4, 0).bfloat16()
    mask = torch.tensor([[True, True, False, False]])
    assert torch.isfinite(attention(frames, mask)).all()


@torch.no_grad()
def test_utterances_of_a_batch_go_through_a_layer_apart() -> None:
    padded, lengths = pad([torch.randn(n, 16) for n in (3, 8)])
    mask = torch.arange(8) < lengths[:, None]
    together = LAYER(padded, mask)
    torch.testing.assert_close(
        together[:1, :3], LAYER(padded[:1, :3], real(3)), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(together[1:], LAYER(padded[1:], real(8)), rtol=1e-4, atol=1e-5)
