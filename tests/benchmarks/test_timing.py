import time

import pytest

from benchmarks.timing import Sample, Spread, Timings, interleave, measure


def test_ratios_are_paired_by_round() -> None:
    timings = Timings(
        {
            "ours": [Sample(2.0, 1.0), Sample(20.0, 10.0), Sample(3.0, 3.0)],
            "peer": [Sample(1.0, 1.0), Sample(10.0, 5.0), Sample(1.0, 1.0)],
        }
    )
    assert timings.cpu_ratio("ours", "peer") == Spread(2.0, 1.0, 3.0)
    assert timings.wall_ratio("ours", "peer") == Spread(2.0, 2.0, 3.0)
    assert timings.cpu("ours") == Spread(3.0, 1.0, 10.0)


@pytest.mark.parametrize("repetitions", [1, 2, 5])
def test_each_task_warms_up_and_runs_once_a_round_in_turning_order(repetitions: int) -> None:
    calls: list[str] = []
    tasks = {name: lambda name=name: calls.append(name) for name in ("a", "b", "c")}
    timings = interleave(tasks, repetitions)
    assert {name: len(samples) for name, samples in timings.samples.items()} == dict.fromkeys(
        tasks, repetitions
    )
    rounds = [calls[i : i + 3] for i in range(0, len(calls), 3)]
    assert rounds[0] == ["a", "b", "c"]
    assert [r[0] for r in rounds[1:]] == ["abc"[i % 3] for i in range(repetitions)]
    assert all(sorted(r) == ["a", "b", "c"] for r in rounds)


def test_waiting_costs_time_on_the_wall_and_none_of_the_processor() -> None:
    sample = measure(lambda: time.sleep(0.05))
    assert sample.wall_seconds >= 0.05
    assert sample.cpu_seconds < 0.03
