"""Lattices of words say and score what those of frames do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from small_lattices import WEIGHTS, best_texts, lattices, paths

from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.word_lattice import to_words


@given(lattices(), WEIGHTS)
def test_texts_keep_their_best_scores(arcs: LatticeArcs, weights: Weights) -> None:
    words = to_words(arcs, weights.total(arcs))
    assert not words.is_silent.any()
    assert (np.diff(words.source) >= 0).all()
    assert (words.source < words.target).all()
    expected = best_texts(arcs, weights.total(arcs))
    assert best_texts(words, weights.total(words)) == pytest.approx(expected)


@given(lattices())
def test_what_the_model_is_asked_is_kept_apart(arcs: LatticeArcs) -> None:
    """Two arcs may write the same, an entity and a word, and be different to the model."""
    words = to_words(arcs, Weights(1.0, 0.0).total(arcs))
    asked = {(path.text, path.asked) for path in paths(arcs)}
    assert {(path.text, path.asked) for path in paths(words)} == asked


@given(lattices())
def test_frames_are_those_on_the_paths(arcs: LatticeArcs) -> None:
    words = to_words(arcs, Weights(1.0, 0.0).total(arcs))
    found = {int(words.frames[list(path.arcs)].sum()) for path in paths(words)}
    assert found <= {len(path.arcs) - 1 for path in paths(arcs)}


@given(lattices(silent=False))
def test_a_lattice_of_words_remains(arcs: LatticeArcs) -> None:
    assert to_words(arcs, Weights(1.0, 0.0).total(arcs)) is arcs
