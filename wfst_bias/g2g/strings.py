"""The best distinct strings that an acyclic lattice writes from each of many states.

OpenFst's n shortest paths would be asked for word by word, and give a string once for each of its
paths. Here all states of a level (those whose successors are done) are done at once: a state's
best strings are among the best of its successors with a label in front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.g2g.table import COST_STEP_NATS
from wfst_bias.openfst import FstTables

Ints = NDArray[np.int64]
Costs = NDArray[np.float32]
Hashes = NDArray[np.uint64]

_EMPTY_HASH = np.uint64(1)
# A string is known by its hash, its labels the digits of a number modulo 2**64 in this base. Two of
# the strings of one state would have to share it for one of them to be lost.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIXER = np.uint64(0xD6E8FEB86659FD93)
_LOW_BITS = np.uint64(44)
_MOST_STEPS = (1 << 20) - 1


@dataclass(frozen=True)
class BestStrings:
    """Hold the n best distinct strings from each state of a lattice.

    Attributes:
      lattice: acyclic.
      cost: `(states, n)`, ascending; inf where there are fewer strings.
      arc: `(states, n)` the arc with which a string goes on, -1 where it ends.
      rank: `(states, n)` which string of the arc's target follows.
    """

    lattice: FstTables
    cost: Costs
    arc: NDArray[np.int32]
    rank: NDArray[np.int16]

    @classmethod
    def of(cls, lattice: FstTables, n_best: int, most_cost_nats: float) -> BestStrings:
        """Find the strings within a cost; costs are not negative, whole multiples of the step."""
        return _Search(lattice, n_best, most_cost_nats).run()

    def strings(self, starts: Ints) -> tuple[list[list[str]], list[list[float]]]:
        """Return the strings from some states, and their costs, cheapest first.

        Labels are code points. A start of -1 has no string.
        """
        has = starts >= 0
        cost = np.where(has[:, None], self.cost[starts], np.inf)
        row, rank = np.nonzero(np.isfinite(cost))
        texts = self._texts(starts[row], rank)
        found: list[list[str]] = [[] for _ in starts]
        costs: list[list[float]] = [[] for _ in starts]
        listed = zip(row.tolist(), texts, cost[row, rank].tolist(), strict=True)
        for number, text, nats in listed:
            found[number].append(text)
            costs[number].append(nats)
        return found, costs

    def _texts(self, states: Ints, ranks: Ints) -> list[str]:
        """Follow many strings at once, a label of each in a step."""
        columns = []
        while len(states):
            arcs = self.arc[states, ranks].astype(np.int64)
            if (arcs < 0).all():
                break
            goes_on = arcs >= 0
            columns.append(np.where(goes_on, self.lattice.output[arcs], 0))
            ranks = np.where(goes_on, self.rank[states, ranks], ranks)
            states = np.where(goes_on, self.lattice.target[arcs], states)
        if not columns:
            return [""] * len(states)
        labels = np.stack(columns, axis=1)
        in_front = np.argsort(labels == 0, axis=1, kind="stable")  # epsilons go to the end
        packed = np.ascontiguousarray(np.take_along_axis(labels, in_front, 1).astype(np.uint32))
        texts: list[str] = packed.view(f"<U{packed.shape[1]}")[:, 0].tolist()
        return texts


class _Search:
    def __init__(self, lattice: FstTables, n_best: int, most_cost_nats: float) -> None:
        self.lattice, self.n_best, self.most = lattice, n_best, most_cost_nats
        shape = (lattice.n_states, n_best)
        self.cost = np.full(shape, np.inf, np.float32)
        self.hash = np.zeros(shape, np.uint64)
        self.arc = np.full(shape, -1, np.int32)
        self.rank = np.zeros(shape, np.int16)
        self.first = np.searchsorted(lattice.source, np.arange(lattice.n_states + 1))

    def run(self) -> BestStrings:
        for states in levels(self.lattice):
            self._solve(states)
        return BestStrings(self.lattice, self.cost, self.arc, self.rank)

    def _solve(self, states: Ints) -> None:
        """Fill the rows of states whose successors are filled."""
        arcs = _ranges(self.first[states], self.first[states + 1])
        follows = self.lattice.target[arcs]
        cost = self.lattice.cost[arcs][:, None] + self.cost[follows]
        at, rank = np.nonzero(cost <= self.most)
        label = self.lattice.output[arcs][at].astype(np.uint64)
        after = self.hash[follows[at], rank]
        ends = states[np.isfinite(self.lattice.final_cost[states])]
        self._keep(
            np.concatenate([self.lattice.source[arcs][at].astype(np.int64), ends]),
            np.concatenate([cost[at, rank], self.lattice.final_cost[ends]]),
            np.concatenate(
                [np.where(label > 0, after * _BASE + label, after), np.full(len(ends), _EMPTY_HASH)]
            ),
            np.concatenate([arcs[at], np.full(len(ends), -1)]),
            np.concatenate([rank, np.zeros(len(ends), np.int64)]),
        )

    def _keep(self, state: Ints, cost: Costs, known_by: Hashes, arc: Ints, rank: Ints) -> None:
        """Keep the n cheapest distinct strings of each state; ties go by their hashes.

        Keys are numbers of one word, which sort many times as fast as rows of columns: 24 bits for
        the state, 20 for the cost in steps, 20 of the hash.
        """
        _, local = np.unique(state, return_inverse=True)
        steps = np.minimum(np.rint(cost / COST_STEP_NATS), _MOST_STEPS).astype(np.int64)
        order = np.argsort((local << 40) | (steps << 20) | (known_by >> _LOW_BITS).astype(np.int64))
        of_state = known_by[order] + local[order].astype(np.uint64) * _MIXER
        _, first = np.unique(of_state, return_index=True)
        order = order[np.sort(first)]
        begins = np.flatnonzero(_is_new(state[order]))
        sizes = np.diff(np.append(begins, len(order)))
        place = np.arange(len(order)) - np.repeat(begins, sizes)
        order, place = order[place < self.n_best], place[place < self.n_best]
        at = (state[order], place)
        self.cost[at], self.hash[at] = cost[order], known_by[order]
        self.arc[at], self.rank[at] = arc[order], rank[order]


def levels(lattice: FstTables) -> Iterator[Ints]:
    """Yield the states of an acyclic lattice in groups, each after all that its arcs lead to."""
    left = np.bincount(lattice.source, minlength=lattice.n_states)
    by_target = np.argsort(lattice.target, kind="stable")
    first = np.searchsorted(lattice.target[by_target], np.arange(lattice.n_states + 1))
    ready: Ints = np.flatnonzero(left == 0)
    while len(ready):
        yield ready
        entering = by_target[_ranges(first[ready], first[ready + 1])]
        before, count = np.unique(lattice.source[entering], return_counts=True)
        left[before] -= count
        ready = before[left[before] == 0].astype(np.int64)


def _ranges(begin: Ints, end: Ints) -> Ints:
    """Return the numbers from each begin up to its end, one range after the other."""
    sizes = end - begin
    skipped = np.repeat(begin - (np.cumsum(sizes) - sizes), sizes)
    found: Ints = np.arange(len(skipped)) + skipped
    return found


def _is_new(column: Ints) -> NDArray[np.bool_]:
    """Say of each entry of a sorted column whether it differs from the one before."""
    new: NDArray[np.bool_] = np.ones(len(column), np.bool_)
    new[1:] = column[1:] != column[:-1]
    return new
