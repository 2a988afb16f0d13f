"""Distances between pronunciations: edits of phones, each at its cost.

The unit is an edit, so that options mean the same with and without a table of costs: without one
each edit costs 1, with one what `PhoneCosts` has for it over the mean of all edits. A phone heard
as what it is costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.phones.confusions import NO_PHONE, PhoneCosts
from wfst_bias.phones.lexicon import PhoneTable

Floats = NDArray[np.float32]
Distances = NDArray[np.float64]
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

    def distances(self, said: Ints, lengths: Ints, heard: Sequence[int]) -> Distances:
        """Return `(n,)`, the distances of n pronunciations from what was heard.

        Args:
          said: `(n, longest)` columns; what is behind the end of a row is ignored.
          lengths: `(n,)`.
          heard: columns.
        """
        columns = np.array(heard, np.int64)
        # What it costs to add the first i phones heard; row: (n, heard + 1) from the words so far.
        added = np.append(0.0, np.cumsum(self.costs[0, columns], dtype=np.float64))
        row = np.broadcast_to(added, (len(said), len(added)))
        found = row[:, -1].copy()
        for step in range(said.shape[1]):
            phone = said[:, step]
            lost = row + self.costs[phone, 0][:, None]
            lost[:, 1:] = np.minimum(lost[:, 1:], row[:, :-1] + self.costs[phone][:, columns])
            row = added + np.minimum.accumulate(lost - added, axis=1)
            ends_here = lengths == step + 1
            found[ends_here] = row[ends_here, -1]
        return found
