"""A recognizer with an adapter: log-probabilities that know the list.

The embeddings of entities are computed once and kept, whatever lists they are on. Of a list that is
longer than `most_entities`, those are attended to that some stretch of sound holds best.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wfst_bias.acoustic.features import log_mel, normalize
from wfst_bias.acoustic.model import Encoded
from wfst_bias.acoustic.recognizer import Heard, Recognizer
from wfst_bias.acoustic.windows import windows_of
from wfst_bias.adapter.adapter_folder import load_adapter
from wfst_bias.adapter.alignment import BLANK
from wfst_bias.adapter.entity_encoder import EmbeddedEntities
from wfst_bias.adapter.entity_list import SpelledList
from wfst_bias.adapter.module import (
    Adapter,
    Bias,
    Candidates,
    adapted_log_probs,
    attention_to_entities,
)
from wfst_bias.adapter.selection import Spotter, scores_of_slots
from wfst_bias.entities.entity_list import EntityList, entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Segmentation, Speller

MOST_ENTITIES = 100
FIRST_PICKED = 5  # times as many entities are picked at first
SURE_BLANK = 0.9  # a probability; such frames say little of which entities there may be
_LISTS_KEPT = 64
_ENTITIES_KEPT = 200_000


@dataclass(frozen=True)
class Attended:
    """What is made of one recording with a list, in frames of 40 ms.

    Attributes:
      heard: log-probabilities.
      attention: (T, 1 + E), to `<no-bias>` and to each form; a frame's sum to 1.
      forms: E of them, normalized and sorted.
    """

    heard: Heard
    attention: NDArray[np.float32]
    forms: tuple[str, ...]


@dataclass(frozen=True)
class _PreparedList:
    spelled: SpelledList
    embedded: EmbeddedEntities
    spotter: Spotter


class _Embeddings:
    """Embed lists with one adapter, each entity once; several threads may ask."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter, self._lock = adapter, Lock()
        self._kept: OrderedDict[str, _PreparedList] = OrderedDict()
        self._numbers: dict[Segmentation, int] = {}
        self._table: EmbeddedEntities | None = None

    @torch.no_grad()
    def of(self, spelled: SpelledList) -> _PreparedList:
        with self._lock:
            found = self._kept.get(spelled.digest)
            if found is None:
                embedded = self._embedded(spelled.tokens)
                found = _PreparedList(spelled, embedded, Spotter(spelled.tokens))
                self._kept[spelled.digest] = found
            self._kept.move_to_end(spelled.digest)
            if len(self._kept) > _LISTS_KEPT:
                self._kept.popitem(last=False)
            return found

    def _embedded(self, entities: Sequence[Segmentation]) -> EmbeddedEntities:
        new = [each for each in dict.fromkeys(entities) if each not in self._numbers]
        if len(self._numbers) + len(new) > _ENTITIES_KEPT:
            self._numbers, self._table, new = {}, None, list(dict.fromkeys(entities))
        if new or self._table is None:
            embedded = self._adapter.embed(new)
            self._table = embedded if self._table is None else self._table.joined(embedded)
            first = len(self._numbers)
            self._numbers |= {each: number for number, each in enumerate(new, start=first)}
        picks = torch.tensor([self._numbers[each] for each in entities], dtype=torch.long)
        return self._table.take(picks.to(self._table.starts.device))


@dataclass(frozen=True)
class Lists:
    """The lists that a recognizer listens for.

    Attributes:
      shared: of all utterances that have none of their own.
      own: those of utterances, by id.
    """

    shared: SpelledList = field(default_factory=SpelledList)
    own: Mapping[str, SpelledList] = field(default_factory=dict)

    def of(self, utterance_id: str) -> SpelledList:
        """Return the list of an utterance, empty where it has none."""
        return self.own.get(utterance_id, self.shared)


class AdaptedRecognizer(Recognizer):
    """A recognizer that listens for lists; without one, it hears what its model does.

    Attributes:
      adapter: what matches frames with entities.
      lists: what it listens for.
      other_lists: what it listens for besides, each by itself.
      most_entities: of a longer list, so many are attended to at once.
    """

    def __init__(
        self, base: Recognizer, adapter: Adapter, most_entities: int = MOST_ENTITIES
    ) -> None:
        super().__init__(base.model, base.tokens, base.phones)
        self.adapter, self.most_entities = adapter, most_entities
        self.lists, self.other_lists = Lists(), tuple[Lists, ...]()
        self._speller, self._normalizer = Speller(base.tokens), Normalizer(base.tokens)
        self._embeddings = _Embeddings(adapter)

    @classmethod
    def attach(
        cls, base: Recognizer, folder: Path | str, most_entities: int = MOST_ENTITIES
    ) -> AdaptedRecognizer:
        """Read an adapter's folder: adapter.json and adapter.pt.

        Raises:
          InputError: a file is missing or broken, or the adapter belongs to another model.
        """
        adapter = load_adapter(Path(folder), base.model)
        device = next(base.model.parameters()).device
        return cls(base, adapter.to(device), most_entities)

    def listening_for(
        self, shared: EntityList | None = None, own: Mapping[str, EntityList] | None = None
    ) -> AdaptedRecognizer:
        """Return one that listens for these lists, with the same embeddings at hand.

        Args:
          shared: for all utterances that have no list of their own.
          own: lists of utterances, by id.
        """
        other = copy(self)
        other.lists = self._spelled(shared, own)
        return other

    def listening_also_for(
        self, shared: EntityList | None = None, own: Mapping[str, EntityList] | None = None
    ) -> AdaptedRecognizer:
        """Return one that says besides what it hears with these lists: `Heard.also`, in order."""
        other = copy(self)
        other.other_lists = (*self.other_lists, self._spelled(shared, own))
        return other

    def adapt(self, encoded: Encoded, utterance_ids: Sequence[str]) -> Encoded:
        """Return what the model makes of a batch with the lists of its utterances."""
        return self._adapt(encoded, utterance_ids, self.lists)

    def also(self, encoded: Encoded, utterance_ids: Sequence[str]) -> list[Encoded]:
        """Return what it makes of the batch with each of the other lists."""
        return [self._adapt(encoded, utterance_ids, lists) for lists in self.other_lists]

    def _spelled(self, shared: EntityList | None, own: Mapping[str, EntityList] | None) -> Lists:
        return Lists(
            SpelledList.of(shared or (), self._speller),
            {name: SpelledList.of(each, self._speller) for name, each in (own or {}).items()},
        )

    def _adapt(self, encoded: Encoded, utterance_ids: Sequence[str], lists: Lists) -> Encoded:
        spelled = [lists.of(name) for name in utterance_ids]
        if not any(map(len, spelled)):
            return encoded
        prepared = [self._embeddings.of(each) for each in spelled]
        bias, _ = self._bias(encoded, prepared)
        log_probs = adapted_log_probs(encoded.layers[-1], self.model.head, bias)
        return replace(encoded, log_probs=log_probs)

    @torch.no_grad()
    def attend(
        self, samples: NDArray[np.float32], entities: EntityList | Sequence[str]
    ) -> Attended:
        """Encode one recording with a list, and say what was attended to.

        Args:
          samples: (S,), mono, at 16 kHz.
          entities: a list, or phrases.

        Raises:
          ValueError: fewer samples than one window of the features has.
        """
        if not isinstance(entities, EntityList):
            entities = entities_from_strings(entities, self._normalizer, speller=self._speller)
        prepared = self._embeddings.of(SpelledList.of(entities, self._speller))
        parts = []
        for window in windows_of(len(samples)):
            piece = normalize(log_mel(samples[window.first_sample : window.end_sample]))
            parts.append(self._attend(piece, prepared, window.kept))
        heard = Heard(
            np.concatenate([part.log_probs for part, _ in parts]),
            np.concatenate([part.phone_log_probs for part, _ in parts]),
        )
        return Attended(heard, np.concatenate([a for _, a in parts]), prepared.spelled.forms)

    def _attend(
        self, features: Tensor, prepared: _PreparedList, kept: slice
    ) -> tuple[Heard, NDArray[np.float32]]:
        device = next(self.model.parameters()).device
        encoded = self.model(features[None].to(device), torch.tensor([len(features)]).to(device))
        bias, candidates = self._bias(encoded, [prepared])
        log_probs = adapted_log_probs(encoded.layers[-1], self.model.head, bias)
        attention = attention_to_entities(bias, candidates, len(prepared.spelled))
        heard = Heard(
            log_probs[0, kept].cpu().numpy(), encoded.phone_log_probs[0, kept].cpu().numpy()
        )
        return heard, attention[0, kept].cpu().numpy()

    def _bias(self, encoded: Encoded, prepared: Sequence[_PreparedList]) -> tuple[Bias, Candidates]:
        first = prepared[0]
        if len(first.spelled) <= self.most_entities and all(each is first for each in prepared):
            candidates = Candidates.all_of(first.embedded)
        else:
            candidates = self._selected(encoded, prepared)
        return self.adapter(encoded, candidates), candidates

    def _selected(self, encoded: Encoded, prepared: Sequence[_PreparedList]) -> Candidates:
        """Return the entities that each utterance may hold, of its own list."""
        return Candidates.of(
            [
                (each.embedded, self._picks(_Row.of(encoded, number), each))
                for number, each in enumerate(prepared)
            ],
            [len(each.spelled) for each in prepared],
        )

    def _picks(self, heard: _Row, prepared: _PreparedList) -> Tensor:
        """Return the numbers of the entities that are attended to, sorted."""
        first = prepared.spotter.best(heard.log_probs[0], FIRST_PICKED * self.most_entities)
        if len(first) <= self.most_entities:
            return first
        some = prepared.embedded.take(first)
        promise = self.adapter.promise(heard.without_blanks(), Candidates.all_of(some))
        scores = scores_of_slots(promise, some.starts)
        return first[scores.topk(self.most_entities).indices].sort().values


@dataclass(frozen=True)
class _Row:
    """What a model makes of one utterance of a batch, without padding."""

    layers: tuple[Tensor, ...]
    log_probs: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, encoded: Encoded, number: int) -> _Row:
        lengths = encoded.lengths[number : number + 1]
        frames = (slice(number, number + 1), slice(int(lengths)))
        return cls(
            tuple(layer[frames] for layer in encoded.layers), encoded.log_probs[frames], lengths
        )

    def without_blanks(self) -> _Row:
        """Return the frames that may say a subword, a third of all."""
        kept = self.log_probs[0, :, BLANK].exp() < SURE_BLANK
        layers = tuple(layer[:, kept] for layer in self.layers)
        return _Row(layers, self.log_probs[:, kept], kept.sum()[None])
