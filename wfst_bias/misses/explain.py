"""The misses of one utterance and the cause of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.errors import InputError
from wfst_bias.misses.causes import Cause, Miss
from wfst_bias.misses.forced import Forcing, LogProbs
from wfst_bias.misses.lattice_words import WordLattice
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.entity_score import Occurrence, match_entities
from wfst_bias.score.score_files import ScoredList
from wfst_bias.score.wer import align


@dataclass(frozen=True)
class MissOptions:
    """Choose what is within reach."""

    reach_nats: float = field(
        default=20.0,
        metadata={
            "help": "a text with the entity that the acoustics find at most so much less probable "
            "than what was written, for each word of the entity, is within reach; by default "
            "about what the boost of a word can make up for"
        },
    )

    def __post_init__(self) -> None:
        if not math.isfinite(self.reach_nats):
            raise InputError("reach_nats must be a finite number", value=self.reach_nats)


@dataclass(frozen=True)
class Decoded:
    """Hold what an utterance left behind in decoding; None for what there is not.

    Attributes:
      texts: the n best, best first; none where it could not be decoded.
      lattice: of words.
      log_probs: `(T, V)`.
    """

    texts: Sequence[str]
    lattice: WordLattice | None = None
    log_probs: LogProbs | None = None

    @property
    def written(self) -> str:
        """Return the best text, an empty one where there is none."""
        return self.texts[0] if self.texts else ""


@dataclass(frozen=True)
class Said:
    """Hold the entities of an utterance that are to be found.

    Attributes:
      missed: those that were not, in the order of the reference.
      found: how many were.
      every: all entities in the reference.
    """

    missed: tuple[Occurrence, ...]
    found: int
    every: frozenset[Occurrence]

    def times(self, missed: Occurrence) -> int:
        """Return how often the entity is in the reference."""
        return sum(other.entity == missed.entity for other in self.every)


def entities_said(reference: UtteranceList, scored: ScoredList, written: str) -> Said:
    """Return what `score` counts as hits and misses of an utterance."""
    pairs = align(comparison_words(reference.text), comparison_words(written))
    match = match_entities(pairs, scored.index)

    def wanted(occurrences: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
        targets = scored.targets
        return tuple(each for each in occurrences if targets is None or each.entity in targets)

    every = frozenset((*match.hits, *match.misses))
    return Said(wanted(match.misses), len(wanted(match.hits)), every)


class Explainer:
    """Put misses down to causes.

    Args:
      options: what is within reach.
      forcing: scores texts where there are log-probabilities; None where there never are.
    """

    def __init__(self, options: MissOptions, forcing: Forcing | None = None) -> None:
        self.options, self.forcing = options, forcing

    def explain(
        self, reference: UtteranceList, scored: ScoredList, said: Said, decoded: Decoded
    ) -> list[Miss]:
        """Return the misses of an utterance, in the order of the reference."""
        rank = _ranks(reference.text, scored, decoded.texts)
        return [
            self._explain(reference, occurrence, said, decoded, rank.get(occurrence))
            for occurrence in said.missed
        ]

    def _explain(
        self,
        reference: UtteranceList,
        missed: Occurrence,
        said: Said,
        decoded: Decoded,
        rank: int | None,
    ) -> Miss:
        lattice, lost, behind = decoded.lattice, None, None
        if rank is None and lattice is not None:
            behind = lattice.behind_nats(missed.entity, said.times(missed))
        if rank is not None:
            cause = Cause.OUTRANKED
        elif lattice is not None and behind is not None and lattice.has(behind):
            cause = Cause.IN_LATTICE
        else:
            cause, lost = self._by_force(reference.text, missed, decoded)
        entity = " ".join(missed.entity)
        return Miss(reference.utterance_id, entity, missed.first_word, cause, rank, behind, lost)

    def _by_force(
        self, reference: str, missed: Occurrence, decoded: Decoded
    ) -> tuple[Cause, float | None]:
        if decoded.log_probs is None or self.forcing is None:
            return Cause.UNKNOWN, None
        forced = self.forcing.force(decoded.log_probs, reference, decoded.written, missed.places)
        if forced is None:
            return Cause.NOT_SPELLED, None
        near = forced.lost_nats <= self.options.reach_nats
        return (Cause.PRUNED if near else Cause.NOT_HEARD), forced.lost_nats


def _ranks(reference: str, scored: ScoredList, texts: Sequence[str]) -> dict[Occurrence, int]:
    """Return the rank of the first text that has each entity of the reference at its place."""
    words = comparison_words(reference)
    found: dict[Occurrence, int] = {}
    for rank, text in enumerate(texts, start=1):
        for occurrence in match_entities(align(words, comparison_words(text)), scored.index).hits:
            found.setdefault(occurrence, rank)
    return found
