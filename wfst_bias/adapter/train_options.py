"""Options of an adapter's training, free of torch so that the command line can show them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from wfst_bias.errors import InputError


@dataclass(frozen=True)
class AdapterTrainOptions:
    """Choose how long and how fast an adapter learns."""

    epochs: int = field(default=4, metadata={"help": "passes over the training cuts"})
    max_duration: float = field(default=60.0, metadata={"help": "seconds of sound in a batch"})
    masked_share: float = field(
        default=0.7,
        metadata={
            "help": "utterances that are masked (SpecAugment), so that the model makes mistakes "
            "on what it has learnt"
        },
    )
    warped_share: float = field(
        default=0.8, metadata={"help": "utterances whose voice and speed are changed"}
    )
    learning_rate: float = field(default=1e-3, metadata={"help": "its peak"})
    warmup_steps: int = field(default=200, metadata={"help": "steps until the peak"})
    weight_decay: float = field(default=0.01, metadata={"help": "of AdamW"})
    clip_norm: float = field(default=1.0, metadata={"help": "gradients are scaled down to this"})
    checkpoint_every: int = field(default=200, metadata={"help": "steps between checkpoints"})
    averaged: int = field(default=4, metadata={"help": "newest checkpoints that are averaged"})
    precision: Literal["float32", "bfloat16"] = field(
        default="float32",
        metadata={"help": "of the frozen model; bfloat16 is faster on GPUs and recent CPUs"},
    )
    workers: int = field(default=1, metadata={"help": "processes that read sound"})
    seed: int = field(default=1, metadata={"help": "of weights, order, masks and lists"})

    def __post_init__(self) -> None:
        for name in ("epochs", "checkpoint_every", "averaged"):
            _check(self, name, lambda value: value > 0, "positive")
        for name in ("max_duration", "learning_rate", "clip_norm"):
            _check(self, name, lambda value: 0 < value < math.inf, "positive")
        for name in ("warmup_steps", "weight_decay", "workers"):
            _check(self, name, lambda value: 0 <= value < math.inf, "zero or more")
        for name in ("masked_share", "warped_share"):
            _check(self, name, lambda value: 0 <= value <= 1, "between 0 and 1")


@dataclass(frozen=True)
class DrawOptions:
    """Choose what the list of a training utterance is made of, and what its loss is."""

    rare_count: int = field(
        default=10,
        metadata={"help": "words that occur so often at most in training stand for entities too"},
    )
    rare_share: float = field(
        default=0.5, metadata={"help": "rare words of an utterance that are on its list"}
    )
    withheld_share: float = field(
        default=0.2, metadata={"help": "utterances without any of their entities on the list"}
    )
    most_distractors: int = field(
        default=150, metadata={"help": "on a list; small lists are drawn as often as long ones"}
    )
    hard_share: float = field(
        default=0.3, metadata={"help": "distractors near in spelling to what is said"}
    )
    batch_share: float = field(
        default=0.3, metadata={"help": "distractors that are said in the same batch"}
    )
    attention_weight: float = field(
        default=0.2, metadata={"help": "of the loss that says where attention shall be"}
    )
    intermediate_weight: float = field(
        default=0.3,
        metadata={"help": "of the CTC losses of the intermediate heads, if they are adapted"},
    )
    dev_distractors: int = field(default=100, metadata={"help": "on each list of dev"})

    def __post_init__(self) -> None:
        for name in ("rare_count", "most_distractors", "dev_distractors"):
            _check(self, name, lambda value: value >= 0, "zero or more")
        for name in ("rare_share", "withheld_share", "hard_share", "batch_share"):
            _check(self, name, lambda value: 0 <= value <= 1, "between 0 and 1")
        _check(self, "attention_weight", lambda value: 0 <= value < math.inf, "zero or more")
        _check(self, "intermediate_weight", lambda value: 0 <= value <= 1, "between 0 and 1")
        if self.hard_share + self.batch_share > 1:
            raise InputError(
                "hard_share and batch_share are more than all distractors",
                value=self.hard_share + self.batch_share,
            )


def _check(options: object, name: str, is_fit: Callable[[float], bool], expected: str) -> None:
    value = getattr(options, name)
    if not is_fit(value):
        raise InputError(f"{name} must be {expected}", value=value)
