"""Work for worker processes that cannot begin, for every kind of pool alike."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wfst_bias.decode.workers import WorkerError
from wfst_bias.errors import InputError

CANNOT_BEGIN = pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (InputError("no words", path="lm.arpa"), InputError, "^lm.arpa: no words$"),
        (RuntimeError("bad luck\nmore"), WorkerError, "cannot begin: RuntimeError: bad luck$"),
        (FileNotFoundError(2, "gone"), WorkerError, "cannot begin: FileNotFoundError"),
        (ModuleNotFoundError("No module named 'k2'", name="k2"), ImportError, "No module .*'k2'"),
    ],
)


@dataclass(frozen=True)
class CannotBegin:
    """Fails in making the work: by an error, or by a signal the first `deaths` times.

    The work that it makes in the end returns its items.
    """

    error: Exception | None = None
    log: Path = Path()
    deaths: int = 0

    def __call__(self) -> Callable[[Sequence[Any]], list[Any]]:
        if self.error is not None:
            raise self.error
        before = self.log.read_text() if self.log.exists() else ""
        self.log.write_text(before + "x")
        if len(before) < self.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        return list
