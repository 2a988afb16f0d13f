"""Options of an adapter's training, free of torch so that the command line can show them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from wfst_bias.acoustic.train_options import RunOptions, check_option
from wfst_bias.errors import InputError


def _other_default(name: str, default: float) -> Any:
    """Return a field of every run with a default of an adapter's."""
    return field(default=default, metadata=RunOptions.__dataclass_fields__[name].metadata)


@dataclass(frozen=True)
class AdapterTrainOptions(RunOptions):
    """Choose how long and how fast an adapter learns.

    Masks and warps are on, so that the frozen model makes mistakes on what it has learnt.
    """

    epochs: int = _other_default("epochs", 4)
    max_duration: float = _other_default("max_duration", 60.0)
    learning_rate: float = _other_default("learning_rate", 1e-3)
    warmup_steps: int = _other_default("warmup_steps", 200)
    averaged: int = _other_default("averaged", 4)


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
    heard_share: float = field(
        default=0.0,
        metadata={
            "help": "distractors whose subwords the utterance may hold, like those left of a "
            "list of thousands"
        },
    )
    attention_weight: float = field(
        default=0.5, metadata={"help": "of the loss that says where attention shall be"}
    )
    intermediate_weight: float = field(
        default=0.3,
        metadata={"help": "of the CTC losses of the intermediate heads, if they are adapted"},
    )
    dev_distractors: int = field(default=100, metadata={"help": "on each list of dev"})

    def __post_init__(self) -> None:
        for name in ("rare_count", "most_distractors", "dev_distractors"):
            check_option(self, name, lambda value: value >= 0, "zero or more")
        shares = ("hard_share", "batch_share", "heard_share")
        for name in ("rare_share", "withheld_share", *shares):
            check_option(self, name, lambda value: 0 <= value <= 1, "between 0 and 1")
        check_option(self, "attention_weight", lambda value: 0 <= value < math.inf, "zero or more")
        check_option(self, "intermediate_weight", lambda value: 0 <= value <= 1, "between 0 and 1")
        if (whole := math.fsum(getattr(self, name) for name in shares)) > 1:
            raise InputError(f"{', '.join(shares)} are more than all distractors", value=whole)
