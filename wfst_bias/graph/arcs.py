"""Arcs of a transducer as parallel numpy arrays: what every graph here is built from.

Scores are log-probabilities in nats, the k2 convention.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

FINAL_LABEL = -1


@dataclass(frozen=True)
class TokenArcs:
    """Hold arcs that read one token each, before the CTC topology is applied.

    Attributes:
      source, target: states, `(n,)`.
      token: token numbers from 1 (0 is the blank, which no such arc reads); V reads the end of
        the utterance; `token + k * (V + 1)` reads the same token from the columns of list k.
      score: language-model log-probability in nats.
      output: the number of the word that the arc completes, 0 for none.
      kind: what the token belongs to, a value of `ArcKind`.
    """

    source: Ints
    target: Ints
    token: Ints
    score: Floats
    output: Ints
    kind: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.source)

    def take(self, index: NDArray[np.generic]) -> TokenArcs:
        """Return the arcs at `index` (positions or a mask), in that order."""
        return TokenArcs(*(getattr(self, f.name)[index] for f in fields(self)))

    def sorted_by_source(self) -> TokenArcs:
        """Return the arcs ordered by source state, then token, then target."""
        return self.take(np.lexsort((self.target, self.token, self.source)))

    def reading(self, token: NDArray[np.integer[Any]]) -> TokenArcs:
        """Return the arcs with other tokens."""
        return replace(self, token=token.astype(np.int32))

    @staticmethod
    def concatenate(parts: list[TokenArcs]) -> TokenArcs:
        """Join several sets of arcs over the same states."""
        return TokenArcs(
            *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(TokenArcs))
        )

    @staticmethod
    def make(
        source: NDArray[np.generic] | int,
        target: NDArray[np.generic] | int,
        token: NDArray[np.generic] | int,
        score: NDArray[np.generic] | float = 0.0,
        output: NDArray[np.generic] | int = 0,
        kind: NDArray[np.generic] | int = 0,
    ) -> TokenArcs:
        """Build arcs from arrays and scalars, broadcast to one length."""
        columns = np.broadcast_arrays(*np.atleast_1d(source, target, token, score, output, kind))
        types = (np.int32, np.int32, np.int32, np.float32, np.int32, np.int8)
        return TokenArcs(*(np.ascontiguousarray(c, t) for c, t in zip(columns, types, strict=True)))


class ArcKind:
    """Name what an arc's token belongs to; it decides which scores apply and how words are read."""

    WORD = 0  # a word of the language model
    SLOT = 1  # the first token after the language model offered its class
    SPELLING = 2  # a further token of a word that is spelled out
    ENTITY = 3  # a further token of an entity of the list
