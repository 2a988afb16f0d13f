"""Bootstrap intervals: known distributions, properties, degenerate sets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.score.bootstrap import (
    BootstrapOptions,
    bootstrap,
    interval,
    paired_difference,
    ratio,
)

count_pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=30)


def test_the_interval_of_a_proportion_is_that_of_the_normal_distribution() -> None:
    errors = [1] * 200 + [0] * 800
    low, high = interval(errors, [1] * 1000, BootstrapOptions(n_resamples=4000))
    width = 1.96 * math.sqrt(0.2 * 0.8 / 1000)
    assert (low, high) == pytest.approx((0.2 - width, 0.2 + width), abs=0.003)


def test_figures_of_several_counts_have_intervals_too() -> None:
    hits_misses_alarms = np.array([[3, 1, 0], [2, 0, 1], [0, 2, 1]] * 20)

    def f1(sums: np.ndarray) -> np.ndarray:
        return 2 * sums[:, 0] / (2 * sums[:, 0] + sums[:, 1] + sums[:, 2])

    low, high = bootstrap(hits_misses_alarms, f1)
    assert low < 10 / 15 < high


@settings(deadline=None)
@given(count_pairs, st.randoms(use_true_random=False))
def test_the_order_of_utterances_changes_nothing(pairs: list[tuple[int, int]], rng) -> None:
    shuffled = list(pairs)
    rng.shuffle(shuffled)
    assert bootstrap(pairs, ratio) == bootstrap(shuffled, ratio)


@settings(deadline=None)
@given(count_pairs)
def test_an_interval_lies_within_the_utterances_rates(pairs: list[tuple[int, int]]) -> None:
    rates = [errors / words for errors, words in pairs]
    low, high = bootstrap(pairs, ratio)
    assert min(rates) - 1e-12 <= low <= high <= max(rates) + 1e-12


def test_a_seed_decides() -> None:
    pairs = [(i % 3, 5 + i % 2) for i in range(20)]
    assert bootstrap(pairs, ratio) == bootstrap(pairs, ratio, BootstrapOptions(seed=0))
    assert bootstrap(pairs, ratio) != bootstrap(pairs, ratio, BootstrapOptions(seed=1))


def test_where_nothing_is_known_the_interval_is_nan() -> None:
    assert all(map(math.isnan, interval([], [])))
    assert all(map(math.isnan, interval([0, 0], [0, 0])))


def test_resamples_without_a_denominator_are_left_out() -> None:
    assert interval([1, 0], [2, 0]) == (0.5, 0.5)


def test_a_system_does_not_differ_from_itself() -> None:
    pairs = [(i % 4, 7) for i in range(30)]
    difference = paired_difference(pairs, pairs, ratio)
    assert (difference.value, difference.interval) == (0.0, (0.0, 0.0))


def test_pairing_takes_out_what_is_hard_for_both() -> None:
    rng = np.random.default_rng(3)
    words = np.full(200, 20)
    first = rng.integers(0, 15, 200)
    second = first + 1
    difference = paired_difference(np.stack([first, words], 1), np.stack([second, words], 1), ratio)
    assert difference.value == pytest.approx(1 / 20)
    assert difference.interval == pytest.approx((1 / 20, 1 / 20))
    low, high = interval(first.tolist(), words.tolist())
    assert high - low > 0.03  # unpaired, the same difference would drown


@pytest.mark.parametrize(
    "options", [{"n_resamples": 0}, {"confidence": 0.0}, {"confidence": 1.0}, {"seed": -1}]
)
def test_bad_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        BootstrapOptions(**options)  # type: ignore[arg-type]


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        bootstrap([1, 2], ratio)
    with pytest.raises(InputError, match="one shape"):
        paired_difference([[1, 2]], [[1, 2], [3, 4]], ratio)
    with pytest.raises(InputError, match="numerators"):
        interval([1], [1, 2])
