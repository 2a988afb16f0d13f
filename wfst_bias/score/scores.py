"""The scores of a set of utterances: every metric with its interval, as a table and as JSON.

- UtteranceScore: the counts of one utterance, from which every metric derives.
- METRICS: what is reported.
- Scores: the metrics of a set, with `to_table` and `to_json`.
- compare: how two systems differ on the same utterances.
- write_scores: put a table or JSON into a file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, reduce
from operator import add
from pathlib import Path

import numpy as np

from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.score.bootstrap import (
    DEFAULTS,
    BootstrapOptions,
    Difference,
    FloatArray,
    Interval,
    bootstrap,
    paired_difference,
    ratio,
)
from wfst_bias.score.entity_score import EntityCounts
from wfst_bias.score.fraction import Fraction
from wfst_bias.score.wer import ClassCounts, ErrorCounts

Counts = ErrorCounts | EntityCounts


@dataclass(frozen=True)
class UtteranceScore:
    """Hold the counts of one utterance, or their sum over several, which has no id.

    Attributes:
      utterance_id: the utterance.
      words: errors of words, by class.
      entities: what became of entities.
      groups: the same, of each group of entities by its name.
    """

    utterance_id: str = ""
    words: ClassCounts = field(default_factory=ClassCounts)
    entities: EntityCounts = field(default_factory=EntityCounts)
    groups: Mapping[str, EntityCounts] = field(default_factory=dict)

    def __add__(self, other: UtteranceScore) -> UtteranceScore:
        words, entities = self.words + other.words, self.entities + other.entities
        names = dict.fromkeys((*self.groups, *other.groups))
        groups = {name: self.of_group(name) + other.of_group(name) for name in names}
        return UtteranceScore(words=words, entities=entities, groups=groups)

    def of_group(self, name: str) -> EntityCounts:
        """Return what became of the entities of a group."""
        return self.groups.get(name, EntityCounts())


@dataclass(frozen=True)
class Metric:
    """Define a figure as a ratio of two counts, each summed over utterances."""

    fraction: Callable[[UtteranceScore], Fraction]
    counts: Callable[[UtteranceScore], Counts]


METRICS: dict[str, Metric] = {
    "WER": Metric(lambda s: s.words.all.rate_fraction, lambda s: s.words.all),
    "U-WER": Metric(lambda s: s.words.unbiased.rate_fraction, lambda s: s.words.unbiased),
    "B-WER": Metric(lambda s: s.words.biased.rate_fraction, lambda s: s.words.biased),
    "precision": Metric(lambda s: s.entities.precision_fraction, lambda s: s.entities),
    "recall": Metric(lambda s: s.entities.recall_fraction, lambda s: s.entities),
    "F1": Metric(lambda s: s.entities.f1_fraction, lambda s: s.entities),
    "false alarms": Metric(
        lambda s: Fraction(s.entities.false_alarms, s.words.all.reference_words),
        lambda s: s.entities,
    ),
}
GROUP_METRICS = ("precision", "recall", "F1")


def group_metrics(name: str) -> dict[str, Metric]:
    """Return the metrics of a group of entities, by GROUP_METRICS."""

    def of_group(metric: Metric) -> Metric:
        def alone(score: UtteranceScore) -> UtteranceScore:
            return UtteranceScore(entities=score.of_group(name))

        return Metric(lambda s: metric.fraction(alone(s)), lambda s: metric.counts(alone(s)))

    return {metric: of_group(METRICS[metric]) for metric in GROUP_METRICS}


@dataclass(frozen=True)
class Score:
    """Hold one metric of a set.

    Attributes:
      rate: a fraction of 1; NaN where its denominator is zero.
      interval: where it lies at the chosen confidence.
      counts: what it is made of.
    """

    rate: float
    interval: Interval
    counts: Counts


@dataclass(frozen=True)
class Scores:
    """Hold the counts of a set of utterances, in any order; all else derives from them."""

    utterances: tuple[UtteranceScore, ...]
    options: BootstrapOptions = DEFAULTS

    @cached_property
    def total(self) -> UtteranceScore:
        """Return the counts of all utterances together."""
        return reduce(add, self.utterances, UtteranceScore())

    @cached_property
    def metrics(self) -> dict[str, Score]:
        """Return each of METRICS by name."""
        return {name: self._score(metric) for name, metric in METRICS.items()}

    @cached_property
    def groups(self) -> dict[str, dict[str, Score]]:
        """Return GROUP_METRICS of each group of entities, by its name."""
        return {
            name: {of: self._score(metric) for of, metric in group_metrics(name).items()}
            for name in self.total.groups
        }

    def to_table(self) -> str:
        """Render one line per metric: rate in %, interval in %, counts; F1 by group of entities.

        The rate of false alarms is per 100 words of the reference.
        """
        confidence = f"{100 * self.options.confidence:g} % interval"
        lines = [f"{'metric':<20}{'%':>7}  {confidence:>16}  counts"]
        lines += [_table_line(name, score) for name, score in self.metrics.items()]
        lines += [_table_line(f"F1, {name}", of["F1"]) for name, of in self.groups.items()]
        return "\n".join([*lines, f"{len(self.utterances)} utterances"]) + "\n"

    def to_json(self) -> str:
        """Render every metric with rate and interval as fractions of 1; null where unknown."""
        whole = {
            "utterances": len(self.utterances),
            "bootstrap": asdict(self.options),
            "metrics": _as_json(self.metrics),
            "groups": {name: _as_json(of) for name, of in self.groups.items()},
        }
        return json.dumps(whole, indent=2, allow_nan=False) + "\n"

    def _score(self, metric: Metric) -> Score:
        bounds = bootstrap(_fraction_table(metric, self.utterances), ratio, self.options)
        return Score(metric.fraction(self.total).value, bounds, metric.counts(self.total))


def compare(first: Scores, second: Scores) -> dict[str, Difference]:
    """Tell, for each metric, how much more the second system has than the first.

    Utterances are paired by id; resampling follows the options of the first.

    Raises:
      InputError: an utterance that only one of them has (it is named).
    """
    one = {utterance.utterance_id: utterance for utterance in first.utterances}
    other = {utterance.utterance_id: utterance for utterance in second.utterances}
    unpaired = sorted(one.keys() ^ other.keys())
    if unpaired:
        raise InputError("only one of the systems has utterance", value=unpaired[0])
    paired = [other[utterance_id] for utterance_id in one]
    return {
        name: paired_difference(
            _fraction_table(metric, list(one.values())),
            _fraction_table(metric, paired),
            ratio,
            first.options,
        )
        for name, metric in METRICS.items()
    }


def write_scores(scores: Scores, path: Path | str) -> None:
    """Write scores atomically: JSON where the file is named `.json`, else the table."""
    is_json = Path(path).suffix == ".json"
    write_text(path, scores.to_json() if is_json else scores.to_table())


def _fraction_table(metric: Metric, utterances: Sequence[UtteranceScore]) -> FloatArray:
    """Return numerators and denominators, shape (utterance, 2)."""
    table = np.array([metric.fraction(utterance) for utterance in utterances], dtype=np.float64)
    return table.reshape(-1, 2)


def _table_line(name: str, score: Score) -> str:
    low, high = map(_percent, score.interval)
    bounds = f"{low} to {high}"
    return f"{name:<20}{_percent(score.rate):>7}  {bounds:>16}  {_count_text(score.counts)}"


def _as_json(scores: Mapping[str, Score]) -> dict[str, object]:
    return {
        name: {
            "rate": _known(score.rate),
            "interval": [_known(bound) for bound in score.interval],
            "counts": asdict(score.counts),
        }
        for name, score in scores.items()
    }


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number


def _percent(rate: float) -> str:
    return "-" if math.isnan(rate) else f"{100 * rate:.2f}"


def _count_text(counts: Counts) -> str:
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in asdict(counts).items())
