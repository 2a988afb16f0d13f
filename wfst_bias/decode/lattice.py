"""What a lattice says: its texts, best first, and the path of each.

`best_texts` finds the n best *distinct* texts exactly: every lattice state keeps the n best
distinct beginnings that lead to it, and a text among the n best has at every state on its best
path a beginning among the n best there, for n better ones would make n better texts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import k2
import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.path import Vocabulary
from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.join import ArcMeaning, JoinedGraph
from wfst_bias.tokens import WORD_MARK

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """Hold the lattice of one utterance as arrays; states are in topological order.

    Attributes:
      source, target: `(arcs,)` states; the start is 0, the final state the last.
      label: `(arcs,)` the column that the arc reads in the graph's order, -1 on final arcs.
      score: `(arcs,)` acoustic and graph scores in nats.
      meaning: what the arcs stand for.
    """

    source: Array
    target: Array
    label: Array
    score: NDArray[np.float64]
    meaning: ArcMeaning

    @property
    def n_states(self) -> int:
        """Return the number of states, 0 if no path survived."""
        return int(self.target.max()) + 1 if len(self.target) else 0


def split_lattices(lattices: k2.Fsa, graph: JoinedGraph) -> list[Lattice]:
    """Take an FsaVec of lattices apart, one `Lattice` per utterance."""
    shape = lattices.arcs.shape()
    arc_splits = shape.row_splits(2)[shape.row_splits(1).long()].tolist()
    table = lattices.arcs.values().numpy().astype(np.int64)
    score = lattices.scores.numpy().astype(np.float64)
    graph_arc = lattices.graph_arc.numpy().astype(np.int64)
    return [
        Lattice(
            table[begin:end, 0],
            table[begin:end, 1],
            table[begin:end, 2],
            score[begin:end],
            graph.meaning(graph_arc[begin:end]),
        )
        for begin, end in itertools.pairwise(arc_splits)
    ]


@dataclass(frozen=True, eq=False)
class TextPath:
    """Hold a text with its best path, linked from its end.

    Attributes:
      text: words separated by spaces, one space in front.
      score: nats, boost included.
      arc: the last arc.
      before: the path without it, None at the start.
    """

    text: str
    score: float
    arc: int
    before: TextPath | None

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the text."""
        return tuple(self.text.split())

    def arcs(self) -> Array:
        """Return the arcs of the path in order."""
        found: list[int] = []
        at: TextPath | None = self
        while at is not None and at.before is not None:
            found.append(at.arc)
            at = at.before
        return np.array(found[::-1], np.int64)


def best_texts(
    lattice: Lattice, n_best: int, vocabulary: Vocabulary, entities: CompiledList | None
) -> list[TextPath]:
    """Return the n best distinct texts of a lattice, best first; equal scores in order of text."""
    writer = _Writer(lattice.meaning, vocabulary, entities)
    beginnings: list[dict[str, TextPath]] = [{} for _ in range(lattice.n_states)]
    if not beginnings:
        return []
    beginnings[0][""] = TextPath("", 0.0, -1, None)
    pruned = -1
    for arc, (source, target) in enumerate(
        zip(lattice.source.tolist(), lattice.target.tolist(), strict=True)
    ):
        if source != pruned:
            beginnings[source] = _keep_best(beginnings[source], n_best)
            pruned = source
        reached = beginnings[target]
        score = float(lattice.score[arc])
        for path in beginnings[source].values():
            text = writer.write(path.text, arc)
            known = reached.get(text)
            total = path.score + score
            if known is None or total > known.score:
                reached[text] = TextPath(text, total, arc, path)
    return list(_keep_best(beginnings[-1], n_best).values())


def _keep_best(paths: dict[str, TextPath], n_best: int) -> dict[str, TextPath]:
    ranked = sorted(paths.values(), key=lambda p: (-p.score, p.text))[:n_best]
    return {path.text: path for path in ranked}


class _Writer:
    """Extend a text by what an arc writes; the last word of a text may be half spelled."""

    def __init__(
        self, meaning: ArcMeaning, vocabulary: Vocabulary, entities: CompiledList | None
    ) -> None:
        self.kind = meaning.kind.tolist()
        self.token = meaning.token.tolist()
        self.output = meaning.output.tolist()
        self.form = meaning.form.tolist()
        self.writes = (
            meaning.reads
            & ((meaning.output > 0) | (meaning.kind != ArcKind.WORD) | (meaning.form != 0))
        ).tolist()
        self.symbols = [s.replace(WORD_MARK, "") for s in vocabulary.symbols]
        self.words = vocabulary.words
        self.entities = entities

    def write(self, text: str, arc: int) -> str:
        """Return the text with the arc's part added."""
        if not self.writes[arc]:
            return text
        form = self.form[arc]
        if form < 0:
            text = self._entity(text, -form - 1)
        kind = self.kind[arc]
        if kind == ArcKind.SLOT:
            text = f"{text} {self.symbols[self.token[arc]]}"
        elif kind == ArcKind.SPELLING:
            text += self.symbols[self.token[arc]]
        elif form > 0:
            text = self._entity(text, form - 1)
        output = self.output[arc]
        return f"{text} {self.words[output - 1]}" if output else text

    def _entity(self, text: str, form: int) -> str:
        """Put the entity in the place of its first token, which stands after the last space."""
        assert self.entities is not None, "only a list has forms"
        return f"{text[: text.rindex(' ') + 1]}{self.entities.entity(form).written}"
