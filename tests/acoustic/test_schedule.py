"""The learning rate: a rise to the peak, then a fall to zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.acoustic.schedule import learning_rate_factor

WARMUP = st.integers(0, 1000)


@given(st.integers(0, 10**6), WARMUP, st.floats(0, 2))
def test_the_factor_is_a_share_of_the_peak(step: int, warmup: int, progress: float) -> None:
    assert 0 <= learning_rate_factor(step, warmup, progress) <= 1


@given(st.integers(0, 999), st.integers(1, 1000))
def test_it_rises_in_a_straight_line(step: int, warmup: int) -> None:
    expected = min(1.0, (step + 1) / warmup)
    assert learning_rate_factor(step, warmup, 0.0) == pytest.approx(expected)
    assert learning_rate_factor(step, warmup, 0.0) > 0


@given(WARMUP, st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted))
def test_it_never_rises_after_the_warmup(warmup: int, progress: list[float]) -> None:
    earlier, later = (learning_rate_factor(10_000, warmup, share) for share in progress)
    assert later <= earlier


@given(WARMUP)
def test_it_is_half_at_half_and_zero_at_the_end(warmup: int) -> None:
    assert learning_rate_factor(warmup, warmup, 0.0) == 1.0
    assert learning_rate_factor(warmup, warmup, 0.5) == pytest.approx(0.5)
    for progress in (1.0, 1.7):
        assert learning_rate_factor(warmup, warmup, progress) == pytest.approx(0.0, abs=1e-12)
