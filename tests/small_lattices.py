"""Small random lattices, and every path of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from factories import CHARACTERS, token_table
from hypothesis import strategies as st

from wfst_bias.decode.lattice_files import read_text
from wfst_bias.entities.entity_list import EntityList
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.g2g.forms import FormVariants
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.compiled_list import ListCompiler
from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.new_list import NewList

SYMBOLS = ("<eps>", "<unk>", "a", "b", "ab", "▁a", "▁b", "##a", "##b", "A▁B", "X")
SILENT = (0, 0)
# What an arc writes and asks the language model.
WRITINGS = [(2, 2), (3, 3), (4, 4), (5, 1), (6, 1), (7, 0), (8, 0), (9, 1), (10, 1)]
SCORES = st.floats(-4, 0, width=16)
WEIGHTS = st.builds(
    Weights, st.floats(0, 2), st.floats(-1, 1), st.floats(0.25, 2), st.floats(-1, 2)
)

_NOTHING = np.zeros(0, np.int64)
# The word `a` in three frames: acoustic -1, language model -2, and -0.5 for the end.
ONE_WORD = LatticeArcs(
    np.array([0, 1]), np.array([1, 2]), np.array([2, -1]), np.array([2, -1]), np.array([2, 0]),
    np.array([3, 0]), np.array([-1.0, 0]), np.array([-2.0, -0.5]), np.zeros(2), np.zeros(2),
    np.arange(2),
)  # fmt: skip
NO_PATHS = LatticeArcs(*[_NOTHING] * 6, *[_NOTHING.astype(np.float64)] * 4, _NOTHING)


@dataclass(frozen=True)
class Path:
    """Hold a path: its arcs, what it writes, and what the language model is asked."""

    arcs: tuple[int, ...]
    text: str
    asked: tuple[str, ...]


@st.composite
def lattices(draw: st.DrawFn, silent: bool = True) -> LatticeArcs:
    """Draw a lattice of at most 6 states, the final one included."""
    last = draw(st.integers(1, 4))
    writings = st.sampled_from([SILENT] * 6 + WRITINGS) if silent else st.sampled_from(WRITINGS)
    pairs = st.tuples(st.integers(0, last - 1), st.integers(1, last)).filter(lambda p: p[0] < p[1])
    inner = [(s, s + 1) for s in range(last)] + draw(st.lists(pairs, max_size=6))
    final = {last, *draw(st.sets(st.integers(0, last), max_size=2))}
    rows = [(s, t, 1, *draw(writings), 1) for s, t in inner]
    rows = sorted(rows + [(s, last + 1, -1, -1, 0, 0) for s in final])
    scores = [[draw(SCORES) for _ in range(4)] for _ in rows]
    columns = zip(*rows, strict=True)
    return LatticeArcs(
        *(np.array(column, np.int64) for column in columns),
        *np.array(scores, np.float64).T,
        np.arange(len(rows)),
    )


def paths(arcs: LatticeArcs, symbols: tuple[str, ...] = SYMBOLS) -> Iterator[Path]:
    """Enumerate all paths."""
    final = arcs.n_states - 1
    agenda: list[tuple[int, tuple[int, ...]]] = [(0, ())]
    while agenda:
        state, path = agenda.pop()
        if state == final:
            written = [symbols[w] for w in arcs.written[list(path)] if w > 0]
            asked = [symbols[w] for w in arcs.lm_word[list(path)] if w > 0]
            yield Path(path, spelled(written), tuple(asked))
        for arc in np.flatnonzero(arcs.source == state).tolist():
            agenda.append((int(arcs.target[arc]), (*path, arc)))


def spelled(written: list[str]) -> str:
    """Spell symbols; one that goes on with a word may come first."""
    return " ".join(read_text(["x", *written]).removeprefix("x").split())


def best_texts(
    arcs: LatticeArcs, score: np.ndarray, symbols: tuple[str, ...] = SYMBOLS
) -> dict[str, float]:
    """Return every text with the score of its best path."""
    best: dict[str, float] = {}
    for path in paths(arcs, symbols):
        total = float(score[list(path.arcs)].sum())
        best[path.text] = max(total, best.get(path.text, -np.inf))
    return best


def new_list(
    entities: EntityList,
    options: BoostOptions | None = None,
    unigrams: Sequence[tuple[str, float]] = (),
    variants: FormVariants | None = None,
) -> NewList:
    """Return a list ready for these lattices."""
    tokens = token_table(CHARACTERS)
    boost, classes = options or BoostOptions(), ("<unk>",)
    compiler = ListCompiler(tokens, Speller(tokens), unigrams, boost, classes, variants)
    return NewList.of(compiler.compile(entities), SYMBOLS, Normalizer(tokens))
