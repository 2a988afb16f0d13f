"""What a corpus that was downloaded consists of: segments, and where their audio should lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

SPLITS = ("train", "dev", "test")


class Reason(str, Enum):
    """Why a segment is left out, in the order in which it is checked."""

    MALFORMED = "a line that cannot be read"
    NO_SPLIT = "of no split"
    TIMES = "times that cannot be"
    MISSING = "audio missing"
    UNREADABLE = "audio unreadable"
    PAST_END = "past the end of the audio"
    TOO_LONG = "too long"
    NO_TEXT = "no text"
    GIVEN_TWICE = "given twice"
    OVERLAPPING = "overlapping"
    NO_LETTER = "characters without a letter"
    TOO_SHORT = "too short"


@dataclass(frozen=True)
class Segment:
    """Hold one line of the annotations: what is said, and where in which recording.

    Attributes:
      end: in seconds; infinite where the segment lasts as long as its recording.
      original_text: as it was before the corpus normalized it, where the corpus says so.
      path, line: where the annotation stands.
    """

    id: str
    recording_id: str
    split: str
    start: float
    end: float
    text: str
    path: Path
    line: int
    speaker: str | None = None
    gender: str | None = None
    original_text: str | None = None

    @property
    def duration(self) -> float:
        """Return the length in seconds; it may be infinite or no number."""
        return self.end - self.start

    @property
    def has_times(self) -> bool:
        """Return whether the segment begins at or after 0 and ends later than it begins."""
        return math.isfinite(self.start) and 0 <= self.start < self.end


@dataclass(frozen=True)
class LeftOut:
    """Hold a segment that is left out, and why."""

    segment: Segment
    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Corpus:
    """Hold what the annotations of a corpus say, before any audio is opened.

    Attributes:
      name: begins the names of the manifests.
      title: for people.
      segments: in the order of the annotations.
      audio: recording id -> where its file lies, or should lie.
      malformed: lines that are no segment.
    """

    name: str
    title: str
    segments: Sequence[Segment]
    audio: Mapping[str, Path]
    malformed: Sequence[LeftOut] = field(default=())
