"""Modified Kneser-Ney smoothing of n-gram counts: adjusted counts, discounts, probabilities.

After Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1998,
section 3; pruned as KenLM does (Heafield and others, 2013), by plain counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wfst_bias.lm.counting import NgramCounts

FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # where a text is too small to estimate them, as in KenLM

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SmoothedNgrams:
    """Hold the probabilities of one order.

    Attributes:
      probs: of each n-gram given its history, shape (n,); of pruned ones too.
      backoffs: the mass that each history leaves to shorter ones, shape (n of the order below,).
    """

    probs: Floats
    backoffs: Floats


def adjust_counts(
    tables: Sequence[NgramCounts], barriers: Sequence[int]
) -> list[NDArray[np.int64]]:
    """Return the counts that each order is estimated from, the first barrier's being 0.

    Plain counts at the highest order; below it the number of distinct words that precede the
    n-gram, except where nothing may precede it: n-grams that begin with a barrier keep theirs.
    """
    adjusted = []
    for lower, higher in pairwise(tables):
        preceding = np.bincount(higher.suffix, minlength=len(lower))
        complete = np.isin(lower.ids[:, 0], barriers) & (lower.ids.shape[1] > 1)
        adjusted.append(np.where(complete, lower.counts, preceding))
    adjusted.append(tables[-1].counts.copy())
    adjusted[0][barriers[0]] = 0
    return adjusted


def estimate_discounts(adjusted: NDArray[np.int64]) -> Floats:
    """Return the discounts of counts 0, 1, 2 and 3 or more, shape (4,).

    Equation 26 of Chen and Goodman. Where a count of counts is 0 or a discount leaves its range,
    so that nothing can be estimated, those of `FALLBACK_DISCOUNTS` take their place.
    """
    n1, n2, n3, n4 = (np.count_nonzero(adjusted == count) for count in (1, 2, 3, 4))
    fallback = np.array([0.0, *FALLBACK_DISCOUNTS])
    if min(n1, n2, n3, n4) == 0:
        return fallback
    y = n1 / (n1 + 2 * n2)
    discounts = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    in_range = (discounts[1:] > 0) & (discounts[1:] <= (1, 2, 3))
    return discounts if in_range.all() else fallback


def smooth_unigrams(adjusted: NDArray[np.int64], base: Floats) -> Floats:
    """Return unigram probabilities interpolated with a base distribution, both of shape (V,)."""
    discounts = estimate_discounts(adjusted)[np.minimum(adjusted, 3)]
    probs: Floats = (adjusted - discounts + discounts.sum() * base) / adjusted.sum()
    return probs


def smooth_ngrams(
    table: NgramCounts, adjusted: NDArray[np.int64], kept: NDArray[np.bool_], lower_probs: Floats
) -> SmoothedNgrams:
    """Interpolate the n-grams of one order with the order below.

    Args:
      table: the n-grams.
      adjusted: their adjusted counts, shape (n,).
      kept: which of them the model will have, shape (n,); the others' mass goes to the back-off.
      lower_probs: probabilities of all n-grams of the order below.
    """
    n_histories = len(lower_probs)
    discounts = estimate_discounts(adjusted)[np.minimum(adjusted, 3)]
    totals = np.bincount(table.history, adjusted, n_histories)
    freed = np.bincount(table.history, np.where(kept, discounts, adjusted), n_histories)
    backoffs = np.divide(freed, totals, out=np.ones(n_histories), where=totals > 0)
    own = (adjusted - discounts) / totals[table.history]
    probs = own + backoffs[table.history] * lower_probs[table.suffix]
    return SmoothedNgrams(probs, backoffs)
