"""Counts and discounts that the estimates are made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.lm.counting import count_ngrams
from wfst_bias.lm.smoothing import adjust_counts, estimate_discounts

BOS, EOS, CLASS, A, B = range(5)


def counted(sentence: list[int], order: int, barriers: tuple[int, ...]) -> list[dict]:
    tokens = np.array([BOS, *sentence, EOS], dtype=np.int32)
    tables = count_ngrams(tokens, 5, order, barriers)
    adjusted = adjust_counts(tables, barriers)
    return [
        dict(zip(map(tuple, table.ids.tolist()), counts.tolist(), strict=True))
        for table, counts in zip(tables, adjusted, strict=True)
    ]


def test_no_ngram_looks_back_beyond_a_barrier() -> None:
    trigrams = counted([A, CLASS, B], 3, (BOS, CLASS))[2]
    assert trigrams == {(BOS, A, CLASS): 1, (CLASS, B, EOS): 1}
    all_trigrams = counted([A, CLASS, B], 3, (BOS,))[2]
    assert set(all_trigrams) == set(trigrams) | {(A, CLASS, B)}


def test_ngrams_that_nothing_precedes_keep_their_counts() -> None:
    unigrams, bigrams, _ = counted([A, B, A, CLASS, B, A, CLASS, B], 3, (BOS, CLASS))
    assert bigrams[(CLASS, B)] == 2
    assert bigrams[(B, A)] == 2  # after A and after the class
    assert bigrams[(A, CLASS)] == 1  # twice, but only after B
    assert unigrams == {(BOS,): 0, (EOS,): 1, (CLASS,): 1, (A,): 2, (B,): 2}


def test_discounts_follow_equation_26() -> None:
    counts_of_counts = {1: 40, 2: 15, 3: 8, 4: 5, 7: 3}
    adjusted = np.repeat(list(counts_of_counts), list(counts_of_counts.values()))
    y = 40 / (40 + 2 * 15)
    expected = [0, 1 - 2 * y * 15 / 40, 2 - 3 * y * 8 / 15, 3 - 4 * y * 5 / 8]
    assert estimate_discounts(adjusted).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("adjusted", [[1, 1, 2, 3], [1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4]])
def test_discounts_that_cannot_be_estimated_fall_back(adjusted: list[int]) -> None:
    assert estimate_discounts(np.array(adjusted)).tolist() == [0.0, 0.5, 1.0, 1.5]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60))
def test_discounts_never_exceed_their_counts(adjusted: list[int]) -> None:
    discounts = estimate_discounts(np.array(adjusted))
    assert (discounts[1:] > 0).all()
    assert (discounts <= (0, 1, 2, 3)).all()
