"""By which rules a variant comes about: the cheapest way, for a reader to judge the table by."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wfst_bias.g2g.table import END, START, Rule, RuleKind, RuleTable, Symbols, stepped

# How far into the word and the variant a way has come, and what was read and is not yet written.
_Place = tuple[int, int, Symbols]
_Steps = tuple["_Steps", Rule] | None


@dataclass(frozen=True)
class Derivation:
    """Hold the rules that turn a word into a variant, in the order of its letters.

    Attributes:
      rules: what is kept as it is has none.
      cost: their sum, in nats.
    """

    rules: tuple[Rule, ...]
    cost: float

    def __str__(self) -> str:
        steps = (f"{r.left_text}→{r.right_text} {r.cost:g}" for r in self.rules)
        return ", ".join(steps)


def derive(
    word: str, variant: str, table: RuleTable, kept: Mapping[str, str], most_cost_nats: float
) -> Derivation | None:
    """Return the cheapest derivation of a variant, None where none is within the cost.

    Args:
      word, variant: as the rules spell them, `_` between words of the variant.
      table: the rules.
      kept: a letter of words -> how it is written when no rule takes it.
      most_cost_nats: the limit.
    """
    # Dijkstra's search over places; costs are not negative.
    search = _Moves((START, *word, END), variant, table, kept)
    serial = itertools.count()
    heap: list[tuple[float, int, _Place, _Steps]] = [(0.0, next(serial), (0, 0, ()), None)]
    done: set[_Place] = set()
    while heap:
        cost, _, place, steps = heapq.heappop(heap)
        if place == (len(word) + 2, len(variant), ()):
            return Derivation(_listed(steps), cost)
        if place in done:
            continue
        done.add(place)
        for following, rule in search.from_place(place):
            total = cost if rule is None else cost + stepped(rule.cost)
            if total <= most_cost_nats and following not in done:
                trail = steps if rule is None else (steps, rule)
                heapq.heappush(heap, (total, next(serial), following, trail))
    return None


def _listed(steps: _Steps) -> tuple[Rule, ...]:
    rules = []
    while steps is not None:
        steps, rule = steps
        rules.append(rule)
    return tuple(rules[::-1])


class _Moves:
    """Yield where a way may go on: by writing what was read, or by reading more."""

    def __init__(
        self, word: Symbols, variant: str, table: RuleTable, kept: Mapping[str, str]
    ) -> None:
        self.word, self.variant, self.kept = word, tuple(variant), kept
        self.writing = table.of(RuleKind.WRITE)
        self.reading = [rule for rule in table.rules if rule.kind is not RuleKind.WRITE]
        self.longest = max((len(rule.anchored(rule.left)) for rule in self.writing), default=1)

    def from_place(self, place: _Place) -> Iterator[tuple[_Place, Rule | None]]:
        """Yield the places that one step leads to, and the rule of the step, None for a letter."""
        read, written, pending = place
        if pending:
            yield from self._write(read, written, pending)
        if len(pending) < self.longest and read < len(self.word):
            yield from self._read(read, written, pending)

    def _write(
        self, read: int, written: int, pending: Symbols
    ) -> Iterator[tuple[_Place, Rule | None]]:
        first = pending[0]
        if first in (START, END):
            yield (read, written, pending[1:]), None
        elif self.variant[written : written + 1] == (first,):
            yield (read, written + 1, pending[1:]), None
        for rule in self.writing:
            left = rule.anchored(rule.left)
            fits = self.variant[written : written + len(rule.right)] == rule.right
            if fits and pending[: len(left)] == left:
                yield (read, written + len(rule.right), pending[len(left) :]), rule

    def _read(
        self, read: int, written: int, pending: Symbols
    ) -> Iterator[tuple[_Place, Rule | None]]:
        symbol = self.word[read]
        same = symbol if symbol in (START, END) else self.kept.get(symbol, "")
        if symbol in (START, END) or symbol in self.kept:
            yield (read + 1, written, (*pending, *same)), None
        for rule in self.reading:
            left = rule.anchored(rule.left)
            if self.word[read : read + len(left)] == left:
                right = rule.anchored(rule.right)
                yield (read + len(left), written, (*pending, *right)), rule
