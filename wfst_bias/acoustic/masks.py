"""SpecAugment (Park et al. 2019): features with bands and stretches masked, for training."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def spec_augment() -> Any:
    """Return Lhotse's SpecAugment, without time warping: features (N, T, F) to the same shape."""
    from lhotse.dataset import SpecAugment

    return SpecAugment(
        time_warp_factor=None,
        num_feature_masks=2,
        features_mask_size=16,
        num_frame_masks=4,
        frames_mask_size=30,
        max_frames_mask_fraction=0.12,
        p=0.9,
    )


def masked(features: Tensor, augment: Any) -> Tensor:
    """Apply masks to a batch of features (N, T, F)."""
    result: Tensor = augment(features)
    return result
