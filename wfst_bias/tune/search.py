"""The search: trial after trial, each learning from those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.tune.objective import Counts, Weights
from wfst_bias.tune.space import Space, Values, value_of, with_values

Evaluate = Callable[[DecodeOptions], Mapping[str, Counts]]


@dataclass(frozen=True)
class Trial:
    """Hold what was tried and what it came to.

    Attributes:
      number: from 0.
      values: of the options that are searched.
      conditions: counts by condition; none where the values exclude each other.
      objective: what is made small.
    """

    number: int
    values: Values
    conditions: Mapping[str, Counts]
    objective: float


@dataclass(frozen=True)
class Plan:
    """Say where a search starts, what it changes, and what it goes by.

    Attributes:
      start: the options of the first trial; what is not searched stays as it is there.
      space: the options that are searched.
      weights: of what can be wrong.
      seed: equal plans with equal seeds try the same.
    """

    start: DecodeOptions
    space: Space
    weights: Weights = field(default_factory=Weights)
    seed: int = 0

    def options(self, trial: Trial) -> DecodeOptions:
        """Return all options of a trial."""
        return with_values(self.start, trial.values)


def search(plan: Plan, evaluate: Evaluate, done: Sequence[Trial] = ()) -> Iterator[Trial]:
    """Yield trials without end, those done left out; the first one is the start itself.

    Args:
      plan: what to search.
      evaluate: decodes with options and returns the counts by condition.
      done: the first trials, if they were made earlier.
    """
    trials = list(done)
    while True:
        values = _next_values(plan, trials)
        conditions = _evaluate(plan.start, values, evaluate)
        objective = plan.weights.objective(conditions)
        trials.append(Trial(len(trials), values, conditions, objective))
        yield trials[-1]


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the lowest objective, the first one among equals."""
    return min(trials, key=lambda trial: trial.objective)


def _next_values(plan: Plan, trials: Sequence[Trial]) -> Values:
    if not trials:
        return {name: value_of(plan.start, name) for name in plan.space}
    from wfst_bias.tune.propose import propose

    return propose(plan.space, [(t.values, t.objective) for t in trials], plan.seed)


def _evaluate(start: DecodeOptions, values: Values, evaluate: Evaluate) -> Mapping[str, Counts]:
    """Return the counts by condition, none for values that options cannot have together."""
    try:
        options = with_values(start, values)
    except InputError:
        return {}
    return evaluate(options)
