"""Counts by condition: what is known is not decoded again, what fails counts as deleted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pytest

from wfst_bias.decode.options import DecodeOptions, OutputOptions
from wfst_bias.decode.workers import Outcome
from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.scales import Scales
from wfst_bias.tune.conditions import Condition
from wfst_bias.tune.development import UTTERANCES_PER_TASK, DevelopmentSet
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.worker import Item

IDS = [f"u{n}" for n in range(UTTERANCES_PER_TASK + 3)]
REFERENCES = {name: UtteranceList(name, "we met zoe", ("zoe",), ("zoe",)) for name in IDS}
CONDITIONS = {"none": Condition(REFERENCES, has_lists=False), "list": Condition(REFERENCES)}
START = DecodeOptions()


class Workers:
    """Count one error per utterance, and remember what was asked; `u1` fails with a list."""

    def __init__(self) -> None:
        self.tasks: list[Sequence[Item]] = []

    def run(self, tasks: Iterable[Sequence[Item]]) -> Iterator[Outcome[Item, Counts]]:
        for task in tasks:
            self.tasks.append(task)
            for item in task:
                if (item.condition, item.utterance_id) == ("list", "u1"):
                    yield Outcome(item, error="died")
                else:
                    yield Outcome(item, Counts(words=3, u_errors=1))

    def asked(self) -> list[str]:
        """Return the conditions that were decoded since the last call."""
        tasks, self.tasks = self.tasks, []
        return list(dict.fromkeys(task[0].condition for task in tasks))


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def development(workers: Workers) -> DevelopmentSet:
    return DevelopmentSet(CONDITIONS, IDS, workers.run)


def test_counts_and_failures(development: DevelopmentSet, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="wfst_bias"):
        logging.getLogger("wfst_bias").propagate = True
        found = development.evaluate(START)
    assert found["none"] == Counts(words=3 * len(IDS), u_errors=len(IDS))
    assert found["list"] == Counts(
        words=3 * len(IDS), u_errors=len(IDS) - 1 + 2, b_errors=1, misses=1, failed=1
    )
    assert "list, utterance u1: died" in caplog.text


def test_tasks_share_options_and_condition(development: DevelopmentSet, workers: Workers) -> None:
    development.evaluate(replace(START, output=OutputOptions(n_best=9)))
    for task in workers.tasks:
        assert len({(item.options, item.condition) for item in task}) == 1
        assert task[0].options.output.n_best == 1
        assert len(task) <= UTTERANCES_PER_TASK
    for condition in CONDITIONS:
        assert [i.utterance_id for t in workers.tasks for i in t if i.condition == condition] == IDS


def test_what_is_known_is_not_decoded_again(development: DevelopmentSet, workers: Workers) -> None:
    boosted = replace(START, boost=BoostOptions(size_scale=1.0))
    first = development.evaluate(START)
    assert workers.asked() == ["none", "list"]
    assert development.evaluate(boosted) == first
    assert workers.asked() == ["list"]
    development.evaluate(START)
    assert workers.asked() == []
    development.evaluate(replace(boosted, scales=Scales(lm_scale=1.0)))
    assert workers.asked() == ["none", "list"]


def test_counts_of_an_earlier_run_are_taken(development: DevelopmentSet, workers: Workers) -> None:
    counts = {"none": Counts(words=7), "list": Counts(words=8)}
    development.remember(START, counts)
    assert development.evaluate(START) == counts
    assert workers.asked() == []
    boosted = replace(START, boost=BoostOptions(size_scale=1.0))
    assert development.evaluate(boosted)["none"] == counts["none"]
    assert workers.asked() == ["list"]
