"""Sizes of lattices, counted by hand and by enumeration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from small_lattices import NO_PATHS, lattices, paths

from wfst_bias.lattices.arcs import LatticeArcs
from wfst_bias.lattices.statistics import average, measure


@given(lattices(silent=False))
def test_counts(arcs: LatticeArcs) -> None:
    size = measure(arcs, 2)
    every = [path.arcs for path in paths(arcs)]
    assert size.log10_paths == pytest.approx(math.log10(len(every)))
    assert size.frames == max(len(path) for path in every) - 1
    assert size.arcs == int((arcs.label != -1).sum())
    assert size.density == size.arcs / 2
    assert size.states == len({*arcs.source.tolist(), *arcs.target.tolist()})


def test_depth_is_the_arcs_over_a_frame() -> None:
    # Two words of 3 and 1 frames beside one of 4, as `lattice-depth` counts: 8 / 4.
    columns = [[0, 0, 1, 2], [1, 2, 2, 3], [2, 3, 4, -1], [2, 3, 4, -1], [2, 3, 4, 0], [3, 4, 1, 0]]
    none = np.zeros(4)
    arcs = LatticeArcs(*(np.array(c) for c in columns), none, none, none, none, np.arange(4))
    assert measure(arcs, 1).depth == 2.0


def test_nothing_has_no_depth() -> None:
    size = measure(NO_PATHS, 0)
    assert math.isnan(size.depth)
    assert math.isnan(size.density)
    assert average([]).arcs == 0
