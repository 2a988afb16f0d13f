"""The counts of a condition, and what they weigh."""

from __future__ import annotations

import math
from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.errors import InputError
from wfst_bias.score.score_files import score_utterance
from wfst_bias.tune.objective import Counts, Weights

few = st.integers(0, 50)
counts = st.builds(Counts, st.integers(1, 500), few, few, few, few, few, few)
weights = st.builds(Weights, *[st.floats(0.01, 10)] * 4)


def test_counts_of_an_utterance() -> None:
    reference = UtteranceList("u", "we met zoe in kyiv", ("zoe", "kyiv"), ("zoe", "kyiv", "anna"))
    score = score_utterance(reference, "we meet zoe in anna")
    assert Counts.of(score, failed=True) == Counts(
        words=5, u_errors=1, b_errors=1, hits=1, misses=1, false_alarms=1, failed=1
    )


@given(counts, counts)
def test_counts_add_up(first: Counts, second: Counts) -> None:
    assert astuple(first + second) == tuple(
        map(sum, zip(astuple(first), astuple(second), strict=True))
    )


def test_weights_of_one_give_the_word_error_rate() -> None:
    made = Counts(words=200, u_errors=7, b_errors=3, hits=1, misses=2, false_alarms=9)
    assert Weights(1.0, 1.0, 0.0, 0.0).objective({"none": made}) == pytest.approx(5.0)
    assert Weights(0.0, 0.0, 2.0, 0.0).objective({"none": made}) == pytest.approx(9.0)


def test_f1_is_in_percent_and_100_where_there_is_no_entity() -> None:
    only_f1 = Weights(0.0, 0.0, 0.0, 1.0)
    assert only_f1.objective({"a": Counts(words=9, hits=3, misses=1, false_alarms=1)}) == (
        pytest.approx(25.0)
    )
    assert only_f1.objective({"a": Counts(words=9)}) == 0.0


@given(weights, st.lists(counts, min_size=1, max_size=4), st.data())
def test_what_is_worse_in_one_condition_is_worse(
    weigh: Weights, made: list[Counts], data: st.DataObject
) -> None:
    worse = list(made)
    at = data.draw(st.integers(0, len(made) - 1))
    name = data.draw(st.sampled_from(["u_errors", "b_errors", "false_alarms"]))
    worse[at] = replace(made[at], **{name: getattr(made[at], name) + 1})
    before, after = (weigh.objective(dict(enumerate(own))) for own in (made, worse))
    assert after > before


@given(weights, counts, st.integers(1, 5))
def test_conditions_count_alike(weigh: Weights, made: Counts, number: int) -> None:
    alone = weigh.objective({"a": made})
    assert weigh.objective({str(n): made for n in range(number)}) == pytest.approx(alone)


def test_no_condition_is_as_bad_as_can_be() -> None:
    assert Weights().objective({}) == math.inf


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_a_weight_is_a_number_from_0_on(value: float) -> None:
    with pytest.raises(InputError, match="b_weight must be a number from 0 on"):
        Weights(b_weight=value)


def test_some_weight_counts() -> None:
    with pytest.raises(InputError, match="all weights are 0"):
        Weights(0.0, 0.0, 0.0, 0.0)
