"""What decoding costs in time, added up over worker processes: `timing.json`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.files import write_text

TIMES = "timing.json"


@dataclass(frozen=True)
class DecodeTimes:
    """Hold CPU seconds of workers; those of several add up.

    Attributes:
      lists: how many lists were compiled; one for all utterances, by each worker.
      list_seconds: to compile lists and to join them to the static graph.
      search_seconds: to search, to read texts off what was found, and to let phones have a say;
        where they shorten the list of each utterance, also to compile and join what is left.
    """

    lists: int = 0
    list_seconds: float = 0.0
    search_seconds: float = 0.0

    def __add__(self, other: DecodeTimes) -> DecodeTimes:
        return DecodeTimes(
            self.lists + other.lists,
            self.list_seconds + other.list_seconds,
            self.search_seconds + other.search_seconds,
        )

    def write(self, path: Path, utterances: int, audio_seconds: float) -> None:
        """Write them atomically as JSON, beside how much there was to decode."""
        whole = {
            "clock": "CPU seconds, added up over worker processes",
            "utterances": utterances,
            "audio_seconds": round(audio_seconds, 3),
            "lists": self.lists,
            "list_seconds": round(self.list_seconds, 4),
            "search_seconds": round(self.search_seconds, 4),
        }
        write_text(path, json.dumps(whole, indent=2) + "\n")


class Stopwatch:
    """Add up the times of a worker until they are taken."""

    def __init__(self) -> None:
        self._times = DecodeTimes()

    def take(self) -> DecodeTimes:
        """Return the times since they were taken last."""
        taken, self._times = self._times, DecodeTimes()
        return taken

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Time the compiling of a list."""
        begin = time.process_time()
        yield
        self._times += DecodeTimes(lists=1, list_seconds=time.process_time() - begin)

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Time a search, in which lists may be joined; see `joined`."""
        begin = time.process_time()
        yield
        self._times += DecodeTimes(search_seconds=time.process_time() - begin)

    def joined(self, seconds: float) -> None:
        """Count what joining lists took while searching."""
        self._times += DecodeTimes(list_seconds=seconds, search_seconds=-seconds)
