"""Worker processes: every item has one outcome, whatever happens to a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from faulty_work import CANNOT_BEGIN, CannotBegin

from wfst_bias.decode.workers import MOST_FALSE_STARTS, Outcome, WorkerError, WorkerPool
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write

Work = Callable[[Sequence[int]], list[int]]


@dataclass(frozen=True)
class Doubling:
    """Doubles numbers, and notes each task in a file; some numbers make trouble.

    A number in `killers` ends the process by a signal, one in `quitters` by an exit status, one in
    `raisers` with an exception, one in `shy` by a signal unless it is alone.
    """

    log: Path
    killers: frozenset[int] = frozenset()
    quitters: frozenset[int] = frozenset()
    raisers: frozenset[int] = frozenset()
    shy: frozenset[int] = frozenset()

    def __call__(self) -> Work:
        return self.work

    def work(self, items: Sequence[int]) -> list[int]:
        with self.log.open("a") as stream:
            stream.write(" ".join(map(str, items)) + "\n")
        return [self.double(item, alone=len(items) == 1) for item in items]

    def double(self, item: int, alone: bool) -> int:
        if item in self.killers or (item in self.shy and not alone):
            os.kill(os.getpid(), signal.SIGSEGV)
        if item in self.quitters:
            os._exit(3)
        if item in self.raisers:
            raise RuntimeError(f"no {item}\nsecond line")
        return 2 * item

    def tasks(self) -> list[str]:
        return self.log.read_text().splitlines()


def tasks_of(n_items: int, size: int) -> list[list[int]]:
    return [list(range(at, min(at + size, n_items))) for at in range(0, n_items, size)]


def outcomes(make: Doubling, n_workers: int, tasks: list[list[int]]) -> list[Outcome[int, int]]:
    with WorkerPool(make, n_workers) as pool:
        return sorted(pool.run(tasks), key=lambda outcome: outcome.item)


@pytest.mark.parametrize(("n_workers", "size"), [(1, 4), (2, 3), (3, 1)])
def test_each_item_has_its_answer(tmp_path: Path, n_workers: int, size: int) -> None:
    found = outcomes(Doubling(tmp_path / "log"), n_workers, tasks_of(10, size))
    assert found == [Outcome(i, 2 * i) for i in range(10)]


@pytest.mark.parametrize("n_workers", [1, 2])
def test_what_kills_a_worker_is_reported_and_the_rest_is_done(
    tmp_path: Path, n_workers: int
) -> None:
    make = Doubling(tmp_path / "log", killers=frozenset({1, 5}))
    found = outcomes(make, n_workers, tasks_of(8, 3))
    assert [o.item for o in found] == list(range(8))
    assert {o.item: o.answer for o in found if o.error is None} == {
        i: 2 * i for i in range(8) if i not in (1, 5)
    }
    reason = "the worker process died of signal 11 (SIGSEGV)"
    assert {o.item: o.error for o in found if o.error is not None} == {1: reason, 5: reason}


def test_items_of_a_dead_worker_are_tried_again_one_by_one(tmp_path: Path) -> None:
    make = Doubling(tmp_path / "log", shy=frozenset({1}))
    assert outcomes(make, 1, [[0, 1, 2]]) == [Outcome(i, 2 * i) for i in range(3)]
    assert make.tasks() == ["0 1 2", "0", "1", "2"]


def test_an_exception_is_tried_again_and_then_reported(tmp_path: Path) -> None:
    make = Doubling(tmp_path / "log", raisers=frozenset({2}))
    found = outcomes(make, 1, [[2], [3]])
    assert found == [Outcome(2, error="RuntimeError: no 2"), Outcome(3, 6)]
    assert sorted(make.tasks()) == ["2", "2", "3"]


def test_a_worker_that_exits_is_reported_with_its_status(tmp_path: Path) -> None:
    found = outcomes(Doubling(tmp_path / "log", quitters=frozenset({0})), 1, [[0, 1]])
    assert found == [
        Outcome(0, error="the worker process ended with exit status 3"),
        Outcome(1, 2),
    ]


def test_no_tasks_no_outcomes(tmp_path: Path) -> None:
    assert outcomes(Doubling(tmp_path / "log"), 2, []) == []


def test_tasks_are_taken_as_workers_become_free(tmp_path: Path) -> None:
    taken = 0

    def feed() -> Iterator[list[int]]:
        nonlocal taken
        for taken in range(1, 101):
            yield [taken]

    with WorkerPool(Doubling(tmp_path / "log"), 2) as pool:
        for done, _ in enumerate(pool.run(feed())):
            assert taken <= done + 2


@dataclass(frozen=True)
class Lengths:
    def __call__(self) -> Callable[[Sequence[str]], list[int]]:
        return lambda items: [len(item) for item in items]


def test_items_may_be_larger_than_a_pipe_holds() -> None:
    sizes = [3_000_000, 0, 2_000_000]
    with WorkerPool(Lengths(), 2) as pool:
        found = sorted(o.answer for o in pool.run([["x" * size] for size in sizes]))
    assert found == sorted(sizes)


@dataclass(frozen=True)
class DiesLater:
    """Answers, and ends its process soon after it has answered 0."""

    def __call__(self) -> Work:
        return self.work

    def work(self, items: Sequence[int]) -> list[int]:
        if items == [0]:
            threading.Timer(0.1, os._exit, [1]).start()
        return list(items)


def test_a_worker_that_dies_between_tasks_is_replaced() -> None:
    def feed() -> Iterator[list[int]]:
        yield [0]
        time.sleep(0.6)
        yield [1]

    with WorkerPool(DiesLater(), 1) as pool:
        assert list(pool.run(feed())) == [Outcome(0, 0), Outcome(1, 1)]


@CANNOT_BEGIN
def test_work_that_cannot_be_made_ends_the_run(
    error: Exception, raised: type[Exception], message: str
) -> None:
    with WorkerPool(CannotBegin(error), 2) as pool, pytest.raises(raised, match=message):
        list(pool.run([[1], [2]]))


def test_a_missing_package_keeps_its_name() -> None:
    missing = ModuleNotFoundError("No module named 'k2'", name="k2")
    with WorkerPool(CannotBegin(missing), 1) as pool, pytest.raises(ImportError) as raised:
        list(pool.run([[1]]))
    assert raised.value.name == "k2"


def test_a_worker_that_dies_at_the_start_gets_another_chance(tmp_path: Path) -> None:
    make = CannotBegin(log=tmp_path / "log", deaths=MOST_FALSE_STARTS - 1)
    with WorkerPool(make, 1) as pool:
        assert list(pool.run([[1, 2]])) == [Outcome(1, 1), Outcome(2, 2)]


def test_workers_that_always_die_at_the_start_end_the_run(tmp_path: Path) -> None:
    make = CannotBegin(log=tmp_path / "log", deaths=100)
    with (
        WorkerPool(make, 1) as pool,
        pytest.raises(WorkerError, match=r"signal 9 .* before it could begin"),
    ):
        list(pool.run([[1, 2]]))


@dataclass(frozen=True)
class Sleeps:
    pid_file: Path

    def __call__(self) -> Work:
        return self.work

    def work(self, items: Sequence[int]) -> list[int]:
        with atomic_write(self.pid_file) as stream:
            stream.write(str(os.getpid()))  # type: ignore[call-overload]
        time.sleep(600)
        return list(items)


def interrupt_when(exists: Path) -> Iterator[list[int]]:
    """Hand out one task, and once the file is there be interrupted."""
    yield [0]
    while not exists.exists():
        time.sleep(0.01)
    raise KeyboardInterrupt


def test_leaving_the_pool_ends_busy_workers(tmp_path: Path) -> None:
    begin = time.monotonic()
    pid_file = tmp_path / "pid"
    with WorkerPool(Sleeps(pid_file), 2) as pool, pytest.raises(KeyboardInterrupt):
        list(pool.run(interrupt_when(pid_file)))
    assert time.monotonic() - begin < 60
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


BLOCKED_SIGNALS = """
import signal
from wfst_bias.decode.workers import WorkerPool

def blocked(items):
    return [signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []) for _ in items]

def make():
    return blocked

if __name__ == "__main__":
    with WorkerPool(make, 1) as pool:
        print([outcome.answer for outcome in pool.run([[1]])])
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


def test_the_first_worker_of_a_process_sees_no_interrupt(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(BLOCKED_SIGNALS)
    found = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["[True]", "False"]


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(InputError, match="at least one worker"):
        WorkerPool(Lengths(), 0)
