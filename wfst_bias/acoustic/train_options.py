"""Options of training, free of torch so that the command line can show them at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from wfst_bias.errors import InputError


@dataclass(frozen=True)
class RunOptions:
    """Choose how long and how fast to learn, whatever is trained."""

    epochs: int = field(default=7, metadata={"help": "passes over the training cuts"})
    max_duration: float = field(default=30.0, metadata={"help": "seconds of sound in a batch"})
    masked_share: float = field(
        default=0.7, metadata={"help": "utterances that are masked (SpecAugment)"}
    )
    warped_share: float = field(
        default=0.8, metadata={"help": "utterances whose voice and speed are changed"}
    )
    learning_rate: float = field(default=2.5e-3, metadata={"help": "its peak"})
    warmup_steps: int = field(default=500, metadata={"help": "steps until the peak"})
    weight_decay: float = field(default=0.01, metadata={"help": "of AdamW"})
    clip_norm: float = field(default=1.0, metadata={"help": "gradients are scaled down to this"})
    checkpoint_every: int = field(default=200, metadata={"help": "steps between checkpoints"})
    averaged: int = field(default=8, metadata={"help": "newest checkpoints that are averaged"})
    precision: Literal["float32", "bfloat16"] = field(
        default="float32",
        metadata={"help": "of the encoder; bfloat16 is faster on GPUs and recent CPUs"},
    )
    workers: int = field(default=1, metadata={"help": "processes that read sound"})
    seed: int = field(default=1, metadata={"help": "of weights, order, masks and lists"})

    def __post_init__(self) -> None:
        for name in ("epochs", "checkpoint_every", "averaged"):
            check_option(self, name, lambda value: value > 0, "positive")
        for name in ("max_duration", "learning_rate", "clip_norm"):
            check_option(self, name, lambda value: 0 < value < math.inf, "positive")
        for name in ("warmup_steps", "weight_decay", "workers"):
            check_option(self, name, lambda value: 0 <= value < math.inf, "zero or more")
        for name in ("masked_share", "warped_share"):
            check_option(self, name, lambda value: 0 <= value <= 1, "between 0 and 1")


@dataclass(frozen=True)
class TrainOptions(RunOptions):
    """Choose how an acoustic model is trained."""

    short_seconds: float = field(
        default=4.0,
        metadata={
            "help": "the first epoch has only cuts up to this long, in batches a third as long, "
            "neither masked nor changed"
        },
    )
    flat_steps: int = field(
        default=200,
        metadata={"help": "steps in which the phone head learns phones spread evenly over time"},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option(self, "flat_steps", lambda value: 0 <= value < math.inf, "zero or more")


@dataclass(frozen=True)
class LossOptions:
    """How much each CTC loss weighs; the final one has what the intermediate ones leave of 1."""

    intermediate_weight: float = field(
        default=0.3, metadata={"help": "of the intermediate CTC losses together"}
    )
    phone_weight: float = field(default=0.3, metadata={"help": "of the phone head's CTC loss"})

    def __post_init__(self) -> None:
        check_option(self, "intermediate_weight", lambda value: 0 <= value <= 1, "between 0 and 1")
        check_option(self, "phone_weight", lambda value: 0 <= value < math.inf, "zero or more")


def check_option(
    options: object, name: str, is_fit: Callable[[float], bool], expected: str
) -> None:
    """Raise InputError where the option of that name is not fit."""
    value = getattr(options, name)
    if not is_fit(value):
        raise InputError(f"{name} must be {expected}", value=value)
