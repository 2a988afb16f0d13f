"""The phones that the phone head itself recognizes: the best column of each frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.sound.phone_graph import BLANK

LogProbs = NDArray[np.float32]  # (T, P)

# What is impossible is taken as this probable, in nats, so that some path is always there.
LOWEST = -100.0


@dataclass(frozen=True)
class HeardPhone:
    """Hold a phone that was heard.

    Attributes:
      phone: its column.
      frame: the frame in which it is most probable.
      log_prob: there, in nats.
    """

    phone: int
    frame: int
    log_prob: float


@dataclass(frozen=True)
class Stretch:
    """Hold what was heard of some words, with phones around them that may be theirs or not.

    Attributes:
      phones: in the order of time.
      n_before, n_after: how many of the first and of the last may belong to other words.
    """

    phones: tuple[HeardPhone, ...]
    n_before: int = 0
    n_after: int = 0

    @property
    def columns(self) -> tuple[int, ...]:
        """Return the columns of the phones."""
        return tuple(phone.phone for phone in self.phones)

    def parts(self) -> Iterator[range]:
        """Return the places of the phones that may be heard of the words, never none."""
        for begin in range(self.n_before + 1):
            for end in range(len(self.phones) - self.n_after, len(self.phones) + 1):
                if begin < end:
                    yield range(begin, end)


def heard_phones(log_probs: LogProbs) -> list[HeardPhone]:
    """Return the phones of the best path, in the order of time.

    Frames in a row with the same best column are one phone. Equal columns: the first counts.
    """
    if not len(log_probs):
        return []
    best = log_probs.argmax(axis=1)
    value = log_probs.max(axis=1)
    begins = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(begins[1:], len(best))
    return [
        HeardPhone(int(best[begin]), (frame := int(begin + value[begin:end].argmax())),
                   float(value[frame]))
        for begin, end in zip(begins, ends, strict=True)
        if best[begin] != BLANK
    ]  # fmt: skip
