"""The search: it finds what is planted, and nothing but its plan and its trials decides it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landscapes import away, bowl

pytest.importorskip("optuna")

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.scales import Scales
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.propose import RANDOM_TRIALS, propose
from wfst_bias.tune.search import Evaluate, Plan, Trial, best_of, search
from wfst_bias.tune.space import Range, Values, search_space, value_of

WANTED = ("scales.lm_scale=0:2", "boost.per_word_nats=0:40", "search.max_active_states=100:9000")
START = DecodeOptions()
SPACE = search_space(WANTED, START)
PLAN = Plan(START, SPACE)
OPTIMUM = {
    "scales.lm_scale": 1.7,
    "boost.per_word_nats": 6.0,
    "search.max_active_states": 2000,
}


def trials_of(
    plan: Plan, evaluate: Evaluate, number: int, done: Sequence[Trial] = ()
) -> list[Trial]:
    return [*done, *islice(search(plan, evaluate, done), number - len(done))]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_planted_optimum_is_found_within_the_budget(seed: int) -> None:
    plan = replace(PLAN, seed=seed)
    trials = trials_of(plan, bowl(OPTIMUM, SPACE), 70)
    distances = [away(plan.options(trial), OPTIMUM, SPACE) for trial in trials]
    assert best_of(trials).objective < trials[0].objective / 20
    assert min(distances) < 0.01  # within a tenth of the ranges, all three taken together
    learnt, random = distances[-RANDOM_TRIALS:], distances[1:RANDOM_TRIALS]
    assert sum(learnt) / len(learnt) < 0.5 * sum(random) / len(random)


def test_an_optimum_at_the_start_stays() -> None:
    at_start = {name: value_of(START, name) for name in SPACE}
    trials = trials_of(PLAN, bowl(at_start, SPACE), 15)
    assert best_of(trials) is trials[0]
    assert trials[0].objective == 0


def test_the_first_trial_is_the_start_even_out_of_range() -> None:
    start = replace(START, scales=Scales(lm_scale=5.0))
    plan = Plan(start, {"scales.lm_scale": Range(0.0, 1.0)})
    trials = trials_of(plan, bowl({"scales.lm_scale": 0.5}, plan.space), 13)
    assert plan.options(trials[0]) == start
    assert all(trial.values["scales.lm_scale"] in Range(0.0, 1.0) for trial in trials[1:])


def test_a_search_that_was_cut_off_goes_on_as_it_would_have() -> None:
    evaluate = bowl(OPTIMUM, SPACE)
    whole = trials_of(PLAN, evaluate, 18)
    assert [trial.number for trial in whole] == list(range(18))
    for cut in (0, 1, RANDOM_TRIALS, 14):
        assert trials_of(PLAN, evaluate, 18, whole[:cut]) == whole
    other = trials_of(replace(PLAN, seed=1), evaluate, 3)
    assert other[0] == whole[0]
    assert other[1:] != whole[1:3]


def test_values_that_exclude_each_other_are_as_bad_as_can_be() -> None:
    space = search_space(
        ("search.min_active_states=1:9000", "search.max_active_states=100:9000"), START
    )
    seen: list[DecodeOptions] = []

    def evaluate(options: DecodeOptions) -> Mapping[str, Counts]:
        seen.append(options)
        return {"none": Counts(words=100, u_errors=options.search.min_active_states)}

    trials = trials_of(Plan(START, space), evaluate, 14)
    lost = [trial for trial in trials if not trial.conditions]
    assert lost
    assert len(seen) == len(trials) - len(lost)
    assert all(trial.objective == math.inf for trial in lost)
    assert best_of(trials).conditions


def test_best_is_the_first_among_equals() -> None:
    trials = [Trial(n, {}, {}, objective) for n, objective in enumerate((3.0, 1.0, 1.0, 2.0))]
    assert best_of(trials).number == 1


values = st.fixed_dictionaries(
    {
        name: (st.integers if ends.is_whole else st.floats)(ends.low, ends.high)
        for name, ends in SPACE.items()
    }
)
tried = st.lists(st.tuples(values, st.floats(0, 100) | st.just(math.inf)), max_size=15)


@given(tried, st.integers(0, 2**40))
@settings(max_examples=15)
def test_proposals_are_in_range_and_repeatable(
    trials: list[tuple[Values, float]], seed: int
) -> None:
    proposed = propose(SPACE, trials, seed)
    assert proposed.keys() == SPACE.keys()
    for name, ends in SPACE.items():
        assert proposed[name] in ends
        assert isinstance(proposed[name], int) == ends.is_whole
        assert ends.rounded(proposed[name]) == proposed[name]
    assert propose(SPACE, trials, seed) == proposed


def test_other_options_stay_as_they_are_at_the_start() -> None:
    start = replace(START, boost=BoostOptions(rival_scale=0.25))
    plan = Plan(start, {"scales.lm_scale": Range(0.0, 1.0)})
    for trial in trials_of(plan, bowl({"scales.lm_scale": 0.5}, plan.space), 3):
        options = plan.options(trial)
        assert replace(options, scales=start.scales) == start
