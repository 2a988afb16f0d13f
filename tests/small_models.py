"""Small random language models."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from wfst_bias.lm.arpa import NgramLm, NgramTable

LM_WORDS = ("<s>", "</s>", "<unk>", "a", "b")


@st.composite
def language_models(draw: st.DrawFn) -> NgramLm:
    """Draw a model of order 1 to 4; histories of n-grams may be missing, words be impossible."""
    order = draw(st.integers(1, 4))
    log_probs = st.one_of(st.floats(-5, 0, width=16), st.just(-np.inf))
    backoffs = st.one_of(st.just(0.0), st.floats(-2, 1, width=16))
    tables = []
    for n in range(1, order + 1):
        every = list(itertools.product(range(len(LM_WORDS)), repeat=n))
        chosen = every if n == 1 else draw(st.lists(st.sampled_from(every), max_size=12))
        ids = np.array(sorted(set(chosen)), np.int32).reshape(-1, n)
        tables.append(
            NgramTable(
                ids,
                np.array([draw(log_probs) for _ in ids], np.float64),
                np.array([draw(backoffs) if n < order else 0.0 for _ in ids], np.float64),
            )
        )
    return NgramLm(LM_WORDS, tuple(tables))
