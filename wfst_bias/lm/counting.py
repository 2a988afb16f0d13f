"""Counts of n-grams, one table per order, each row linked to its history and to its suffix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class NgramCounts:
    """Hold the n-grams of one order, in lexicographic order of their ids.

    Attributes:
      ids: word ids, oldest word first, shape (n, order).
      history: the row of each n-gram's first order-1 words in the table below, shape (n,).
      suffix: the row of its last order-1 words there, shape (n,).
      counts: occurrences, shape (n,).
    """

    ids: NDArray[np.int32]
    history: NDArray[np.int64]
    suffix: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


def count_ngrams(
    tokens: NDArray[np.int32], n_words: int, order: int, barriers: Sequence[int]
) -> list[NgramCounts]:
    """Count the n-grams of orders 1 to `order`.

    Args:
      tokens: word ids of all sentences in one row, each begun by the first of the barriers.
      n_words: ids are below it; the table of unigrams has all of them, seen or not.
      order: the longest n-grams.
      barriers: the id that begins a sentence, then the ids beyond which no history looks back: an
        n-gram may have one of them as its oldest or its last word, not between.
    """
    ids = np.arange(n_words, dtype=np.int32)[:, None]
    none = np.zeros(n_words, dtype=np.int64)
    tables = [NgramCounts(ids, none, none, np.bincount(tokens, minlength=n_words))]
    reach = _reach(tokens, barriers)
    rows = tokens.astype(np.int64)  # of the n-gram that ends at each position
    for n in range(2, order + 1):
        ends = np.flatnonzero(reach >= n)
        keys = rows[ends - 1] * n_words + tokens[ends]
        distinct, first, inverse, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        history, last = distinct // n_words, (distinct % n_words).astype(np.int32)
        ids = np.hstack([tables[-1].ids[history], last[:, None]])
        tables.append(NgramCounts(ids, history, rows[ends[first]], counts))
        rows = np.full(len(tokens), -1)
        rows[ends] = inverse
    return tables


def _reach(tokens: NDArray[np.int32], barriers: Sequence[int]) -> NDArray[np.int64]:
    """Return the length of the longest n-gram that ends at each position."""
    positions = np.arange(len(tokens))
    last_barrier = np.maximum.accumulate(np.where(np.isin(tokens, barriers), positions, 0))
    reach = np.ones(len(tokens), dtype=np.int64)
    reach[1:] = positions[1:] - last_barrier[:-1] + 1
    reach[tokens == barriers[0]] = 1
    return reach
