"""Distances between pronunciations: edits of phones, each at its cost.

The unit is an edit, so that options mean the same with and without a table of costs: without one
each edit costs 1, with one what `PhoneCosts` has for it over the mean of all edits. A phone heard
as what it is costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.phones.confusions import NO_PHONE, PhoneCosts
from wfst_bias.phones.lexicon import PhoneTable

Floats = NDArray[np.float32]
Distances = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ConfusionCosts:
    """Hold the costs of edits.

    Attributes:
      costs: `(P, P)`, of hearing the column's phone for the row's; 0 in the place of a phone, the
        blank's, stands for nothing. Never negative, 0 on the diagonal.
    """

    costs: Floats

    @classmethod
    def uniform(cls, table: PhoneTable) -> ConfusionCosts:
        """Return costs of 1 for every edit."""
        return cls((1 - np.eye(table.size)).astype(np.float32))

    @classmethod
    def read(cls, path: Path | str, table: PhoneTable) -> ConfusionCosts:
        """Read a file of costs as `wfst-bias phone-costs` writes it.

        Raises:
          InputError: a file that `PhoneCosts.read` refuses, one in which no edit costs anything, or
            a phone of the table that it lacks.
        """
        nats = PhoneCosts.read(path)
        known = {said for said, _ in nats.nats}
        strange = next((phone for phone in table.ids if phone not in known), None)
        if strange is not None:
            raise InputError("no costs of a phone of the phone table", path=path, value=strange)
        symbols = (NO_PHONE, *table.symbols[1:])
        costs = np.array([[nats.edit_nats(said, heard) for heard in symbols] for said in symbols])
        total = costs.sum()
        if total <= 0:
            raise InputError("no edit costs anything", path=path)
        n_edits = table.size * (table.size - 1)
        return cls((costs * (n_edits / total)).astype(np.float32))

    def distance(self, said: Sequence[int], heard: Sequence[int]) -> float:
        """Return the least cost of the edits that make what was said what was heard."""
        row = np.array([said], np.int64).reshape(1, -1)
        return float(self.distances(row, np.array([len(said)]), heard)[0])

    def distances(
        self, said: Ints, lengths: Ints, heard: Sequence[int], n_before: int = 0, n_after: int = 0
    ) -> Distances:
        """Return `(n,)`, the distances of n pronunciations from what was heard.

        Args:
          said: `(n, longest)` columns; what is behind the end of a row is ignored.
          lengths: `(n,)`.
          heard: columns.
          n_before, n_after: so many of the first and the last may be left out for nothing.
        """
        columns = np.array(heard, np.int64)
        ends = slice(len(columns) - n_after, None)
        # `(heard + 1, n)`, what it costs to make so much of what was heard of the phones so far.
        begun = np.append(np.float32(0), np.cumsum(self.costs[0, columns]))
        begun -= begun[np.minimum(np.arange(len(begun)), n_before)]
        row = np.repeat(begun[:, None], len(said), axis=1)
        found: Distances = row[ends].min(axis=0)
        for step, phone in enumerate(np.ascontiguousarray(said.T)):
            swapped = row[:-1] + self.costs[:, columns].T[:, phone]
            row = row + self.costs[phone, 0]
            np.minimum(row[1:], swapped, out=row[1:])
            for i, column in enumerate(columns):
                np.minimum(row[i + 1], row[i] + self.costs[0, column], out=row[i + 1])
            ends_here = lengths == step + 1
            found[ends_here] = row[ends][:, ends_here].min(axis=0)
        return found

    @cached_property
    def least_lost(self) -> Floats:
        """Return `(P,)`, what it costs at least not to hear a phone as what it is."""
        least: Floats = self._others.min(axis=1)
        return least

    @cached_property
    def least_added(self) -> Floats:
        """Return `(P,)`, what it costs at least to hear a phone that was not said."""
        least: Floats = self._others.min(axis=0)
        return least

    @property
    def _others(self) -> Floats:
        return np.where(np.eye(len(self.costs), dtype=bool), np.float32(np.inf), self.costs)
