"""Evaluations with a known optimum, that decode nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.space import Space, Values, value_of

WORDS = 10_000


def away(options: DecodeOptions, optimum: Values, space: Space) -> float:
    """Return the squared distance to an optimum, by the widths of the ranges."""
    return sum(
        ((value_of(options, name) - best) / (space[name].high - space[name].low)) ** 2
        for name, best in optimum.items()
    )


def bowl(optimum: Values, space: Space) -> Callable[[DecodeOptions], Mapping[str, Counts]]:
    """Return counts of errors that grow with the squared distance to an optimum."""

    def evaluate(options: DecodeOptions) -> Mapping[str, Counts]:
        errors = round(WORDS * away(options, optimum, space))
        return {"none": Counts(words=WORDS, u_errors=errors), "list": Counts(WORDS, errors, errors)}

    return evaluate
