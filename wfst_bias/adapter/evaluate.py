"""What an adapter gains on dev, by greedy decoding: words and entities, with it and without."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.evaluate import greedy, words_of
from wfst_bias.acoustic.model import CtcModel
from wfst_bias.adapter.draws import BatchLists
from wfst_bias.adapter.module import Adapter, Bias, Candidates, Hearing, adapted_log_probs
from wfst_bias.score.entity_score import EntityCounts, EntityIndex, count_entities
from wfst_bias.score.wer import ErrorCounts, align, count_errors
from wfst_bias.tokens import TokenTable


@dataclass(frozen=True)
class Counts:
    """Count errors in words and what became of entities."""

    words: ErrorCounts = field(default_factory=ErrorCounts)
    entities: EntityCounts = field(default_factory=EntityCounts)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.words + other.words, self.entities + other.entities)


@dataclass(frozen=True)
class Gain:
    """Hold the counts of a model with its adapter, and without."""

    adapted: Counts = field(default_factory=Counts)
    base: Counts = field(default_factory=Counts)

    def __add__(self, other: Gain) -> Gain:
        return Gain(self.adapted + other.adapted, self.base + other.base)

    def rates(self) -> dict[str, float]:
        """Return WER, F1, precision and recall by name, without those of nothing."""
        found = {}
        for prefix, counts in (("", self.adapted), ("base_", self.base)):
            found[f"{prefix}wer"] = counts.words.rate
            for name in ("f1", "precision", "recall"):
                found[f"{prefix}{name}"] = getattr(counts.entities, name)
        return {name: value for name, value in found.items() if not math.isnan(value)}


@torch.no_grad()
def measure_gain(
    model: CtcModel,
    adapter: Adapter,
    batches: Iterable[Batch],
    lists_of: Callable[[Batch], BatchLists],
    tokens: TokenTable,
) -> Gain:
    """Decode batches greedily, with their lists and without; model and adapter are in eval mode."""
    gain = Gain()
    device = next(model.parameters()).device
    for batch in batches:
        lists = lists_of(batch)
        encoded = model(batch.features.to(device), batch.lengths.to(device))
        bias, _ = bias_of_lists(adapter, encoded, lists)
        adapted = adapted_log_probs(encoded.layers[-1], model.head, bias)
        lengths = encoded.lengths.cpu()
        heard = (_words(each, lengths, tokens) for each in (adapted, encoded.log_probs))
        for target, entities, *written in zip(batch.targets, lists.lists, *heard, strict=True):
            index = EntityIndex.of(tuple(lists.entities.forms[i].split()) for i in entities)
            reference = target.text.split()
            gain += Gain(*(_count(reference, words, index) for words in written))
    return gain


def bias_of_lists(adapter: Adapter, heard: Hearing, lists: BatchLists) -> tuple[Bias, Candidates]:
    """Return what an adapter makes of a batch whose utterances have these lists."""
    embedded = adapter.embed(lists.entities.tokens)
    device = embedded.keys.device
    picks = (torch.tensor(each, dtype=torch.long, device=device) for each in lists.lists)
    candidates = Candidates.of([(embedded, each) for each in picks])
    return adapter(heard, candidates), candidates


def _words(log_probs: Tensor, lengths: Tensor, tokens: TokenTable) -> list[list[str]]:
    return [words_of(row, tokens) for row in greedy(log_probs, lengths)]


def _count(reference: list[str], written: list[str], index: EntityIndex) -> Counts:
    pairs = align(reference, written)
    return Counts(count_errors(pairs), count_entities(pairs, index))
