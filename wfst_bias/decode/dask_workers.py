"""Tasks done by the workers of a Dask scheduler, which may die like those of a WorkerPool.

A task whose worker dies is given to another one, whole, so that its answers are what they would
have been. When that one dies too, the items of the task are tried alone, with nothing beside them
on any worker, and the one that ends a worker even then is reported while the rest goes on.

DaskPool  runs tasks for a client; a context manager
"""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from types import TracebackType
from typing import Any, Generic
from uuid import uuid4

from distributed import Client, Future, Worker, WorkerPlugin, as_completed, get_worker
from distributed.scheduler import KilledWorker

from wfst_bias.decode.workers import (
    DONE,
    FAILED,
    MOST_FALSE_STARTS,
    UNUSABLE,
    Answer,
    Item,
    Outcome,
    Work,
    WorkerError,
    Workers,
    answer_of,
    portable,
    reason_of,
)

MOST_DEATHS = 2  # of workers that had the same task, or the same item alone
TASKS_PER_WORKER = 2  # the next one is there when one is done
SECONDS_WITHOUT_WORKERS = 15.0  # until one is told that there are none

GONE = "the Dask scheduler is gone, or has cancelled what it was to do"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Task(Generic[Item]):
    """Hold items that are done together.

    Attributes:
      items: in order.
      is_retry: whether it is one item of a task that failed.
      is_alone: whether it waits until nothing else is being done.
      deaths: how many workers have died that had it.
    """

    items: Sequence[Item]
    is_retry: bool = False
    is_alone: bool = False
    deaths: int = 0

    def retries(self, are_alone: bool = False) -> list[_Task[Item]]:
        return [_Task([item], is_retry=True, is_alone=are_alone) for item in self.items]


class DaskPool(Workers[Item, Answer]):
    """Run tasks in the workers that a Dask scheduler has, and in those that it gets meanwhile.

    Each worker makes its work when it has its first task, keeps it to the end, and does one task
    at a time.

    Args:
      make_work: makes what a worker does with the items of a task; it is pickled, called once in
        every worker, and returns a function from items to their answers, in the same order.
      client: of the scheduler.
    """

    def __init__(self, make_work: Callable[[], Work[Item, Answer]], client: Client) -> None:
        self._client = client
        self._bench = _Bench(pickle.dumps(make_work))
        self._running: dict[str, tuple[_Task[Item], Future]] = {}
        self._again: deque[_Task[Item]] = deque()
        self._alone: deque[_Task[Item]] = deque()
        self._has_begun = False

    def __enter__(self) -> DaskPool[Item, Answer]:
        try:
            self._client.register_plugin(self._bench)
        except Exception as error:  # of a worker's: this package is not there, or another version
            raise WorkerError(f"the Dask workers cannot begin: {reason_of(error)}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client.status != "running":
            return
        with suppress(Exception):  # the scheduler may be gone, and what it keeps with it
            self._client.cancel([future for _, future in self._running.values()])
            self._client.unregister_worker_plugin(self._bench.name)

    def run(self, tasks: Iterable[Sequence[Item]]) -> Iterator[Outcome[Item, Answer]]:
        """Give an outcome for each item, as they come; tasks are taken as workers become free.

        Raises:
          InputError: a worker found, in making its work, that the input cannot be used.
          WorkerError: workers cannot begin, or the scheduler is gone.
        """
        self._wait_for_a_worker()
        feed = (_Task(items) for items in tasks)
        finished = as_completed(loop=self._client.loop)
        while True:
            self._hand_out(feed, finished)
            if not self._running:
                return
            task, future = self._running.pop(next(finished).key)
            yield from self._hear(task, future)

    def _wait_for_a_worker(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=SECONDS_WITHOUT_WORKERS)
        except asyncio.TimeoutError:
            log.warning("no Dask worker is there yet; waiting, see %s", self._client.dashboard_link)

    def _hand_out(self, feed: Iterator[_Task[Item]], finished: as_completed) -> None:
        room = TASKS_PER_WORKER * max(1, self._n_workers())
        while len(self._running) < room:
            task = self._next(feed)
            if task is None:
                return
            future = self._submit(task.items)
            self._running[future.key] = (task, future)
            finished.add(future)

    def _n_workers(self) -> int:
        try:
            return len(self._client.nthreads())
        except OSError as error:
            raise WorkerError(GONE) from error

    def _next(self, feed: Iterator[_Task[Item]]) -> _Task[Item] | None:
        if self._again:
            return self._again.popleft()
        task = next(feed, None)
        if task is None and self._alone and not self._running:
            return self._alone.popleft()
        return task

    def _submit(self, items: Sequence[Item]) -> Future:
        return self._client.submit(do_task, self._bench.name, pickle.dumps(items), pure=False)

    def _hear(self, task: _Task[Item], future: Future) -> Iterator[Outcome[Item, Answer]]:
        reply = _reply(future)
        if isinstance(reply, KilledWorker):
            yield from self._mourn(task, reply)
            return
        what, content = reply
        if what == UNUSABLE:
            raise content
        self._has_begun = True
        if what == DONE:
            for item, answer in zip(task.items, content, strict=True):
                yield Outcome(item, answer)
        elif task.is_retry:
            yield Outcome(task.items[0], error=content)
        else:
            self._again.extend(task.retries())

    def _mourn(self, task: _Task[Item], killed: KilledWorker) -> Iterator[Outcome[Item, Answer]]:
        """Have the items of a dead worker tried again, or report one."""
        if not self._has_begun:
            self._begin()
        task = replace(task, deaths=task.deaths + killed.allowed_failures + 1)
        if task.deaths < MOST_DEATHS:
            log.warning("a worker died; what it was doing is done again")
            (self._alone if task.is_alone else self._again).append(task)
        elif task.is_alone:
            yield Outcome(task.items[0], error=f"{task.deaths} worker processes died of it")
        else:
            log.warning("%d workers died of the same task; its items are tried alone", task.deaths)
            self._alone.extend(task.retries(are_alone=True))

    def _begin(self) -> None:
        """See that a worker can make its work at all: if not, no item is to blame."""
        for _ in range(MOST_FALSE_STARTS):
            reply = _reply(self._submit([]))
            if not isinstance(reply, KilledWorker):
                what, content = reply
                if what == UNUSABLE:
                    raise content
                self._has_begun = True
                return
        raise WorkerError(
            f"Dask workers died before they could begin, {MOST_FALSE_STARTS} times; see their logs"
        )


class _Bench(WorkerPlugin):
    """Keep the work in a worker process: what is made once for all of its tasks."""

    def __init__(self, make_work: bytes) -> None:
        self.name = f"wfst-bias-{uuid4().hex}"
        self.make_work = make_work

    def setup(self, worker: Worker) -> None:
        self.lock = Lock()  # a worker with several threads still does one task at a time
        self.work: Work[Any, Any] | None = None

    def do(self, items: bytes) -> bytes:
        """Return what a worker says to items, pickled."""
        with self.lock:
            if self.work is None:
                try:
                    self.work = pickle.loads(self.make_work)()
                except Exception as error:
                    return pickle.dumps((UNUSABLE, portable(error)))
            return _pickled_answer(self.work, pickle.loads(items))


def do_task(bench: str, items: bytes) -> bytes:
    """Do a task in a worker process that has the bench of this name."""
    found: _Bench = get_worker().plugins[bench]
    return found.do(items)


def _pickled_answer(work: Work[Any, Any], items: Sequence[Any]) -> bytes:
    if not items:
        return pickle.dumps((DONE, []))
    reply = answer_of(work, items)
    try:
        return pickle.dumps(reply)
    except Exception as error:
        return pickle.dumps((FAILED, reason_of(error)))


def _reply(future: Future) -> tuple[str, Any] | KilledWorker:
    """Wait for what a worker said.

    Returns:
      DONE, FAILED or UNUSABLE with its content; or that too many workers died.

    Raises:
      WorkerError: nothing that a worker did.
    """
    try:
        reply: tuple[str, Any] = pickle.loads(future.result())
    except KilledWorker as killed:
        return killed
    except (CancelledError, asyncio.CancelledError) as error:
        raise WorkerError(GONE) from error
    except Exception as error:
        raise WorkerError(f"Dask could not do a task: {reason_of(error)}") from error
    return reply
