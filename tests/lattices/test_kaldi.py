"""Kaldi's text form, read back as Kaldi reads compact lattices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from small_lattices import ONE_WORD, SYMBOLS, WEIGHTS, best_texts, lattices, spelled

from wfst_bias.lattices.archive import to_file
from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.kaldi import kaldi_text, write_beside
from wfst_bias.lattices.word_lattice import to_words

Costs = tuple[float, float]


def read_weight(text: str) -> Costs:
    graph, acoustic, alignment = text.split(",")
    assert alignment == ""
    return float(graph), float(acoustic)


def costs_of_texts(lines: list[str]) -> Iterator[tuple[str, Costs]]:
    """Give what every path of the lines of a lattice writes, with its costs."""
    leaving: dict[int, list[tuple[int, int, Costs]]] = {}
    final: dict[int, Costs] = {}
    for fields in (line.split("\t") for line in lines):
        if len(fields) == 4:
            source, target, word = map(int, fields[:3])
            leaving.setdefault(source, []).append((target, word, read_weight(fields[3])))
        else:
            final[int(fields[0])] = read_weight(fields[1])
    agenda: list[tuple[int, list[str], float, float]] = [(0, [], 0.0, 0.0)]
    while agenda:
        state, written, graph, acoustic = agenda.pop()
        if state in final:
            costs = (graph + final[state][0], acoustic + final[state][1])
            yield spelled(written), costs
        for target, word, (more, heard) in leaving.get(state, []):
            symbols = [*written, SYMBOLS[word]]
            agenda.append((target, symbols, graph + more, acoustic + heard))


@given(lattices(), WEIGHTS)
def test_costs_are_those_of_the_paths(arcs: LatticeArcs, weights: Weights) -> None:
    words = to_words(arcs, weights.total(arcs))
    header, *lines, blank, end = kaldi_text("utt", words, weights).split("\n")
    assert (header, blank, end) == ("utt ", "", "")
    best: dict[str, float] = {}
    for text, (graph, acoustic) in costs_of_texts(lines):
        total = -graph - weights.acoustic_scale * acoustic
        best[text] = max(total, best.get(text, total))
    assert best == pytest.approx(best_texts(arcs, weights.total(arcs)), abs=1e-4)


@given(lattices())
def test_a_state_is_final_once(arcs: LatticeArcs) -> None:
    weights = Weights(1.0, 0.0)
    lines = kaldi_text("utt", to_words(arcs, weights.total(arcs)), weights).split("\n")[1:-2]
    finals = [line.split("\t")[0] for line in lines if line.count("\t") == 1]
    assert len(finals) == len(set(finals)) > 0


def test_it_is_written_beside_the_lattice(tmp_path: Path) -> None:
    path = tmp_path / "a.b.pt"
    path.write_bytes(to_file("a.b", ONE_WORD, ONE_WORD.acoustic))
    write_beside(path, Weights(2.0, 0.5))
    text = (tmp_path / "a.b.txt").read_text()
    assert text == "a.b \n0\t1\t2\t3.5,1,\n1\t1,0,\n\n"
