"""Train, dev and test of a corpus whose own splits are not to be used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from local.corpora.segments import Segment

SHARES = {"test": 0.1, "dev": 0.1}  # of the recordings; the others are for training


def split_by_recording(segments: Sequence[Segment], seed: int) -> list[Segment]:
    """Return the segments with new splits: every recording is in one split as a whole."""
    splits = draw_splits((segment.recording_id for segment in segments), seed)
    return [replace(segment, split=splits[segment.recording_id]) for segment in segments]


def draw_splits(recording_ids: Iterable[str], seed: int) -> dict[str, str]:
    """Draw a split for each recording; the same for the same ids and seed, in whatever order.

    Test and dev have at least one recording each where there are three.
    """
    shuffled = sorted(set(recording_ids), key=lambda name: _digest(f"{seed} {name}"))
    splits = dict.fromkeys(shuffled, "train")
    begin = 0
    for split, share in SHARES.items():
        size = max(round(share * len(shuffled)), int(len(shuffled) > len(SHARES)))
        splits.update(dict.fromkeys(shuffled[begin : begin + size], split))
        begin += size
    return splits


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
