"""Forms near in spelling: what they share in runs of letters, rare runs counting more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

_ROWS_AT_ONCE = 512
_RUNS = (2, 3)  # letters


def nearest_forms(forms: Sequence[str], count: int) -> NDArray[np.int64]:
    """Return the numbers (P, count) of the forms nearest to each, the nearest first; -1 for none.

    Near is a high cosine of the counts of runs of 2 and 3 letters, word boundaries among them,
    each weighted by the logarithm of how few forms have it. Forms that share nothing are not near.

    Args:
      forms: P of them, distinct.
      count: how many are wanted for each.
    """
    found = np.full((len(forms), count), -1, np.int64)
    if len(forms) < 2 or not count:
        return found
    vectors = _vectors(forms)  # (P, runs)
    kept = min(count, len(forms))
    starts = range(0, len(forms), _ROWS_AT_ONCE)
    for at in tqdm(starts, desc="neighbours", delay=2, leave=False, disable=None):
        rows = (vectors[at : at + _ROWS_AT_ONCE] @ vectors.T).toarray()
        rows[np.arange(len(rows)), at + np.arange(len(rows))] = 0.0  # itself
        found[at : at + len(rows), :kept] = _largest(rows, kept)
    return found


def _largest(rows: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return the columns (R, count) of the largest numbers above 0 in each row; -1 for none."""
    best = np.argpartition(-rows, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(rows, best, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    columns = np.take_along_axis(best, order, axis=1)
    return np.where(np.take_along_axis(values, order, axis=1) > 0, columns, -1)


def _vectors(forms: Sequence[str]) -> Any:
    """Return a sparse matrix of unit rows."""
    from scipy.sparse import csr_matrix, diags

    numbers: dict[str, int] = {}
    rows, columns = [], []
    for row, form in enumerate(forms):
        for run in _runs_of(form):
            rows.append(row)
            columns.append(numbers.setdefault(run, len(numbers)))
    counts = csr_matrix((np.ones(len(rows)), (rows, columns)), (len(forms), len(numbers)))
    with_run = np.bincount(counts.indices, minlength=len(numbers))
    weighted = counts @ diags(np.log((1 + len(forms)) / with_run))
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return diags(1 / np.maximum(lengths, 1e-12)) @ weighted


def _runs_of(form: str) -> list[str]:
    bounded = f" {form} "
    return [bounded[i : i + size] for size in _RUNS for i in range(len(bounded) - size + 1)]
