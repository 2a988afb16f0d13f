"""Where attention shall be, by forced alignment: on the entity that is said, else on nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from wfst_bias.adapter.alignment import NOTHING
from wfst_bias.adapter.module import Candidates


@dataclass(frozen=True)
class Supervision:
    """Say where the attention of each frame may be.

    Attributes:
      allowed: (N, T, 1 + M), `<no-bias>` at 0.
      is_entity: (N, T), where an entity's token is said.
      counts: (N, T), False for padding and where no alignment was found.
    """

    allowed: Tensor
    is_entity: Tensor
    counts: Tensor

    def loss(self, log_attention: Tensor) -> Tensor:
        """Return how little attention (N, T, 1 + M) is where it may be, in nats a frame.

        Frames of entities count half, together, and all others the other half: they are many.
        """
        allowed = self.allowed.to(log_attention.device)
        log_right = log_attention.masked_fill(~allowed, -math.inf).logsumexp(-1)  # (N, T)
        parts = [
            -log_right[mask.to(log_right.device)].mean()
            for mask in (self.counts & self.is_entity, self.counts & ~self.is_entity)
            if mask.any()
        ]
        return torch.stack(parts).mean() if parts else log_attention.new_zeros(())


def supervise(
    alignments: Sequence[Tensor],
    targets: Sequence[Sequence[int]],
    said: Sequence[Sequence[tuple[int, Sequence[int]]]],
    candidates: Candidates,
    n_frames: int,
    word_starts: Sequence[int],
) -> Supervision:
    """Return where attention shall be.

    A frame that says a token of an entity has to attend to that token's slot. A blank between them
    may attend to it or to nothing. All other frames have to attend to nothing.

    Args:
      alignments: of each utterance, the place in its transcript (T_n,) of each frame.
      targets: the token ids of each.
      said: the entities said in each that are on its list, with their tokens.
      candidates: the slots.
      n_frames: T.
      word_starts: the tokens with which a word begins.
    """
    n, m = len(alignments), candidates.mask.shape[1]
    allowed = torch.zeros(n, n_frames, 1 + m, dtype=torch.bool)
    allowed[..., 0] = True
    is_entity = torch.zeros(n, n_frames, dtype=torch.bool)
    counts = torch.zeros(n, n_frames, dtype=torch.bool)
    owners = candidates.entities.cpu().masked_fill(~candidates.mask.cpu(), NOTHING)
    for row, places in enumerate(alignments):
        counts[row, : len(places)] = True
        for entity, tokens in said[row]:
            slots = 1 + (owners[row] == entity).nonzero().flatten()
            for first in occurrences(targets[row], tokens, word_starts):
                _mark(allowed[row], is_entity[row], places, slots, first, len(tokens))
    return Supervision(allowed, is_entity, counts)


def occurrences(
    target: Sequence[int], tokens: Sequence[int], word_starts: Sequence[int]
) -> list[int]:
    """Return the places in a transcript where an entity's tokens begin, whole words only."""
    size, wanted, starts = len(tokens), list(tokens), set(word_starts)
    ends = {place for place, token in enumerate(target) if token in starts} | {len(target)}
    firsts = range(len(target) - size + 1)
    return [i for i in firsts if list(target[i : i + size]) == wanted and i + size in ends]


def _mark(
    allowed: Tensor, is_entity: Tensor, places: Tensor, slots: Tensor, first: int, size: int
) -> None:
    """Mark one occurrence in the rows (T, 1 + M) and (T,) of its utterance, in place."""
    inside = (places >= first) & (places < first + size)
    frames = inside.nonzero().flatten().tolist()
    if not frames or not len(slots):
        return
    for t in range(frames[0], frames[-1] + 1):
        if not inside[t]:
            allowed[t, slots] = True
            continue
        place = int(places[t]) - first
        if not is_entity[t]:  # two entities may share a frame
            allowed[t] = False
        allowed[t, slots[place]] = True
        is_entity[t] = True
