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

MOST_NATS = 50.0  # of a slot or a pause from nothing, in one frame
LEAST = 1e-300  # of a weight whose logarithm is taken


@dataclass(frozen=True)
class Chains:
    """Say which slots there are, and which of them begin and end an entity.

    Attributes:
      mask: (N, M), False for padding.
      first, last: (N, M), False for padding too.
    """

    mask: Tensor
    first: Tensor
    last: Tensor

    @classmethod
    def of(cls, entities: Tensor, mask: Tensor) -> Chains:
        """Read them off the entity (N, M) of each slot, and the mask (N, M) of what is padding."""
        is_new = torch.ones_like(mask)
        is_new[:, 1:] = (entities[:, 1:] != entities[:, :-1]) | (mask[:, 1:] != mask[:, :-1])
        is_end = torch.ones_like(mask)
        is_end[:, :-1] = is_new[:, 1:]
        return cls(mask, is_new & mask, is_end & mask)


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


def posteriors(scores: Scores, chains: Chains, lengths: Tensor) -> Posteriors:
    """Return the probabilities of all paths by where they are in each frame; M is at least 1.

    Args:
      scores: of all states.
      chains: the order of slots.
      lengths: (N,), frames of each utterance; behind them there is nothing.
    """
    weights = _Weights.of(scores, chains, lengths)
    both = [
        ahead * behind
        for ahead, behind in zip(_forward(weights, chains), _backward(weights, chains), strict=True)
    ]
    nothing, slots, pause = both[0], both[1], both[2].sum(-1)
    whole = nothing + slots.sum(-1) + pause  # (N, T)
    return Posteriors(
        *(
            (part / share).clamp(min=LEAST).log().to(scores.slots.dtype)
            for part, share in ((nothing, whole), (pause, whole), (slots, whole[..., None]))
        )
    )


@dataclass(frozen=True)
class _Weights:
    """What a frame weighs against nothing, in double precision: no logarithms need be added.

    Attributes:
      pause: (T, N, 1)
      slots: (T, N, M)
      entry: (N, 1)
    """

    pause: Tensor
    slots: Tensor
    entry: Tensor

    @classmethod
    def of(cls, scores: Scores, chains: Chains, lengths: Tensor) -> _Weights:
        frames = torch.arange(scores.nothing.shape[1], device=lengths.device) < lengths[:, None]
        pause = _against(scores.nothing, scores.pause) * frames
        slots = _against(scores.nothing[..., None], scores.slots)
        slots = slots * (frames[:, :, None] & chains.mask[:, None, :])
        entry = scores.entry.double().exp()
        return cls(pause.T[..., None], slots.transpose(0, 1), entry[:, None])


def _against(nothing: Tensor, some: Tensor) -> Tensor:
    return (some - nothing).clamp(-MOST_NATS, MOST_NATS).double().exp()


def _forward(weights: _Weights, chains: Chains) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weights of all beginnings of paths, up to a frame and with it, scaled."""
    first, last = chains.first.double(), chains.last.double()
    later = 1 - first
    slots = torch.zeros_like(weights.slots[0])
    pauses, nothing = slots, torch.ones_like(slots[:, :1])
    found = []
    for pause, slot in zip(weights.pause, weights.slots, strict=True):
        here = slots + pauses
        outside = nothing + (slots * last).sum(-1, keepdim=True)
        before = first * (outside * weights.entry) + later * pad(here, (1, -1))
        nothing, slots, pauses = _scaled(outside, slot * (slots + before), pause * here)
        found.append((nothing, slots, pauses))
    return _stacked(found)


def _backward(weights: _Weights, chains: Chains) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weights of all ends of paths, from the frame behind each frame on, scaled."""
    first, last = chains.first.double(), chains.last.double()
    earlier = 1 - last
    slots = last.clone()
    pauses, nothing = torch.zeros_like(slots), torch.ones_like(slots[:, :1])
    found = [(nothing, slots, pauses)]
    for pause, slot in zip(weights.pause.flip(0)[:-1], weights.slots.flip(0)[:-1], strict=True):
        entered = slot * slots
        nothing = nothing + weights.entry * (entered * first).sum(-1, keepdim=True)
        pauses = pause * pauses + earlier * pad(entered, (-1, 1))
        slots = entered + pauses + last * nothing
        nothing, slots, pauses = _scaled(nothing, slots, pauses)
        found.append((nothing, slots, pauses))
    return _stacked(found[::-1])


def _scaled(nothing: Tensor, slots: Tensor, pauses: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weights of a frame with the largest at 1, since they grow and shrink."""
    most = torch.maximum(nothing, slots.amax(-1, keepdim=True)).detach()
    return nothing / most, slots / most, pauses / most


def _stacked(rows: list[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """Return (N, T), (N, T, M) and (N, T, M)."""
    nothing, slots, pauses = (torch.stack(column, dim=1) for column in zip(*rows, strict=True))
    return nothing[..., 0], slots, pauses
