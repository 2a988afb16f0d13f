"""How sure a figure is: bootstrap intervals over utterances.

- bootstrap: the interval of any figure of summed counts.
- interval: that of a ratio of two sums.
- paired_difference: the difference between two systems on the same utterances.

Source: Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance
evaluation", ICASSP 2004.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wfst_bias.errors import InputError

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]
Interval = tuple[float, float]


@dataclass(frozen=True)
class BootstrapOptions:
    """Say how to resample: how often, for what share of the resamples, from which seed."""

    n_resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_resamples < 1:
            raise InputError("n_resamples must be at least 1", value=self.n_resamples)
        if self.seed < 0:
            raise InputError("seed must be at least 0", value=self.seed)
        if not 0 < self.confidence < 1:
            raise InputError("confidence must lie between 0 and 1", value=self.confidence)


@dataclass(frozen=True)
class Difference:
    """Hold how much more the second system has than the first, and the interval of that."""

    value: float
    interval: Interval


DEFAULTS = BootstrapOptions()


def bootstrap(
    counts: ArrayLike, statistic: Statistic, options: BootstrapOptions = DEFAULTS
) -> Interval:
    """Estimate the interval of a figure by drawing utterances with replacement.

    The order of the utterances changes nothing. Resamples where the figure is NaN are left out;
    where all are, or where there is no utterance, the interval is (NaN, NaN).

    Args:
      counts: shape (utterance, count).
      statistic: takes sums of the counts, shape (resample, count), to figures, shape (resample,).
      options: how to resample.

    Raises:
      InputError: counts without two axes.
    """
    table = _checked(counts)
    if not len(table):
        return float("nan"), float("nan")
    return _percentiles(statistic(_resampled_sums(table, options)), options.confidence)


def interval(
    numerators: Sequence[float], denominators: Sequence[float], options: BootstrapOptions = DEFAULTS
) -> Interval:
    """Estimate the interval of sum(numerators) / sum(denominators), one of each per utterance.

    Raises:
      InputError: not as many numerators as denominators.
    """
    return bootstrap(_side_by_side(numerators, denominators), ratio, options)


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    statistic: Statistic,
    options: BootstrapOptions = DEFAULTS,
) -> Difference:
    """Compare two systems: statistic(second) - statistic(first), drawing utterances in pairs.

    Both systems are summed over the same drawn utterances, so what makes an utterance hard for
    both cancels out.

    Args:
      first: shape (utterance, count).
      second: the same utterances in the same order, same shape.
      statistic: as for `bootstrap`.
      options: how to resample.

    Raises:
      InputError: the shapes differ.
    """
    tables = _checked(first), _checked(second)
    width = tables[0].shape[1]
    if tables[0].shape != tables[1].shape:
        shapes = (tables[0].shape, tables[1].shape)
        raise InputError("the counts of two systems must have one shape", value=shapes)

    def difference(sums: FloatArray) -> FloatArray:
        return statistic(sums[:, width:]) - statistic(sums[:, :width])

    both = np.concatenate(tables, axis=1)
    value = float(difference(both.sum(axis=0, keepdims=True))[0])
    return Difference(value, bootstrap(both, difference, options))


def ratio(sums: FloatArray) -> FloatArray:
    """Divide column 0 by column 1, shape (resample, 2) to (resample,); NaN where it is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients: FloatArray = np.where(sums[:, 1] == 0, np.nan, sums[:, 0] / sums[:, 1])
    return quotients


def _resampled_sums(table: FloatArray, options: BootstrapOptions) -> FloatArray:
    """Sum each resample, shape (resample, count).

    Utterances with equal counts are drawn as one with their multiplicity: the same distribution
    with fewer draws, and the order of the utterances drops out.
    """
    distinct, multiplicities = np.unique(table, axis=0, return_counts=True)
    rng = np.random.default_rng(options.seed)
    chances = multiplicities / len(table)
    draws = rng.multinomial(len(table), chances, size=options.n_resamples)
    sums: FloatArray = draws @ distinct
    return sums


def _percentiles(figures: FloatArray, confidence: float) -> Interval:
    known = figures[~np.isnan(figures)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _checked(counts: ArrayLike) -> FloatArray:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2:
        raise InputError(
            "expected counts of shape (utterance, count), got shape", value=table.shape
        )
    return table


def _side_by_side(numerators: Sequence[float], denominators: Sequence[float]) -> FloatArray:
    if len(numerators) != len(denominators):
        lengths = (len(numerators), len(denominators))
        raise InputError("expected as many numerators as denominators, got", value=lengths)
    return np.array([numerators, denominators], dtype=np.float64).T
