"""What options came to on a development set: counts by condition, and the one number made small."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from wfst_bias.errors import InputError
from wfst_bias.score.entity_score import EntityCounts
from wfst_bias.score.scores import UtteranceScore


@dataclass(frozen=True)
class Counts:
    """Count what came of one condition; counts of several utterances add up.

    Attributes:
      words: of the references.
      u_errors: word errors charged to words that are not rare, as U-WER has them.
      b_errors: word errors charged to the rare words, as B-WER has them.
      hits: entities found.
      misses: entities that were said and not found.
      false_alarms: entities that were written and not said there.
      failed: utterances that could not be decoded; all their words count as deleted.
    """

    words: int = 0
    u_errors: int = 0
    b_errors: int = 0
    hits: int = 0
    misses: int = 0
    false_alarms: int = 0
    failed: int = 0

    @classmethod
    def of(cls, score: UtteranceScore, *, failed: bool = False) -> Counts:
        """Return the counts of one utterance."""
        words, entities = score.words, score.entities
        return cls(
            words.all.reference_words,
            words.unbiased.errors,
            words.biased.errors,
            entities.hits,
            entities.misses,
            entities.false_alarms,
            int(failed),
        )

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))

    @property
    def f1(self) -> float:
        """Return F1 of the entities, 1 where none is said or written."""
        f1 = EntityCounts(self.hits, self.misses, self.false_alarms).f1
        return 1.0 if math.isnan(f1) else f1


@dataclass(frozen=True)
class Weights:
    """Weigh what can be wrong with a condition.

    The first three are per 100 words of the reference, so that with 1, 1 and 0 they come to WER in
    percent; `f1_weight` is for each percent that F1 is below 100.
    """

    u_weight: float = field(
        default=1.0, metadata={"help": "weight of an error on words that are not rare (U-WER)"}
    )
    b_weight: float = field(
        default=1.5, metadata={"help": "weight of an error on the rare words (B-WER)"}
    )
    false_alarm_weight: float = field(
        default=0.5,
        metadata={"help": "weight of an entity that nobody said, on top of its word errors"},
    )
    f1_weight: float = field(
        default=0.0, metadata={"help": "weight of a percent that entity F1 falls short of 100"}
    )

    def __post_init__(self) -> None:
        values = [getattr(self, f.name) for f in fields(self)]
        for option, value in zip(fields(self), values, strict=True):
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{option.name} must be a number from 0 on", value=value)
        if not any(values):
            raise InputError("all weights are 0, so that all options are equally good")

    def objective(self, conditions: Mapping[str, Counts]) -> float:
        """Return what is made small: the mean over conditions; infinity where there are none."""
        if not conditions:
            return math.inf
        return sum(map(self._of_condition, conditions.values())) / len(conditions)

    def _of_condition(self, counts: Counts) -> float:
        wrong = (
            self.u_weight * counts.u_errors
            + self.b_weight * counts.b_errors
            + self.false_alarm_weight * counts.false_alarms
        )
        return 100 * (wrong / max(counts.words, 1) + self.f1_weight * (1 - counts.f1))
