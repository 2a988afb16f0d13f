"""Workers of Dask: every item has one outcome, that of one process, whatever happens to a worker.

The cluster is one of this machine, with two workers, shared by all tests.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pytest
from deadlines import deadline
from faulty_work import CANNOT_BEGIN, CannotBegin

pytest.importorskip("distributed")

from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.decode import dask_workers
from wfst_bias.decode.dask_cluster import LOCAL, DaskCluster, dask_cluster
from wfst_bias.decode.dask_workers import TASKS_PER_WORKER, DaskPool
from wfst_bias.decode.workers import Outcome, WorkerError

N_WORKERS = 2

Answer = tuple[int, int, int]
Work = Callable[[Sequence[int]], list[Answer]]


@dataclass(frozen=True)
class Doubling:
    """Answers a number with its double, with how many were in the task, and with the process.

    A number in `killers` ends the process by a signal, one in `raisers` with an exception, one in
    `shy` by a signal unless it is alone, one in `pausing` takes 0.1 s.
    """

    killers: frozenset[int] = frozenset()
    raisers: frozenset[int] = frozenset()
    shy: frozenset[int] = frozenset()
    pausing: frozenset[int] = frozenset()

    def __call__(self) -> Work:
        return self.work

    def work(self, items: Sequence[int]) -> list[Answer]:
        return [(self.double(item, len(items)), len(items), os.getpid()) for item in items]

    def double(self, item: int, n_items: int) -> int:
        if item in self.killers or (item in self.shy and n_items > 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if item in self.raisers:
            raise RuntimeError(f"no {item}\nsecond line")
        if item in self.pausing:
            time.sleep(0.1)
        return 2 * item


def tasks_of(n_items: int, size: int) -> list[list[int]]:
    return [list(range(at, min(at + size, n_items))) for at in range(0, n_items, size)]


def undisturbed(tasks: list[list[int]]) -> dict[int, tuple[int, int]]:
    """Return what one process answers, without the process."""
    work = Doubling()()
    return {
        item: answer[:2] for task in tasks for item, answer in zip(task, work(task), strict=True)
    }


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    with dask_cluster(LOCAL) as found:
        yield found


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    with deadline(120):
        yield


def pool_of(cluster: DaskCluster, make: Callable[[], Work]) -> DaskPool[int, Answer]:
    return cluster.pool(make, N_WORKERS)


def outcomes(
    cluster: DaskCluster, make: Callable[[], Work], tasks: list[list[int]]
) -> list[Outcome[int, Answer]]:
    with pool_of(cluster, make) as pool:
        return sorted(pool.run(tasks), key=lambda outcome: outcome.item)


def answers(found: Sequence[Outcome[int, Answer]]) -> dict[int, tuple[int, int]]:
    """Return the answers by item, without the processes; items that failed have none."""
    return {o.item: o.answer[:2] for o in found if o.answer is not None}


def errors(found: Sequence[Outcome[int, Answer]]) -> dict[int, str]:
    return {o.item: o.error for o in found if o.error is not None}


@settings(max_examples=12)
@given(
    n_items=st.integers(0, 30), size=st.integers(1, 7), raisers=st.frozensets(st.integers(0, 30))
)
def test_each_item_has_one_outcome(
    cluster: DaskCluster, n_items: int, size: int, raisers: frozenset[int]
) -> None:
    tasks = tasks_of(n_items, size)
    found = outcomes(cluster, Doubling(raisers=raisers), tasks)
    assert [o.item for o in found] == list(range(n_items))
    failing = raisers & set(range(n_items))
    assert errors(found) == {i: f"RuntimeError: no {i}" for i in failing}
    # What was in a task without a failing item was done in that task; the rest, alone.
    expected = {
        item: (2 * item, 1 if failing & set(task) else len(task))
        for task in tasks
        for item in task
        if item not in failing
    }
    assert answers(found) == expected


def test_what_kills_a_worker_is_reported_and_the_rest_is_done(cluster: DaskCluster) -> None:
    found = outcomes(cluster, Doubling(killers=frozenset({1, 2})), tasks_of(40, 4))
    assert [o.item for o in found] == list(range(40))
    assert errors(found) == dict.fromkeys((1, 2), "2 worker processes died of it")
    assert {i: a[0] for i, a in answers(found).items()} == {
        i: 2 * i for i in range(40) if i not in (1, 2)
    }


def test_an_item_that_kills_only_in_company_is_answered(cluster: DaskCluster) -> None:
    found = outcomes(cluster, Doubling(shy=frozenset({1})), [[0, 1, 2]])
    assert answers(found) == {i: (2 * i, 1) for i in range(3)}


def kill_workers(cluster: DaskCluster, how_many: int) -> None:
    """Kill worker processes from outside."""
    pids = cluster.client.run(os.getpid)
    for pid in list(pids.values())[:how_many]:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how_many", [1, N_WORKERS])
def test_nothing_is_lost_when_workers_are_killed_in_the_middle(
    cluster: DaskCluster, how_many: int
) -> None:
    tasks = tasks_of(60, 3)
    found = []
    with pool_of(cluster, Doubling(pausing=frozenset(range(60)))) as pool:
        for outcome in pool.run(tasks):
            found.append(outcome)
            if len(found) == 20:
                kill_workers(cluster, how_many)
    assert sorted(o.item for o in found) == list(range(60))
    assert answers(found) == undisturbed(tasks)  # the tasks were done whole
    assert len({o.answer[2] for o in found if o.answer}) > N_WORKERS  # others took over


@dataclass(frozen=True)
class CountsMakings:
    """Notes in a file that it is made."""

    log: Path

    def __call__(self) -> Work:
        with self.log.open("a") as stream:
            stream.write("made\n")
        return Doubling().work


def test_the_work_is_made_once_in_each_worker(cluster: DaskCluster, tmp_path: Path) -> None:
    make = CountsMakings(tmp_path / "log")
    found = outcomes(cluster, make, tasks_of(60, 2))
    assert len(found) == 60
    processes = {o.answer[2] for o in found if o.answer}
    assert len(make.log.read_text().splitlines()) == len(processes) <= N_WORKERS


def test_no_tasks_no_outcomes(cluster: DaskCluster) -> None:
    assert outcomes(cluster, Doubling(), []) == []


def test_tasks_are_taken_as_workers_become_free(cluster: DaskCluster) -> None:
    taken = 0

    def feed() -> Iterator[list[int]]:
        nonlocal taken
        for taken in range(1, 51):
            yield [taken]

    with pool_of(cluster, Doubling()) as pool:
        for done, _ in enumerate(pool.run(feed())):
            assert taken <= done + TASKS_PER_WORKER * N_WORKERS


def test_a_pool_leaves_nothing_in_the_workers(cluster: DaskCluster) -> None:
    with pool_of(cluster, Doubling()) as pool:
        run = pool.run(tasks_of(20, 2))
        next(run)
        assert any(plugin.startswith("wfst-bias") for plugin in plugins_of(cluster))
    assert not any(plugin.startswith("wfst-bias") for plugin in plugins_of(cluster))


def plugins_of(cluster: DaskCluster) -> set[str]:
    found = cluster.client.run(lambda dask_worker: list(dask_worker.plugins))
    return {plugin for names in found.values() for plugin in names}


@dataclass(frozen=True)
class AnswersLocks:
    """Answers an even number with what cannot be sent."""

    def __call__(self) -> Callable[[Sequence[int]], list[object]]:
        return lambda items: [item if item % 2 else Lock() for item in items]


def test_an_answer_that_cannot_be_sent_is_reported(cluster: DaskCluster) -> None:
    with cluster.pool(AnswersLocks(), N_WORKERS) as pool:
        found = {o.item: o for o in pool.run([[0, 1], [3]])}
    assert found[1] == Outcome(1, 1)
    assert found[3] == Outcome(3, 3)
    assert found[0].answer is None
    assert "cannot pickle" in (found[0].error or "")


@CANNOT_BEGIN
def test_work_that_cannot_be_made_ends_the_run(
    cluster: DaskCluster, error: Exception, raised: type[Exception], message: str
) -> None:
    with pool_of(cluster, CannotBegin(error)) as pool, pytest.raises(raised, match=message):
        list(pool.run([[1], [2]]))


def test_a_worker_that_dies_at_the_start_gets_another_chance(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    make = CannotBegin(log=tmp_path / "log", deaths=2)
    assert outcomes(cluster, make, [[1, 2]]) == [Outcome(1, 1), Outcome(2, 2)]


def test_workers_that_always_die_at_the_start_end_the_run(
    cluster: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_workers, "MOST_FALSE_STARTS", 1)
    make = CannotBegin(log=tmp_path / "log", deaths=100)
    with (
        pool_of(cluster, make) as pool,
        pytest.raises(WorkerError, match="died before they could begin"),
    ):
        list(pool.run([[1, 2]]))


def test_work_that_cannot_be_unpickled_ends_the_run(cluster: DaskCluster) -> None:
    with (
        pool_of(cluster, Unreadable()) as pool,
        pytest.raises(WorkerError, match="cannot begin: EOFError"),
    ):
        list(pool.run([[1]]))


class Unreadable:
    """Cannot be made again from what it was pickled as."""

    def __call__(self) -> Work:
        return Doubling().work

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _end_of_file, ()


def _end_of_file() -> None:
    raise EOFError("cut off")
