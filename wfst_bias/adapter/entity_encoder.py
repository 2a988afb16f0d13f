"""Entities to what attention matches: a slot for each subword of an entity.

Shapes: E entities, S slots of all of them in one row, P subwords of the longest, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from wfst_bias.adapter.config import AdapterConfig

_AT_ONCE = 1024  # entities, so that the memory of a long list stays bounded


@dataclass(frozen=True)
class EmbeddedEntities:
    """Hold the slots of entities; those of one entity follow each other.

    Attributes:
      keys: (S, D), what queries are matched with.
      values: (S, D), what is added where they match.
      tokens: (S,), the subword of each.
      starts: (E + 1,), the first slot of each entity, and S.
    """

    keys: Tensor
    values: Tensor
    tokens: Tensor
    starts: Tensor

    @property
    def n_entities(self) -> int:
        """Return E."""
        return len(self.starts) - 1

    def take(self, picks: Tensor) -> EmbeddedEntities:
        """Return the entities of these numbers (K,), in this order."""
        places, _ = slots_of(self.starts, picks)
        starts = torch.nn.functional.pad(self.starts.diff()[picks].cumsum(0), (1, 0))
        return EmbeddedEntities(self.keys[places], self.values[places], self.tokens[places], starts)

    def joined(self, other: EmbeddedEntities) -> EmbeddedEntities:
        """Return these entities and others behind them."""
        return EmbeddedEntities(
            torch.cat((self.keys, other.keys)),
            torch.cat((self.values, other.values)),
            torch.cat((self.tokens, other.tokens)),
            torch.cat((self.starts, self.starts[-1] + other.starts[1:])),
        )


def slots_of(starts: Tensor, picks: Tensor) -> tuple[Tensor, Tensor]:
    """Return the slots of the entities picked, in one row, and the entity of each slot.

    Args:
      starts: (E + 1,), the first slot of each entity.
      picks: (K,), numbers of entities.
    """
    counts = starts.diff()[picks]
    owners = picks.repeat_interleave(counts)
    before = (counts.cumsum(0) - counts).repeat_interleave(counts)
    within = torch.arange(len(owners), device=starts.device) - before
    return starts[owners] + within, owners


class EntityEncoder(nn.Module):
    """Turn the subwords of entities into the states of their slots.

    A state is what is known of the subword itself, beside what is known of its neighbours in the
    entity: so a subword that training rarely saw in an entity still stands for itself.
    """

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        width, options = config.model_width, config.options
        self.embedding = nn.Embedding(config.n_tokens, width)
        self.lstm: nn.LSTM | None = None
        if options.entity_encoder == "lstm":
            self.lstm = nn.LSTM(width, options.entity_width, batch_first=True, bidirectional=True)
        self.state_width = width + (width if self.lstm is None else 2 * options.entity_width)

    def forward(self, entities: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Return the states (S, C) of all slots, and how many slots (E,) each entity has.

        Args:
          entities: the token ids of each, at least one.
        """
        device = self.embedding.weight.device
        lengths = torch.tensor([len(entity) for entity in entities])
        if not len(lengths):
            return torch.zeros(0, self.state_width, device=device), lengths
        order = sorted(range(len(entities)), key=lambda i: len(entities[i]))  # little padding
        parts: list[Tensor] = [torch.empty(0)] * len(entities)
        for at in range(0, len(order), _AT_ONCE):
            chosen = order[at : at + _AT_ONCE]
            rows = [torch.tensor(entities[i], device=device) for i in chosen]
            for i, states in zip(chosen, self._states(rows, lengths[chosen]), strict=True):
                parts[i] = states
        return torch.cat(parts), lengths

    def _states(self, rows: Sequence[Tensor], lengths: Tensor) -> Sequence[Tensor]:
        """Return the states of entities, (slots, C) each."""
        tokens = self.embedding(pad_sequence(list(rows), batch_first=True))  # (E, P, C)
        if self.lstm is None:
            mask = torch.arange(tokens.shape[1]) < lengths[:, None]
            mask = mask.to(tokens.device)[:, :, None]
            mean = (tokens * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)  # (E, 1, C)
            around = mean.expand_as(tokens)
        else:
            around = self._recurrent(self.lstm, tokens, lengths)
        states = torch.cat((tokens, around), dim=-1)
        return [state[:length] for state, length in zip(states, lengths.tolist(), strict=True)]

    @staticmethod
    def _recurrent(lstm: nn.LSTM, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return the LSTM's states (E, P, 2H)."""
        packed = pack_padded_sequence(tokens, lengths, batch_first=True, enforce_sorted=False)
        states, _ = lstm(packed)
        around, _ = pad_packed_sequence(states, batch_first=True)
        return around
