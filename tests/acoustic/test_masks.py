"""SpecAugment: how much is masked, by what, and that a seed decides."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from tones import random_features  # noqa: E402

from wfst_bias.acoustic.features import pad  # noqa: E402
from wfst_bias.acoustic.masks import MaskOptions, masked  # noqa: E402

ALWAYS = MaskOptions(share_of_utterances=1.0)
LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=3)
SEEDS = st.integers(0, 2**31)
FEW = settings(max_examples=50)


@FEW
@given(LENGTHS, SEEDS)
def test_masks_have_the_mean_and_are_no_larger_than_allowed(lengths: list[int], seed: int) -> None:
    features, counts = pad(random_features(lengths, seed))
    torch.manual_seed(seed)
    result = masked(features, counts, ALWAYS)
    for before, after, length in zip(features, result, lengths, strict=True):
        changed = before != after
        assert not changed[length:].any()
        assert torch.equal(after[changed], before[:length].mean().expand(int(changed.sum())))
        bands, stretches = changed[:length].all(dim=0), changed[:length].all(dim=1)
        if not bands.all() and not stretches.all():
            assert bands.sum() <= ALWAYS.bands * (ALWAYS.band_limit - 1)
            assert stretches.sum() <= ALWAYS.frames_share * length
            assert torch.equal(changed[:length], bands[None, :] | stretches[:, None])


@FEW
@given(LENGTHS, SEEDS)
def test_a_seed_decides_on_every_mask_and_the_input_stays(lengths: list[int], seed: int) -> None:
    features, counts = pad(random_features(lengths))
    before = features.clone()
    results = []
    for _ in range(2):
        torch.manual_seed(seed)
        results.append(masked(features, counts))
    assert torch.equal(*results)
    assert torch.equal(features, before)


def test_most_utterances_are_masked_and_not_alike() -> None:
    torch.manual_seed(0)
    features = torch.randn(1, 200, 80).expand(300, -1, -1)
    result = masked(features, torch.full((300,), 200))
    share = (result != features).any(dim=2).any(dim=1).float().mean()
    assert 0.84 < share < 0.96
    assert not torch.equal(result[0], result[1])


def test_there_can_be_no_masks() -> None:
    features, counts = pad(random_features([50]))
    none = MaskOptions(share_of_utterances=1.0, bands=0, stretches=0)
    assert torch.equal(masked(features, counts, none), features)
