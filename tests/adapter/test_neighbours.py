"""Forms near in spelling, against cosines that are counted one by one."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy")

from wfst_bias.adapter.neighbours import nearest_forms

WORDS = st.text("abc", min_size=1, max_size=5)


def runs(form: str) -> Counter:
    text = f" {form} "
    return Counter(text[i : i + n] for n in (2, 3) for i in range(len(text) - n + 1))


def cosine(ours: str, theirs: str, forms: list[str]) -> float:
    a, b = runs(ours), runs(theirs)
    weight = {run: math.log((1 + len(forms)) / sum(run in runs(f) for f in forms)) for run in a | b}
    dot = sum(a[run] * b[run] * weight[run] ** 2 for run in a)
    sizes = [math.sqrt(sum((c[run] * weight[run]) ** 2 for run in c)) for c in (a, b)]
    return dot / math.prod(sizes)


@given(forms=st.lists(WORDS, min_size=1, max_size=7, unique=True), count=st.integers(0, 8))
def test_the_nearest_are_those_of_the_highest_cosine(forms: list[str], count: int) -> None:
    found = nearest_forms(forms, count)
    assert found.shape == (len(forms), count)
    for row, ours in enumerate(forms):
        cosines = [0.0 if f == ours else cosine(ours, f, forms) for f in forms]
        near = [i for i in found[row].tolist() if i >= 0]
        assert row not in near
        expected = sorted((c for c in cosines if c > 1e-9), reverse=True)[:count]
        assert np.allclose([cosines[i] for i in near], expected)
        assert found[row].tolist()[len(near) :] == [-1] * (count - len(near))


def test_names_that_sound_alike_are_near() -> None:
    forms = ["zelensky", "ljubljana", "zelenski", "garicano", "lubiana", "anna"]
    nearest = nearest_forms(forms, 1)[:, 0]
    assert [forms[i] for i in nearest[:3]] == ["zelenski", "lubiana", "zelensky"]
