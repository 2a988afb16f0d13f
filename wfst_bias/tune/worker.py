"""What a worker process does in a trial: compiles lists, decodes utterances and counts errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.entity_list import EntityList, entities_from_strings
from wfst_bias.formats.log_probs import FloatArray, open_log_probs
from wfst_bias.formats.results import Result
from wfst_bias.graph.load import load_graph
from wfst_bias.score.score_files import ScoredList, score_utterance
from wfst_bias.sound.knowledge import PhoneKnowledge
from wfst_bias.tune.conditions import Condition
from wfst_bias.tune.objective import Counts

if TYPE_CHECKING:
    from wfst_bias.decode.decoder import Decoder
    from wfst_bias.graph.compiled_list import CompiledList

Phrases = tuple[str, ...]

# Entities of all lists that a worker keeps from one trial to the next, some 400 MB.
MOST_KEPT_ENTITIES = 1_000_000


@dataclass(frozen=True)
class Item:
    """Name an utterance to decode, in which condition and how."""

    options: DecodeOptions
    condition: str
    utterance_id: str


@dataclass(frozen=True)
class TuneWork:
    """Hold what a worker needs; calling it returns a function that counts what items come to.

    Attributes:
      tokens, lm, log_probs: the input files.
      cache: the folder in which the compiled graph lies.
      conditions: references and lists by condition.
      phone_log_probs: of the same utterances, None for none.
      knowledge: how words are said, where there are phones.
    """

    tokens: Path
    lm: Path
    log_probs: Path
    cache: Path
    conditions: Mapping[str, Condition]
    phone_log_probs: Path | None = None
    knowledge: PhoneKnowledge | None = None

    def __call__(self) -> Callable[[Sequence[Item]], list[Counts]]:
        """Load the graph and all log-probabilities."""
        import torch

        torch.set_num_threads(1)
        log_probs = _read_all(self.log_probs)
        phones = None if self.phone_log_probs is None else _read_all(self.phone_log_probs)
        decoders = DecoderByOptions(self.tokens, self.lm, self.cache, self.knowledge)
        return Counting(decoders, log_probs, self.conditions, phones).count


def _read_all(path: Path) -> dict[str, FloatArray]:
    with open_log_probs(path) as archive:
        return {name: archive[name] for name in archive.ids}


class DecoderByOptions:
    """Make decoders and compile lists; what a change of options leaves as it is is kept."""

    def __init__(
        self, tokens: Path, lm: Path, cache: Path, phones: PhoneKnowledge | None = None
    ) -> None:
        self._phones = phones
        self._graph = load_graph(tokens, lm, cache)
        self._decoder: Decoder | None = None
        self._read: dict[Phrases, EntityList] = {}
        self._compiled: dict[Phrases, CompiledList] = {}

    def decoder(self, options: DecodeOptions) -> Decoder:
        """Return a decoder with these options."""
        from wfst_bias.decode.decoder import Decoder

        last = self._decoder
        if last is not None and last.options == options:
            return last
        self._decoder = Decoder(self._graph, options, self._phones)
        if last is not None:
            same = last.options.g2g == options.g2g
            variants = (last if same else self._decoder).compiler.variants
            self._decoder.compiler = last.compiler.with_options(options.boost, variants)
            if last.options.boost != options.boost or not same:
                self._compiled.clear()
        return self._decoder

    def compile(self, phrases: Phrases) -> CompiledList:
        """Return a list compiled for the last decoder; equal phrases are one list."""
        assert self._decoder is not None, "lists are compiled for a decoder"
        if phrases in self._compiled:
            return self._compiled[phrases]
        compiled = self._decoder.compile_list(self._resolve(phrases))
        if phrases in self._read:
            self._compiled[phrases] = compiled
        return compiled

    def _resolve(self, phrases: Phrases) -> EntityList:
        """Read phrases as `decode` does; keep what was read while there is room."""
        if phrases in self._read:
            return self._read[phrases]
        assert self._decoder is not None, "lists are compiled for a decoder"
        normalizer, speller = self._decoder.normalizer, self._decoder.speller
        entities = entities_from_strings(phrases, normalizer, "auto", speller=speller)
        entities = replace(entities, report=())
        if sum(map(len, self._read.values())) + len(entities) <= MOST_KEPT_ENTITIES:
            self._read[phrases] = entities
        return entities


class Counting:
    """Decode utterances and count what is wrong."""

    def __init__(
        self,
        decoders: DecoderByOptions,
        log_probs: Mapping[str, FloatArray],
        conditions: Mapping[str, Condition],
        phone_log_probs: Mapping[str, FloatArray] | None = None,
    ) -> None:
        self._phones = phone_log_probs
        self._decoders = decoders
        self._log_probs = log_probs
        self._conditions = conditions

    def count(self, items: Sequence[Item]) -> list[Counts]:
        """Return the counts of items that share options and condition."""
        condition, options = self._conditions[items[0].condition], items[0].options
        decoder = self._decoders.decoder(options)
        names = [item.utterance_id for item in items]
        lists = self._compile(condition, names) if condition.has_lists else {}
        log_probs = {name: self._log_probs[name] for name in names}
        results = decoder.decode(log_probs, lists, phone_log_probs=self._phones)
        return [count_result(condition, result) for result in results]

    def _compile(self, condition: Condition, names: Iterable[str]) -> dict[str, CompiledList]:
        own = {name: condition.references[name].entities for name in names}
        return {name: self._decoders.compile(phrases) for name, phrases in own.items()}


def count_result(condition: Condition, result: Result, shared: ScoredList | None = None) -> Counts:
    """Return the counts of an utterance; what no path survives counts as deleted.

    Args:
      condition: with the reference.
      result: of the utterance.
      shared: the entities that count, where they are not those of its own list.
    """
    text = " ".join(word.text for word in result.words)
    score = score_utterance(condition.references[result.utterance_id], text, shared)
    return Counts.of(score, failed=result.error is not None)
