"""Every path of a lattice gets the probability that the model gives its words, and no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from small_lattices import SYMBOLS, lattices, paths
from small_models import language_models

from wfst_bias.lattices.arcs import LatticeArcs
from wfst_bias.lattices.compose import LatticeLm, compose
from wfst_bias.lm.arpa import NgramLm
from wfst_bias.lm.ngram_states import NgramStates
from wfst_bias.lm.score import NgramScorer


@settings(max_examples=150)
@given(lattices(silent=False), language_models())
def test_paths_score_as_sentences(arcs: LatticeArcs, lm: NgramLm) -> None:
    scorer = NgramScorer(lm)
    found = compose(arcs, LatticeLm.of(NgramStates.of(lm), lm.word_ids, SYMBOLS))
    expected = []
    for path in paths(arcs):
        log_prob = scorer.sentence_log_prob(" ".join(path.asked))
        if log_prob > -np.inf:
            acoustic = arcs.acoustic[list(path.arcs)].sum()
            expected.append((path.text, path.asked, round(acoustic, 4), log_prob))
    rescored = [
        (path.text, path.asked, round(found.acoustic[list(path.arcs)].sum(), 4),
         found.lm_score[list(path.arcs)].sum())
        for path in (paths(found) if len(found) else ())
    ]  # fmt: skip
    assert [row[:3] for row in sorted(rescored)] == [row[:3] for row in sorted(expected)]
    scores = [row[3] for row in sorted(rescored)]
    assert scores == pytest.approx([row[3] for row in sorted(expected)], abs=1e-6)


@given(lattices(silent=False), language_models())
def test_what_leads_nowhere_is_left_out(arcs: LatticeArcs, lm: NgramLm) -> None:
    found = compose(arcs, LatticeLm.of(NgramStates.of(lm), lm.word_ids, SYMBOLS))
    on_paths = {arc for path in paths(found) for arc in path.arcs} if len(found) else set()
    assert on_paths == set(range(len(found)))


@given(lattices(silent=False), language_models())
def test_composing_twice_changes_nothing(arcs: LatticeArcs, lm: NgramLm) -> None:
    model = LatticeLm.of(NgramStates.of(lm), lm.word_ids, SYMBOLS)
    once = compose(arcs, model)
    if len(once):
        twice = compose(replace(once, lm_score=np.zeros(len(once))), model)
        assert sorted(twice.lm_score) == pytest.approx(sorted(once.lm_score))
