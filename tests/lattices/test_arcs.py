"""Weights of the parts of scores, and lattices as arrays."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from small_lattices import WEIGHTS, lattices, paths

from wfst_bias.errors import InputError
from wfst_bias.lattices.arcs import LatticeArcs, Weights, renumbered


@given(lattices(), WEIGHTS)
def test_the_parts_add_up(arcs: LatticeArcs, w: Weights) -> None:
    by_hand = (
        w.acoustic_scale * arcs.acoustic
        + w.lm_scale * arcs.lm_score
        + w.boost_scale * arcs.boost_nats
        + arcs.other_nats
        + w.word_nats * (arcs.lm_word > 0)
    )
    assert w.total(arcs) == pytest.approx(by_hand)
    assert w.graph(arcs) + w.acoustic_scale * arcs.acoustic == pytest.approx(by_hand)
    assert w.total_beside_lm(arcs) + w.lm_scale * arcs.lm_score == pytest.approx(by_hand)


@given(lattices())
def test_a_scale_of_0_takes_away_what_is_impossible(arcs: LatticeArcs) -> None:
    impossible = replace(arcs, lm_score=np.full(len(arcs), -np.inf))
    assert np.isfinite(Weights(0.0, 0.0).total(impossible)).all()


@given(lattices())
def test_levels_are_the_longest_ways(arcs: LatticeArcs) -> None:
    level = [0] * arcs.n_states
    for path in paths(arcs):
        for step, arc in enumerate(path.arcs, start=1):
            target = arcs.target[arc]
            level[target] = max(level[target], step)
    assert arcs.levels().tolist() == level


@given(lattices())
def test_renumbering_by_keys_keeps_the_paths(arcs: LatticeArcs) -> None:
    moved = renumbered(arcs, 7 * arcs.source + 3, 7 * arcs.target + 3)
    assert sorted(p.text for p in paths(moved)) == sorted(p.text for p in paths(arcs))
    assert moved.acoustic.sum() == pytest.approx(arcs.acoustic.sum())


@pytest.mark.parametrize(
    ("name", "value"),
    [("lm_scale", -1.0), ("acoustic_scale", -0.5), ("word_nats", math.nan),
     ("boost_scale", math.inf)],
)  # fmt: skip
def test_weights_that_cannot_be_are_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        Weights(**{"lm_scale": 1.0, "word_nats": 0.0, name: value})
