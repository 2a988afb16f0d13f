"""The adapter: attention from every frame to the entities of a list, or to none of them.

After Sathyendra et al., "Contextual Adapters for Personalized Speech Recognition in Neural
Transducers" (2022), here for CTC: the query is a weighted sum of several layers' outputs, a
subword of an entity has a slot of its own, and the slots of an entity are attended to in their
order (see `chains`). A slot is scored by its key and by the model's own log-probability of its
subword; so an adapter begins as a keyword spotter, and learns what else misheard names sound like.

It knows nothing of the model but the outputs of its layers, (N, T, C) each, its log-probabilities
(N, T, V), and a function from frames (N, T, C) to logits (N, T, V). Shapes: N utterances, T frames,
M slots of the longest list.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from wfst_bias.acoustic.model import log_softmax
from wfst_bias.adapter.alignment import BLANK
from wfst_bias.adapter.chains import Chains, Scores, posteriors
from wfst_bias.adapter.config import AdapterConfig
from wfst_bias.adapter.entity_encoder import EmbeddedEntities, EntityEncoder, slots_of

CtcHead = Callable[[Tensor], Tensor]

FARTHEST_NATS = -8.0  # below the best of its frame: a token behind that is as good as not heard


class Hearing(Protocol):
    """What a model makes of a batch; `Encoded` of the acoustic model is one."""

    @property
    def layers(self) -> Sequence[Tensor]:
        """Return the outputs of all layers of the model in their order, (N, T, C) each."""

    @property
    def log_probs(self) -> Tensor:
        """Return the log-probabilities (N, T, V) of its CTC head; blank has index 0."""

    @property
    def lengths(self) -> Tensor:
        """Return the number of frames (N,) of each utterance."""


@dataclass(frozen=True)
class Candidates:
    """Hold the entities that each utterance of a batch may hold, as slots, padded.

    Attributes:
      keys: (N or 1, M, D); 1 where all utterances have the same.
      values: (N or 1, M, D)
      tokens: (N or 1, M), the subword of each slot.
      mask: (N or 1, M), True for a slot, False for padding.
      entities: (N or 1, M), the entity of each slot; those of one follow each other.
      list_sizes: (N or 1,), entities of the whole list, of which these may be some.
    """

    keys: Tensor
    values: Tensor
    tokens: Tensor
    mask: Tensor
    entities: Tensor
    list_sizes: Tensor

    @classmethod
    def of(
        cls,
        rows: Sequence[tuple[EmbeddedEntities, Tensor]],
        list_sizes: Sequence[int] | None = None,
    ) -> Candidates:
        """Return slots for each utterance, from a list of its own or of all.

        Args:
          rows: for each utterance, embedded entities and the numbers (E_n,) of those to take.
          list_sizes: how many entities the list has of which those were taken; None: they are all.
        """
        sizes = list_sizes or [len(picks) for _, picks in rows]
        slots = [slots_of(embedded.starts, picks) for embedded, picks in rows]
        keys, values, tokens = (
            pad_sequence(
                [matched[places] for matched, (places, _) in zip(each, slots, strict=True)],
                batch_first=True,
            )
            for each in zip(*((e.keys, e.values, e.tokens) for e, _ in rows), strict=True)
        )
        owners = pad_sequence([owner for _, owner in slots], batch_first=True)
        lengths = torch.tensor([len(owner) for _, owner in slots], device=owners.device)
        mask = torch.arange(owners.shape[1], device=owners.device) < lengths[:, None]
        return cls(keys, values, tokens, mask, owners, torch.tensor(sizes, device=owners.device))

    @classmethod
    def all_of(cls, embedded: EmbeddedEntities) -> Candidates:
        """Return all slots, for every utterance."""
        count = embedded.n_entities
        every = torch.arange(count, device=embedded.keys.device)
        owners = every.repeat_interleave(embedded.starts.diff())
        mask = torch.ones_like(owners, dtype=torch.bool)
        slots = (embedded.keys, embedded.values, embedded.tokens)
        size = torch.tensor(count, device=owners.device)
        return cls(*(each[None] for each in (*slots, mask, owners, size)))


@dataclass(frozen=True)
class Bias:
    """What an adapter makes of a batch.

    Attributes:
      added: (N, T, C), to be added to the frames that a CTC head reads.
      log_attention: (N, T, 1 + M), natural logarithms of the weights of `<no-bias>`, pauses among
        it, and of each slot; the weights of a frame sum to 1.
    """

    added: Tensor
    log_attention: Tensor

    @property
    def attention(self) -> Tensor:
        """Return the weights (N, T, 1 + M)."""
        return self.log_attention.exp()


class Adapter(nn.Module):
    """Embed entities, match them with frames, and say what to add to the frames.

    An adapter that is not trained adds zeros, exactly; so does a trained one where attention is
    on `<no-bias>` alone, whose value is zero. Pauses within an entity have a value of their own.
    """

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        self.config = config
        width = config.options.attention_width
        self.entity_encoder = EntityEncoder(config)
        self.key = nn.Linear(self.entity_encoder.state_width, width)
        self.value = nn.Linear(self.entity_encoder.state_width, width)
        self.layer_weights = nn.Parameter(torch.zeros(len(config.layers)))
        self.query = nn.Linear(config.model_width, width)
        self.no_bias = nn.Parameter(torch.randn(width))
        self.pause_key = nn.Parameter(torch.zeros(width))
        self.pause_value = nn.Parameter(torch.zeros(width))
        self.heard_weight = nn.Parameter(torch.ones(()))
        self.entry = nn.Parameter(torch.zeros(()))
        self.project_out = nn.Linear(width, config.model_width, bias=False)
        nn.init.zeros_(self.project_out.weight)

    @torch.no_grad()
    def begin_with(self, token_vectors: Tensor) -> None:
        """Let subwords be known by vectors (V, C), such as the rows of a CTC head's projection."""
        spread = token_vectors.std().clamp(min=1e-6)
        self.entity_encoder.embedding.weight.copy_(token_vectors / spread)

    def embed(self, entities: Sequence[Sequence[int]]) -> EmbeddedEntities:
        """Embed entities given as token ids, each of at least one."""
        states, n_slots = self.entity_encoder(entities)
        starts = torch.zeros(len(n_slots) + 1, dtype=torch.long)
        starts[1:] = n_slots.cumsum(0)
        tokens = torch.tensor([token for entity in entities for token in entity], dtype=torch.long)
        device = states.device
        return EmbeddedEntities(
            self.key(states), self.value(states), tokens.to(device), starts.to(device)
        )

    def forward(self, heard: Hearing, candidates: Candidates) -> Bias:
        """Match frames with candidates."""
        n, n_frames = heard.log_probs.shape[:2]
        if not candidates.mask.shape[1]:
            nothing = heard.log_probs.new_zeros(n, n_frames, 1)
            return Bias(torch.zeros_like(heard.layers[-1], dtype=nothing.dtype), nothing)
        scores, chains = self._paths(heard, candidates)
        found = posteriors(scores, chains, heard.lengths.to(chains.mask.device))
        context = found.slots.exp() @ candidates.values  # (N, T, D)
        context = context + found.pause.exp()[..., None] * self.pause_value
        nothing = torch.logaddexp(found.nothing, found.pause)[..., None]
        return Bias(self.project_out(context), torch.cat((nothing, found.slots), dim=-1))

    def promise(self, heard: Hearing, candidates: Candidates) -> Tensor:
        """Return what each frame (T, M) of one utterance says for slots, against nothing, in nats.

        It is cheap beside what `forward` does, and tells which entities that is worth while for.
        """
        scores, _ = self._paths(heard, candidates)
        return (scores.slots - scores.nothing[..., None])[0]

    def _paths(self, heard: Hearing, candidates: Candidates) -> tuple[Scores, Chains]:
        """Return what frames say for each slot, and in which order slots are attended to."""
        n = len(heard.log_probs)
        mask = candidates.mask.expand(n, -1)
        chains = Chains.of(candidates.entities.expand(n, -1), mask)
        query = self.query(self._mixed(heard.layers)) / math.sqrt(self.key.out_features)
        behind = heard.log_probs - heard.log_probs.amax(dim=-1, keepdim=True)  # (N, T, V)
        behind = self.heard_weight * behind.clamp(min=FARTHEST_NATS)
        tokens = candidates.tokens.expand(n, -1)[:, None, :].expand(-1, behind.shape[1], -1)
        scores = Scores(
            nothing=query @ self.no_bias,
            pause=query @ self.pause_key + behind[..., BLANK],
            slots=query @ candidates.keys.transpose(1, 2) + behind.gather(2, tokens),
            entry=self.entry - candidates.list_sizes.clamp(min=1).log().expand(n),
        )
        return scores, chains

    def _mixed(self, layers: Sequence[Tensor]) -> Tensor:
        """Return the weighted sum of layers, normalized, since models scale them as they like."""
        weights = self.layer_weights.softmax(dim=0)
        chosen = (layers[number - 1] for number in self.config.layers)
        normal = (nn.functional.layer_norm(layer.float(), layer.shape[-1:]) for layer in chosen)
        return torch.stack([w * layer for w, layer in zip(weights, normal, strict=True)]).sum(0)


def adapted_log_probs(frames: Tensor, head: CtcHead, bias: Bias) -> Tensor:
    """Return log-probabilities (N, T, V) of frames (N, T, C) with what an adapter adds to them."""
    return log_softmax(head(frames + bias.added))


def attention_to_entities(bias: Bias, candidates: Candidates, n_entities: int) -> Tensor:
    """Return attention (N, T, 1 + E), to `<no-bias>` and to each entity of the whole list."""
    attention = bias.attention
    found = attention.new_zeros(*attention.shape[:2], 1 + n_entities)
    found[..., 0] = attention[..., 0]
    owners = (1 + candidates.entities)[:, None, :].expand(*attention.shape[:2], -1)
    return found.scatter_add(-1, owners, attention[..., 1:])
