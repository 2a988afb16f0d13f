"""The next values to try, by Optuna."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial

from wfst_bias.tune.space import Range, Space, Values

RANDOM_TRIALS = 10  # before the optimizer has enough to go by


def propose(space: Space, tried: Sequence[tuple[Values, float]], seed: int) -> dict[str, float]:
    """Return the values to try after these trials.

    It is a function of its arguments alone: nothing is kept between two calls, so that a search
    that was cut off goes on as it would have. The seed of a proposal is drawn from that of the
    search and the number of trials before it.

    Args:
      space: the options, and between which values they lie.
      tried: the values of each trial and its objective; those out of range tell nothing.
      seed: of the search.

    Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011 (the
    tree-structured Parzen estimator, here over all options jointly).
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    own_seed = int(np.random.SeedSequence((seed, len(tried))).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(
        seed=own_seed, n_startup_trials=RANDOM_TRIALS, constant_liar=False
    )
    study = optuna.create_study(sampler=sampler)
    distributions = {name: _distribution(ends) for name, ends in space.items()}
    study.add_trials(
        _finished(values, objective, distributions)
        for values, objective in tried
        if all(values[name] in ends for name, ends in space.items())
    )
    asked = study.ask(distributions)
    return {name: ends.rounded(asked.params[name]) for name, ends in space.items()}


def _distribution(ends: Range) -> BaseDistribution:
    if ends.is_whole:
        return IntDistribution(int(ends.low), int(ends.high))
    return FloatDistribution(ends.low, ends.high)


def _finished(
    values: Values, objective: float, distributions: dict[str, BaseDistribution]
) -> FrozenTrial:
    return create_trial(
        params={name: values[name] for name in distributions},
        distributions=distributions,
        value=objective,
    )
