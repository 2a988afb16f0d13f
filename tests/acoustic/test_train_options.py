"""Options of training: what is out of range is named."""

from __future__ import annotations

import math

import pytest

from wfst_bias.acoustic.train_options import LossOptions, TrainOptions
from wfst_bias.errors import InputError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0), ("checkpoint_every", 0), ("averaged", -1), ("max_duration", 0.0),
        ("max_duration", math.inf), ("learning_rate", math.nan), ("clip_norm", 0.0),
        ("warmup_steps", -1), ("weight_decay", -0.1), ("workers", -1),
        ("flat_steps", -1),
    ],
)  # fmt: skip
def test_a_training_option_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} must be (positive|zero or more): {value}"):
        TrainOptions(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("intermediate_weight", 1.1), ("intermediate_weight", -0.1), ("phone_weight", -1.0),
        ("phone_weight", math.nan), ("intermediate_weight", math.nan),
    ],
)  # fmt: skip
def test_a_weight_of_a_loss_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} must be .*: {value}"):
        LossOptions(**{name: value})


def test_the_ends_of_the_ranges_are_fit() -> None:
    LossOptions(intermediate_weight=1.0, phone_weight=0.0)
    TrainOptions(
        flat_steps=0,
        masked_share=1.0,
        warmup_steps=0,
        weight_decay=0.0,
        workers=0,
        short_seconds=0.0,
    )


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_a_share_is_between_none_and_all(value: float) -> None:
    with pytest.raises(InputError, match="masked_share must be between 0 and 1"):
        TrainOptions(masked_share=value)
