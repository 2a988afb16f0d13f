"""How the parts of a path's score are weighed against each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from wfst_bias.errors import InputError
from wfst_bias.graph.arcs import ArcKind, Floats, TokenArcs


@dataclass(frozen=True)
class Scales:
    """Weigh the language model, the spelling of unknown words, and the number of words.

    A token arc scores `lm_scale * log P + spelling_nats * [spelled token] + word_nats * words`;
    the acoustic log-probability has weight 1.
    """

    lm_scale: float = 0.5
    spelling_nats: float = -1.0
    word_nats: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value):
                raise InputError(f"{field.name} must be a finite number", value=value)
        if self.lm_scale < 0:
            raise InputError("lm_scale must not be negative", value=self.lm_scale)

    def weigh(self, arcs: TokenArcs) -> Floats:
        """Return `(arcs,)`, the score in nats that each token arc has in the search."""
        spelled = (arcs.kind == ArcKind.SPELLING) | (arcs.kind == ArcKind.ENTITY)
        begun = (arcs.output > 0) | (arcs.kind == ArcKind.SLOT)
        total = self.lm_scale * arcs.score + self.spelling_nats * spelled + self.word_nats * begun
        return np.asarray(total, np.float32)
