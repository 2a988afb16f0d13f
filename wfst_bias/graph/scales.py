"""How the parts of a path's score are weighed against each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np

from wfst_bias.errors import InputError
from wfst_bias.graph.arcs import ArcKind, Floats, TokenArcs


@dataclass(frozen=True)
class Scales:
    """Weigh the language model, the spelling of unknown words, and the number of words.

    A path scores its acoustic log-probability, `lm_scale` times that of the language model,
    `word_nats` for each word, and for each word that the model does not know `class_nats` and
    `spelling_nats` for each token after its first.
    """

    lm_scale: float = field(
        default=0.5, metadata={"help": "weight of the language model; the acoustics have 1"}
    )
    spelling_nats: float = field(
        default=-0.3,
        metadata={"help": "score of a further token of a word that is spelled out, in nats"},
    )
    class_nats: float = field(
        default=-4.0,
        metadata={"help": "score of each word that is spelled out or on the list, in nats"},
    )
    word_nats: float = field(default=2.5, metadata={"help": "score of each word, in nats"})

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if not math.isfinite(value):
                raise InputError(f"{option.name} must be a finite number", value=value)
        if self.lm_scale < 0:
            raise InputError("lm_scale must not be negative", value=self.lm_scale)

    def weigh(self, arcs: TokenArcs) -> Floats:
        """Return `(arcs,)`, the score in nats that each token arc has in the search."""
        spelled = (arcs.kind == ArcKind.SPELLING) | (arcs.kind == ArcKind.ENTITY)
        begun = (arcs.output > 0) | (arcs.kind == ArcKind.SLOT)
        total = self.lm_scale * arcs.score + self.spelling_nats * spelled + self.word_nats * begun
        total += self.class_nats * (arcs.kind == ArcKind.SLOT)
        return np.asarray(total, np.float32)
