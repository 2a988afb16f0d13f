"""The CTC topology, applied to token arcs without building T∘ as a composition.

Every state of the token graph is split by the token that was read last: a copy for the blank
(token 0) and one for each token with which the state is entered. A copy repeats its token or
reads the blank; from the copy of token t no arc reads t again, so doubled letters need a blank
between them. This equals composition with `k2.ctc_topo(V - 1, modified=False)`, but can be done
for a part of the states alone, which is what joining a list in milliseconds rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.graph.arcs import FINAL_LABEL, Ints, TokenArcs

Keys = NDArray[np.int64]

SELF_LOOP, BLANK, FINAL = -1, -2, -3


@dataclass(frozen=True)
class StateCopies:
    """Number the copies of token-graph states in the order of (state, last token).

    Attributes:
      keys: sorted `state * width + token`.
      width: V + 1, the number of tokens with blank and end.
      first: the number of the first copy, the others following.
    """

    keys: Keys
    width: int
    first: int = 0

    @classmethod
    def entered_by(
        cls, states: NDArray[np.integer[Any]], entries: Keys, width: int, first: int = 0
    ) -> StateCopies:
        """Give each of `states` a blank copy, and a copy for each entry key."""
        blanks = states.astype(np.int64) * width
        return cls(np.unique(np.concatenate([blanks, entries])), width, first)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def states(self) -> Keys:
        """Return `(copies,)`, the token-graph state of each copy."""
        return self.keys // self.width

    @property
    def tokens(self) -> Keys:
        """Return `(copies,)`, the last token of each copy, 0 for the blank."""
        return self.keys % self.width

    def find(self, keys: Keys) -> Keys:
        """Return the numbers of the copies with these keys; all must exist."""
        at = np.searchsorted(self.keys, keys)
        assert (self.keys[np.minimum(at, len(self.keys) - 1)] == keys).all(), "no such copy"
        return at + self.first


@dataclass(frozen=True)
class CtcArcs:
    """Hold expanded arcs, grouped by source copy in the order of the copies.

    Attributes:
      source, target: copies.
      label: what is read: a token number, 0 for the blank.
      origin: the token arc that an arc comes from; `SELF_LOOP`, `BLANK` or `FINAL` where there is
        none.
    """

    source: Ints
    target: Ints
    label: Ints
    origin: Ints

    def __len__(self) -> int:
        return len(self.source)

    def ending(self, copy: int, final: int) -> CtcArcs:
        """Return these arcs with one more, from `copy` to k2's final state."""
        at = np.searchsorted(self.source, copy, side="right")
        row = (copy, final, FINAL_LABEL, FINAL)
        columns = (self.source, self.target, self.label, self.origin)
        return CtcArcs(*(np.insert(c, at, v) for c, v in zip(columns, row, strict=True)))


def entry_keys(arcs: TokenArcs, width: int) -> Keys:
    """Return `(len(arcs),)`, the key of the copy that each arc enters."""
    return arcs.target.astype(np.int64) * width + arcs.token % width


def expand(arcs: TokenArcs, copies: StateCopies, targets: Keys) -> CtcArcs:
    """Expand the rows of `copies`: their repeats, blanks, and the token arcs that leave them.

    Args:
      arcs: token arcs sorted by source; those of states without copies here are ignored.
      copies: the copies whose rows are made.
      targets: `(len(arcs),)`, the copy that each token arc enters, in whatever numbers the result
        shall have it.
    """
    states, tokens = copies.states, copies.tokens
    begin = np.searchsorted(arcs.source, states)
    fan_out = np.searchsorted(arcs.source, states, side="right") - begin
    owner = np.repeat(np.arange(len(copies)), fan_out)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(fan_out) - fan_out, fan_out)
    origin = begin[owner] + rank
    token = arcs.token[origin]
    # A gated column stands for the same token as the plain one.
    repeats = token % copies.width == tokens[owner]
    owner, origin = owner[~repeats], origin[~repeats]
    spoken = np.flatnonzero(tokens)
    blank_target = np.searchsorted(copies.keys, states[spoken] * copies.width)
    everyone = np.arange(len(copies))
    source = np.concatenate([everyone, spoken, owner])
    target = np.concatenate([everyone + copies.first, blank_target + copies.first, targets[origin]])
    label = np.concatenate([tokens, np.zeros(len(spoken), np.int64), arcs.token[origin]])
    marks = [np.full(len(copies), SELF_LOOP), np.full(len(spoken), BLANK), origin]
    order = np.argsort(source, kind="stable")
    return CtcArcs(
        (source[order] + copies.first).astype(np.int32),
        target[order].astype(np.int32),
        label[order].astype(np.int32),
        np.concatenate(marks)[order].astype(np.int32),
    )
