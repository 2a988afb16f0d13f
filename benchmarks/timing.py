"""Interleaved repetitions and paired ratios: what another process does to one falls on all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Task = Callable[[], object]


@dataclass(frozen=True)
class Sample:
    """Hold one measurement in seconds: of the clock on the wall, and of the processor."""

    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Spread:
    """Hold the median and the extremes of several numbers."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarize at least one number."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Timings:
    """Hold the samples of several tasks; the i-th of each were taken in the same round."""

    samples: Mapping[str, Sequence[Sample]]

    def cpu(self, task: str) -> Spread:
        """Return the processor seconds of a task."""
        return Spread.of([s.cpu_seconds for s in self.samples[task]])

    def wall(self, task: str) -> Spread:
        """Return the seconds on the wall that a task takes."""
        return Spread.of([s.wall_seconds for s in self.samples[task]])

    def cpu_ratio(self, task: str, peer: str) -> Spread:
        """Return how many times the peer's processor time a task takes, paired by round."""
        return Spread.of([a.cpu_seconds / b.cpu_seconds for a, b in self._pairs(task, peer)])

    def wall_ratio(self, task: str, peer: str) -> Spread:
        """Return how many times the peer's time on the wall a task takes, paired by round."""
        return Spread.of([a.wall_seconds / b.wall_seconds for a, b in self._pairs(task, peer)])

    def cpu_extra(self, task: str, peer: str) -> Spread:
        """Return by how many processor seconds a task takes longer than its peer."""
        return Spread.of([a.cpu_seconds - b.cpu_seconds for a, b in self._pairs(task, peer)])

    def _pairs(self, task: str, peer: str) -> list[tuple[Sample, Sample]]:
        return list(zip(self.samples[task], self.samples[peer], strict=True))


def interleave(tasks: Mapping[str, Task], repetitions: int) -> Timings:
    """Run every task once to warm up, then all of them once a round, in turning order.

    Args:
      tasks: what to run, by name.
      repetitions: the number of rounds.
    """
    for task in tasks.values():
        task()
    samples: dict[str, list[Sample]] = {name: [] for name in tasks}
    names = list(tasks)
    for round_number in range(repetitions):
        first = round_number % len(names)
        for name in (*names[first:], *names[:first]):
            samples[name].append(measure(tasks[name]))
    return Timings(samples)


def measure(task: Task) -> Sample:
    """Run a task once."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return Sample(time.perf_counter() - wall, time.process_time() - cpu)
