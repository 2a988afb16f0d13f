"""The n best distinct texts of a lattice.

Best-first search (A*) with the exact outlook of every state, so that texts come out in the order of
their scores and little else is looked at. Of several paths to a state with the same text so far,
the best comes first and the others are dropped. It is done on the lattice of writings, which
OpenFst's removal of epsilons makes from that of frames and which is a tenth of its size.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass

import numpy as np

from wfst_bias.decode.lattice import Lattice
from wfst_bias.decode.path import Vocabulary
from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.bridge import Acceptor
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.join import ArcMeaning
from wfst_bias.tokens import WORD_MARK

_END = -1  # stands for the end of a text where a state is expected

# What a path writes, from its end: the last writing and what comes before it.
_Trail = tuple[int, "_Trail"] | None
# The negative score that a whole text can have at best, text, serial, state, score, trail.
_Beginning = tuple[float, str, int, int, float, _Trail]


@dataclass(frozen=True)
class TextPath:
    """Hold a text with its best path.

    Attributes:
      text: words separated by spaces, one space in front.
      score: nats, boost included.
      writings: what its arcs write, numbers of the lattice.
    """

    text: str
    score: float
    writings: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the text."""
        return tuple(self.text.split())


def best_texts(
    lattice: Lattice, n_best: int, vocabulary: Vocabulary, entities: CompiledList | None
) -> list[TextPath]:
    """Return the n best distinct texts of a lattice, best first; equal scores in order of text."""
    if not lattice.n_states:
        return []
    write = _Writer(lattice.writings, vocabulary, entities).write
    graph = lattice.written()
    ahead = _outlook(graph)
    leaving = _leaving(graph)
    final_score = graph.final_score.tolist()
    whole: dict[str, TextPath] = {}
    expanded: set[tuple[int, str]] = set()
    serial = itertools.count()  # the earlier first where all else is equal
    heap: list[_Beginning] = [(-ahead[graph.start], "", next(serial), graph.start, 0.0, None)]
    while heap and len(whole) < n_best:
        _, text, _, state, score, trail = heapq.heappop(heap)
        if state == _END:
            whole.setdefault(text, TextPath(text, score, _writings(trail)))
            continue
        if (state, text) in expanded:
            continue
        expanded.add((state, text))
        for target, label, gain in leaving[state]:
            longer, total = write(text, label), score + gain
            estimate = -total - ahead[target]
            heapq.heappush(heap, (estimate, longer, next(serial), target, total, (label, trail)))
        if final_score[state] > -math.inf:
            total = score + final_score[state]
            heapq.heappush(heap, (-total, text, next(serial), _END, total, trail))
    return sorted(whole.values(), key=lambda path: (-path.score, path.text))


def _writings(trail: _Trail) -> tuple[int, ...]:
    found = []
    while trail is not None:
        writing, trail = trail
        found.append(writing)
    return tuple(found[::-1])


def _leaving(graph: Acceptor) -> list[list[tuple[int, int, float]]]:
    """Return per state its arcs: target, label and score."""
    arcs = list(zip(graph.target.tolist(), graph.label.tolist(), graph.score.tolist(), strict=True))
    first = np.searchsorted(graph.source, np.arange(graph.n_states + 1)).tolist()
    return [arcs[begin:end] for begin, end in itertools.pairwise(first)]


def _outlook(graph: Acceptor) -> list[float]:
    """Return per state the score of the best way from it to the end."""
    ahead: list[float] = graph.final_score.tolist()
    arcs = zip(graph.source.tolist(), graph.target.tolist(), graph.score.tolist(), strict=True)
    for source, target, score in reversed(list(arcs)):
        ahead[source] = max(ahead[source], score + ahead[target])
    return ahead


class _Writer:
    """Extend a text by a writing; the last word of a text may be half spelled."""

    def __init__(
        self, writings: ArcMeaning, vocabulary: Vocabulary, entities: CompiledList | None
    ) -> None:
        symbols = [symbol.replace(WORD_MARK, "") for symbol in vocabulary.symbols]
        self.pieces = [symbols[t] if t < len(symbols) else "" for t in writings.token]
        self.kind = writings.kind.tolist()
        self.words = [vocabulary.words[n - 1] if n else "" for n in writings.output]
        self.ended = [self._written(form > 0, form, entities) for form in writings.form]
        self.before = [self._written(form < 0, -form, entities) for form in writings.form]

    @staticmethod
    def _written(here: bool, form: int, entities: CompiledList | None) -> str:
        """Return the entity that a writing completes, empty for none."""
        if not here:
            return ""
        assert entities is not None, "only a list has forms"
        return entities.entity(int(form) - 1).written

    def write(self, text: str, writing: int) -> str:
        """Return the text with the writing added.

        An entity takes the place of its first token, which stands after the last space; the other
        tokens erase that place, so that beginnings differ in what they will have written alone.
        """
        at = writing - 1
        kind, word = self.kind[at], self.words[at]
        if self.before[at]:
            text = text[: text.rindex(" ") + 1] + self.before[at]
        if kind == ArcKind.SLOT:
            text = f"{text} {self.pieces[at]}"
        elif kind == ArcKind.SPELLING:
            text += self.pieces[at]
        elif kind == ArcKind.ENTITY:  # nothing yet while it is unfinished
            text = text[: text.rindex(" ") + 1] + self.ended[at]
        return f"{text} {word}" if word else text
