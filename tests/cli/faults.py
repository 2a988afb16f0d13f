"""Workers with planted faults, importable by worker processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wfst_bias.cli.decode_work import Decoded, DecodeWork, Utterance

Work = Callable[[Sequence[Utterance]], list[Decoded]]


@dataclass(frozen=True)
class KillingWork(DecodeWork):
    """Decodes, but dies of a segmentation fault at the utterance `c-3`."""

    def __call__(self) -> Work:
        decode = super().__call__()

        def work(utterances: Sequence[Utterance]) -> list[Decoded]:
            if any(utterance.utterance_id == "c-3" for utterance in utterances):
                os.kill(os.getpid(), signal.SIGSEGV)
            return decode(utterances)

        return work


@dataclass(frozen=True)
class DyingWorker(DecodeWork):
    """Decodes, but its process is killed after two tasks, unless one was before.

    A file `killed` beside the cache says so.
    """

    def __call__(self) -> Work:
        decode = super().__call__()
        killed, done = self.cache.parent / "killed", 0

        def work(utterances: Sequence[Utterance]) -> list[Decoded]:
            nonlocal done
            done += 1
            decoded = decode(utterances)
            if done > 2 and not killed.exists():
                killed.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return decoded

        return work


@dataclass(frozen=True)
class RaisingWork(DecodeWork):
    """Decodes, but raises an error whenever `c-3` is among the utterances."""

    def __call__(self) -> Work:
        decode = super().__call__()

        def work(utterances: Sequence[Utterance]) -> list[Decoded]:
            if any(utterance.utterance_id == "c-3" for utterance in utterances):
                raise RuntimeError("no memory left\nstack trace")
            return decode(utterances)

        return work


@dataclass(frozen=True)
class SleepingWork(DecodeWork):
    """Makes a file named `busy` in the cache and sleeps."""

    def __call__(self) -> Work:
        (self.cache / "busy").touch()
        time.sleep(600)
        return super().__call__()
