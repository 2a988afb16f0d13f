"""What it costs to hear one phone for another, and the distance between pronunciations by it.

A table has a line `SAID HEARD COST` for each pair, tab- or space-separated, `-` in the place of a
phone for one that is added or lost. Pairs that it leaves out cost 1, and a phone heard as what it
is costs nothing. Lines that begin with `#` are comments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.phones.lexicon import PhoneTable

NOTHING = "-"

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
        """Read a table of confusions.

        Raises:
          InputError: a file that cannot be read, a malformed line, a phone that the table of phones
            lacks, a cost that is negative or no number, or a pair given twice.
        """
        costs = cls.uniform(table).costs
        seen: dict[tuple[int, int], int] = {}
        for number, line in enumerate(read_lines(path), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                pair, cost = _parse(line, table)
            except InputError as error:
                raise InputError(str(error), path=path, line=number) from None
            if pair in seen:
                raise InputError(f"same pair as line {seen[pair]}", path=path, line=number)
            seen[pair] = number
            costs[pair] = cost
        if not seen:
            raise InputError("no costs in it", path=path)
        return cls(costs)

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


def _parse(line: str, table: PhoneTable) -> tuple[tuple[int, int], float]:
    fields = line.split()
    if len(fields) != 3 or fields[0] == fields[1]:
        raise InputError("expected `SAID HEARD COST`, two phones that differ", value=line)
    said, heard = (0 if f == NOTHING else table.ids_of([f])[0] for f in fields[:2])
    try:
        cost = float(fields[2])
    except ValueError:
        cost = math.nan
    if not (math.isfinite(cost) and cost >= 0):
        raise InputError("expected a cost of at least 0", value=fields[2])
    return (said, heard), cost
