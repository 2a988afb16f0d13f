"""Outcomes of a set, counted by entity and by what stands in the place of misses.

- Analysed, analyse: every hypothesis of a set beside its reference, with the outcomes.
- EntityRow, entity_rows: each entity with what became of it under every condition.
- count_instead: what stands in the place of what a condition misses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from wfst_bias.report.differences import Text
from wfst_bias.report.experiment import Decoded, DecodedSet
from wfst_bias.report.outcomes import (
    FALSE_ALARM,
    FOUND,
    INSTEAD,
    EntityOutcome,
    Hypothesis,
    outcomes,
)
from wfst_bias.score.entity_score import Entity
from wfst_bias.score.score_files import ScoredList


@dataclass(frozen=True)
class Analysed:
    """Hold an utterance under one condition.

    Attributes:
      hypothesis: beside its reference.
      outcomes: of its entities.
    """

    hypothesis: Hypothesis
    outcomes: tuple[EntityOutcome, ...]

    def count(self, *kinds: str) -> int:
        """Count the outcomes of some kinds."""
        return sum(each.outcome in kinds for each in self.outcomes)


@dataclass
class EntityTally:
    """Count what became of an entity under one condition."""

    found: int = 0
    missed: int = 0
    false_alarms: int = 0
    instead: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: EntityOutcome) -> None:
        """Count an outcome; what was written in place of the entity is kept."""
        if outcome.outcome == FOUND:
            self.found += 1
        elif outcome.outcome == FALSE_ALARM:
            self.false_alarms += 1
        else:
            self.missed += 1
            self.instead[outcome.written] += 1


@dataclass
class EntityRow:
    """Hold what became of an entity under every condition.

    Attributes:
      shown: the entity as it is written.
      n_words: by which it is compared.
      tallies: by condition, in the order of the set's.
      utterances: in which it is said or written.
    """

    shown: str
    n_words: int
    tallies: list[EntityTally]
    utterances: dict[str, None] = field(default_factory=dict)

    @property
    def said(self) -> int:
        """Return how often it is said."""
        return max(tally.found + tally.missed for tally in self.tallies)


def analyse(decoded_set: DecodedSet) -> list[dict[str, Analysed]]:
    """Compare all hypotheses of a set with their references.

    Returns:
      By condition, in the order of `decoded_set.decoded`, the utterances in the order of the
      references.
    """
    names = {each.condition.scored_list for each in decoded_set.decoded}
    scored = {name: decoded_set.scored_lists(name) for name in sorted(names)}
    found: list[dict[str, Analysed]] = [{} for _ in decoded_set.decoded]
    for utterance_id, reference in tqdm(
        decoded_set.references.items(), desc=decoded_set.name, unit="utterance", disable=None
    ):
        said = Text.of(reference.text)
        lists = {name: give(utterance_id) for name, give in scored.items()}
        for each, decoded in zip(found, decoded_set.decoded, strict=True):
            own = lists[decoded.condition.scored_list]
            each[utterance_id] = _analyse(utterance_id, said, decoded, own)
    return found


def _analyse(utterance_id: str, said: Text, decoded: Decoded, scored: ScoredList) -> Analysed:
    hypothesis = Hypothesis(said, Text.of(decoded.texts[utterance_id]))
    return Analysed(hypothesis, tuple(outcomes(hypothesis, scored)))


def entity_rows(analysed: Sequence[Mapping[str, Analysed]]) -> list[EntityRow]:
    """Return a row for each entity that is said, or written under some condition; by name."""
    rows: dict[Entity, EntityRow] = {}
    for place, condition in enumerate(analysed):
        for utterance_id, utterance in condition.items():
            for outcome in utterance.outcomes:
                row = rows.get(outcome.entity)
                if row is None:
                    tallies = [EntityTally() for _ in analysed]
                    row = EntityRow(outcome.shown, len(outcome.entity), tallies)
                    rows[outcome.entity] = row
                if outcome.outcome != FALSE_ALARM:
                    row.shown = outcome.shown  # as the reference has it
                row.tallies[place].add(outcome)
                row.utterances.setdefault(utterance_id)
    return [rows[entity] for entity in sorted(rows)]


def count_instead(utterances: Iterable[Analysed]) -> dict[str, int]:
    """Count the misses of a condition by what stands in their place."""
    counts = Counter(each.outcome for utterance in utterances for each in utterance.outcomes)
    return {kind: counts[kind] for kind in INSTEAD}
