"""Attention to whole entities: slots are attended to in their order, one after the other.

A frame by itself hardly tells which of a thousand entities it belongs to. So attention follows
paths: nothing, or all slots of an entity from the first to the last, each for a frame or more, with
pauses between them where blanks are said, then nothing again or another entity. The weight of a
slot in a frame is the probability of all paths that are there at that time, by the forward-backward
algorithm: structured attention, after Kim et al., "Structured Attention Networks" (2017).

Shapes: N utterances, T frames, M slots in one row; those of an entity follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

NEVER = -1e4  # nats; finite, so that gradients are


@dataclass(frozen=True)
class Chains:
    """Say which slots begin and end an entity.

    Attributes:
      first, last: (N, M), booleans; both are False for padding.
    """

    first: Tensor
    last: Tensor

    @classmethod
    def of(cls, entities: Tensor, mask: Tensor) -> Chains:
        """Read them off the entity (N, M) of each slot, and the mask (N, M) of what is padding."""
        is_new = torch.ones_like(mask)
        is_new[:, 1:] = (entities[:, 1:] != entities[:, :-1]) | (mask[:, 1:] != mask[:, :-1])
        is_end = torch.ones_like(mask)
        is_end[:, :-1] = is_new[:, 1:]
        return cls(is_new & mask, is_end & mask)


@dataclass(frozen=True)
class Scores:
    """What a frame says for each state of a path, in nats.

    Attributes:
      nothing: (N, T), of no entity.
      pause: (N, T), of a pause within an entity.
      slots: (N, T, M)
      entry: (N,), of beginning an entity.
    """

    nothing: Tensor
    pause: Tensor
    slots: Tensor
    entry: Tensor

    def within(self, lengths: Tensor, mask: Tensor) -> Scores:
        """Return them with nothing said past the ends of utterances (N,), nor by padding (N, M)."""
        frames = torch.arange(self.nothing.shape[1], device=lengths.device) < lengths[:, None]
        return Scores(
            self.nothing.masked_fill(~frames, 0.0),
            self.pause.masked_fill(~frames, NEVER),
            self.slots.masked_fill(~(frames[:, :, None] & mask[:, None, :]), NEVER),
            self.entry,
        )


@dataclass(frozen=True)
class Posteriors:
    """Where paths are: natural logarithms of probabilities, those of a frame summing to 1.

    Attributes:
      nothing: (N, T)
      pause: (N, T), in a pause of any entity.
      slots: (N, T, M)
    """

    nothing: Tensor
    pause: Tensor
    slots: Tensor


def posteriors(scores: Scores, chains: Chains) -> Posteriors:
    """Return the probabilities of all paths by where they are in each frame; M is at least 1."""
    nothing, slots, pauses = _forward(scores, chains)
    later_nothing, later_slots, later_pauses = _backward(scores, chains)
    nothing = nothing + later_nothing
    slots, pause = slots + later_slots, (pauses + later_pauses).logsumexp(-1)
    whole = torch.logaddexp(nothing, torch.logaddexp(slots.logsumexp(-1), pause))  # (N, T)
    return Posteriors(nothing - whole, pause - whole, slots - whole[:, :, None])


def _forward(scores: Scores, chains: Chains) -> tuple[Tensor, Tensor, Tensor]:
    """Return the scores of all beginnings of paths, up to a frame and with it, shifted."""
    n_frames = scores.nothing.shape[1]
    nothing = scores.nothing[:, 0]
    slots = scores.slots[:, 0] + scores.entry[:, None].masked_fill(~chains.first, NEVER)
    pauses = torch.full_like(slots, NEVER)
    found = [(nothing, slots, pauses)]
    for t in range(1, n_frames):
        here = torch.logaddexp(slots, pauses)
        outside = torch.logaddexp(nothing, slots.masked_fill(~chains.last, NEVER).logsumexp(-1))
        begun = (outside + scores.entry)[:, None].expand_as(slots)
        before = torch.where(chains.first, begun, pad(here, (1, -1), value=NEVER))
        nothing = scores.nothing[:, t] + outside
        slots = scores.slots[:, t] + torch.logaddexp(slots, before)
        pauses = scores.pause[:, t, None] + here
        nothing, slots, pauses = _shifted(nothing, slots, pauses)
        found.append((nothing, slots, pauses))
    return _stacked(found)


def _backward(scores: Scores, chains: Chains) -> tuple[Tensor, Tensor, Tensor]:
    """Return the scores of all ends of paths, from the frame behind each frame on, shifted."""
    nothing = torch.zeros_like(scores.nothing[:, 0])
    slots = torch.zeros_like(scores.slots[:, 0]).masked_fill(~chains.last, NEVER)
    pauses = torch.full_like(slots, NEVER)
    found = [(nothing, slots, pauses)]
    for t in range(scores.nothing.shape[1] - 1, 0, -1):
        next_slots = scores.slots[:, t] + slots
        following = pad(next_slots, (-1, 1), value=NEVER).masked_fill(chains.last, NEVER)
        begun = scores.entry + next_slots.masked_fill(~chains.first, NEVER).logsumexp(-1)
        nothing = torch.logaddexp(scores.nothing[:, t] + nothing, begun)
        pauses = torch.logaddexp(scores.pause[:, t, None] + pauses, following)
        staying = torch.logaddexp(next_slots, pauses)
        outside = nothing[:, None].expand_as(slots).masked_fill(~chains.last, NEVER)
        slots = torch.logaddexp(staying, outside)
        nothing, slots, pauses = _shifted(nothing, slots, pauses)
        found.append((nothing, slots, pauses))
    return _stacked(found[::-1])


def _shifted(nothing: Tensor, slots: Tensor, pauses: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the scores of a frame with the best at 0, since large sums are inexact."""
    best = torch.maximum(nothing, slots.amax(-1)).detach()
    return nothing - best, slots - best[:, None], pauses - best[:, None]


def _stacked(rows: list[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    nothing, slots, pauses = (torch.stack(column, dim=1) for column in zip(*rows, strict=True))
    return nothing, slots, pauses
