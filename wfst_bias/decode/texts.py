"""The n best distinct texts of a lattice.

Every state keeps the n best distinct beginnings that lead to it. That is exact: a text among the n
best has at every state on its best path a beginning among the n best there, for n better ones
would make n better texts. It is done on the lattice of writings, which OpenFst's removal of
epsilons makes from that of frames and which is a tenth of its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfst_bias.decode.lattice import Lattice
from wfst_bias.decode.path import Vocabulary
from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.join import ArcMeaning
from wfst_bias.tokens import WORD_MARK


@dataclass(frozen=True, eq=False)
class TextPath:
    """Hold a text with its best path, linked from its end.

    Attributes:
      text: words separated by spaces, one space in front.
      score: nats, boost included.
      writing: what the last arc writes, a number of the lattice.
      before: the path without it, None at the start.
    """

    text: str
    score: float
    writing: int
    before: TextPath | None

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the text."""
        return tuple(self.text.split())

    def writings(self) -> list[int]:
        """Return what the path writes, in order."""
        found: list[int] = []
        at: TextPath | None = self
        while at is not None and at.before is not None:
            found.append(at.writing)
            at = at.before
        return found[::-1]


def best_texts(
    lattice: Lattice, n_best: int, vocabulary: Vocabulary, entities: CompiledList | None
) -> list[TextPath]:
    """Return the n best distinct texts of a lattice, best first; equal scores in order of text."""
    if not lattice.n_states:
        return []
    write = _Writer(lattice.writings, vocabulary, entities).write
    graph = lattice.written()
    beginnings: list[dict[str, TextPath]] = [{} for _ in range(graph.n_states)]
    beginnings[graph.start][""] = TextPath("", 0.0, 0, None)
    first = np.searchsorted(graph.source, np.arange(graph.n_states + 1)).tolist()
    target, label, score = graph.target.tolist(), graph.label.tolist(), graph.score.tolist()
    whole: dict[str, TextPath] = {}
    for state in range(graph.n_states):
        paths = _keep_best(beginnings[state], n_best)
        for arc in range(first[state], first[state + 1]):
            reached = beginnings[target[arc]]
            for path in paths:
                text = write(path.text, label[arc])
                _offer(reached, TextPath(text, path.score + score[arc], label[arc], path))
        final_score = float(graph.final_score[state])
        if final_score > -np.inf:
            for path in paths:
                total = path.score + final_score
                _offer(whole, TextPath(path.text, total, path.writing, path.before))
        beginnings[state] = {}
    return _keep_best(whole, n_best)


def _offer(paths: dict[str, TextPath], path: TextPath) -> None:
    known = paths.get(path.text)
    if known is None or path.score > known.score:
        paths[path.text] = path


def _keep_best(paths: dict[str, TextPath], n_best: int) -> list[TextPath]:
    return sorted(paths.values(), key=lambda path: (-path.score, path.text))[:n_best]


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
