"""Worker processes that survive the death of one of them.

k2 can end a process with a signal. So the work is done in processes of its own: the items of a
task that a worker did not finish are tried again one by one, and an item that fails again is
reported while the rest goes on.

Workers     what runs tasks: a WorkerPool, or a DaskPool of dask_workers.py
WorkerPool  runs tasks in processes of this machine
Outcome     what became of an item
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, TypeVar

from wfst_bias.errors import InputError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Work = Callable[[Sequence[Item]], Sequence[Answer]]

# What a worker sends: ready to work, the answers of a task, why a task failed, why it cannot work.
READY, DONE, FAILED, UNUSABLE = "ready", "done", "failed", "unusable"

SECONDS_TO_STOP = 5.0
MOST_FALSE_STARTS = 3  # in a row


class WorkerError(RuntimeError):
    """Report that workers cannot do any work, whatever the items are."""


@dataclass(frozen=True)
class Outcome(Generic[Item, Answer]):
    """Hold the answer of an item, or why there is none.

    Attributes:
      item: as it was given.
      answer: what the work returned for it, None where it failed.
      error: why it failed, else None.
    """

    item: Item
    answer: Answer | None = None
    error: str | None = None


class Workers(ABC, Generic[Item, Answer]):
    """Run tasks, wherever that is; used in a `with` statement."""

    def __enter__(self) -> Workers[Item, Answer]:
        return self

    @abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End what is still being done."""

    @abstractmethod
    def run(self, tasks: Iterable[Sequence[Item]]) -> Iterator[Outcome[Item, Answer]]:
        """Give one outcome for each item, as they come.

        Raises:
          InputError: a worker found, in making its work, that the input cannot be used.
          WorkerError: workers cannot begin, or there are none any more.
        """


@dataclass(frozen=True)
class _Task(Generic[Item]):
    items: Sequence[Item]
    is_retry: bool = False

    def retries(self) -> list[_Task[Item]]:
        return [_Task([item], True) for item in self.items]


@dataclass(eq=False)
class _Worker(Generic[Item]):
    """Hold a process, the pipe to it, and what it is doing; it has one task at a time."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection
    task: _Task[Item] | None = None
    is_ready: bool = False

    def take(self, task: _Task[Item]) -> None:
        self.task = task
        with suppress(OSError):  # where it has died its sentinel says so
            self.pipe.send(task.items)

    def reply(self) -> tuple[str, Any] | None:
        """Return what it sent, None if it died."""
        try:
            reply: tuple[str, Any] = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return reply

    def cause_of_death(self) -> str:
        self.process.join(SECONDS_TO_STOP)
        code = self.process.exitcode
        if code is not None and code < 0:
            return f"the worker process died of signal {-code} ({_signal_name(-code)})"
        return f"the worker process ended with exit status {code}"


class WorkerPool(Workers[Item, Answer]):
    """Run tasks in worker processes, each with at most one task at a time.

    The workers are spawned at once, so that they import while the caller gets ready; each makes
    its work when it has its first task. Use it in a `with` statement, which ends the workers.

    Args:
      make_work: makes what a worker does with the items of a task; it is pickled, called once in
        every worker, and returns a function from items to their answers, in the same order.
      n_workers: how many processes.
    """

    def __init__(self, make_work: Callable[[], Work[Item, Answer]], n_workers: int) -> None:
        if n_workers < 1:
            raise InputError("expected at least one worker", value=n_workers)
        self._make_work = pickle.dumps(make_work)
        self._workers: list[_Worker[Item]] = []
        self._retries: deque[_Task[Item]] = deque()
        self._false_starts = 0
        for _ in range(n_workers):
            self._workers.append(self._spawn())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.pipe.close()  # a worker that waits for a task ends by itself
            if worker.task is not None or not worker.is_ready:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(SECONDS_TO_STOP)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def run(self, tasks: Iterable[Sequence[Item]]) -> Iterator[Outcome[Item, Answer]]:
        """Give an outcome for each item, as they come; tasks are taken when a worker is free.

        Raises:
          InputError: a worker found, in making its work, that the input cannot be used.
          WorkerError: workers end or fail again and again before they are ready to work.
        """
        feed = (_Task(items) for items in tasks)
        while True:
            self._hand_out(feed)
            busy = [worker for worker in self._workers if worker.task is not None]
            if not busy:
                return
            heard = wait([w.pipe for w in busy] + [w.process.sentinel for w in busy])
            for worker in busy:
                if worker.pipe in heard or worker.process.sentinel in heard:
                    yield from self._hear(worker)

    def _hand_out(self, feed: Iterator[_Task[Item]]) -> None:
        for number, worker in enumerate(self._workers):
            if worker.task is None:
                task = self._retries.popleft() if self._retries else next(feed, None)
                if task is None:
                    return
                if not worker.process.is_alive():
                    self._workers[number] = worker = self._replace(worker)
                worker.take(task)

    def _hear(self, worker: _Worker[Item]) -> Iterator[Outcome[Item, Answer]]:
        reply = worker.reply()
        if reply is None:
            yield from self._bury(worker)
            return
        what, content = reply
        if what == READY:
            worker.is_ready = True
            self._false_starts = 0
            return
        if what == UNUSABLE:
            raise content
        task, worker.task = worker.task, None
        assert task is not None, "only a busy worker answers"
        if what == FAILED:
            yield from self._fail(task, content)
        else:
            for item, answer in zip(task.items, content, strict=True):
                yield Outcome(item, answer)

    def _bury(self, worker: _Worker[Item]) -> Iterator[Outcome[Item, Answer]]:
        """Replace a dead worker, and try its items again or report them."""
        cause, task = worker.cause_of_death(), worker.task
        assert task is not None, "only a busy worker is listened to"
        self._workers[self._workers.index(worker)] = self._replace(worker)
        if worker.is_ready:
            yield from self._fail(task, cause)
            return
        self._false_starts += 1
        if self._false_starts >= MOST_FALSE_STARTS:
            raise WorkerError(f"{cause} before it could begin, {self._false_starts} times")
        self._retries.appendleft(task)

    def _replace(self, worker: _Worker[Item]) -> _Worker[Item]:
        worker.pipe.close()
        worker.process.join()
        return self._spawn()

    def _fail(self, task: _Task[Item], reason: str) -> Iterator[Outcome[Item, Answer]]:
        if task.is_retry:
            yield Outcome(task.items[0], error=reason)
        else:
            self._retries.extend(task.retries())

    def _spawn(self) -> _Worker[Item]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._make_work), daemon=True)
        with without_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Keep the interrupt of a terminal from what is started here: its parent ends it."""
    # What the first start of a process brings with it would unblock the signal: it goes before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, pickled: bytes) -> None:
    """Do what a worker does, until its parent closes the pipe or is gone."""
    with suppress(EOFError, OSError):
        try:
            make_work = pickle.loads(pickled)  # imports what the work needs
        except Exception as error:
            pipe.send((UNUSABLE, portable(error)))
            return
        items = pipe.recv()
        try:
            work = make_work()
        except Exception as error:
            pipe.send((UNUSABLE, portable(error)))
            return
        pipe.send((READY, None))
        while True:
            pipe.send(answer_of(work, items))
            items = pipe.recv()


def answer_of(work: Work[Any, Any], items: Sequence[Any]) -> tuple[str, Any]:
    """Do the work: return DONE and the answers, or FAILED and why."""
    try:
        return DONE, work(items)
    except Exception as error:
        return FAILED, reason_of(error)


def portable(error: Exception) -> Exception:
    """Return an error that can be pickled, with the message of this one."""
    if isinstance(error, InputError):
        return InputError(str(error))
    if isinstance(error, ImportError):
        return ImportError(str(error), name=error.name)
    return WorkerError(f"the worker process cannot begin: {reason_of(error)}")


def reason_of(error: BaseException) -> str:
    """Return an error in one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
