"""The manifests of a prepared corpus: recordings, supervisions and cuts of each split."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lhotse import (
    CutSet,
    MonoCut,
    Recording,
    RecordingSet,
    SupervisionSegment,
    SupervisionSet,
)

from local.corpora.selection import Utterance

CHANNEL = 0  # as in Lhotse's recipes of these corpora
DIGITS = 8  # Lhotse's rounding of seconds


def write_manifests(
    out: Path,
    name: str,
    split: str,
    utterances: Sequence[Utterance],
    recordings: Mapping[str, Recording],
) -> None:
    """Write `NAME_{recordings,supervisions,cuts}_SPLIT.jsonl.gz`, one cut for each utterance."""
    cuts = [
        make_cut(utterance, recordings[utterance.first.recording_id]) for utterance in utterances
    ]
    supervisions = [make_supervision(utterance) for utterance in utterances]
    used = {cut.recording_id: cut.recording for cut in cuts}
    _write(RecordingSet.from_recordings(used.values()), out / f"{name}_recordings_{split}.jsonl.gz")
    _write(
        SupervisionSet.from_segments(supervisions), out / f"{name}_supervisions_{split}.jsonl.gz"
    )
    _write(CutSet.from_cuts(cuts), out / f"{name}_cuts_{split}.jsonl.gz")


def make_supervision(utterance: Utterance) -> SupervisionSegment:
    """Return what is said in an utterance, at its place in the recording."""
    custom = {"segments": [segment.id for segment in utterance.segments]}
    originals = [segment.original_text for segment in utterance.segments]
    if all(originals):
        custom["orig_text"] = " ".join(originals)
    first = utterance.first
    return SupervisionSegment(
        id=utterance.id,
        recording_id=first.recording_id,
        start=round(first.start, DIGITS),
        duration=round(utterance.duration, DIGITS),
        channel=CHANNEL,
        language="en",
        text=utterance.text,
        speaker=first.speaker,
        gender=first.gender,
        custom=custom,
    )


def make_cut(utterance: Utterance, recording: Recording) -> MonoCut:
    """Return the part of a recording that an utterance is, with its supervision."""
    supervision = make_supervision(utterance)
    return MonoCut(
        id=utterance.id,
        start=supervision.start,
        duration=supervision.duration,
        channel=CHANNEL,
        supervisions=[supervision.with_offset(-supervision.start)],
        recording=recording,
    )


def _write(manifest: RecordingSet | SupervisionSet | CutSet, path: Path) -> None:
    """Write a manifest that appears under its name only when it is complete."""
    unfinished = path.with_name(f".unfinished.{path.name}")
    manifest.to_file(unfinished)
    os.replace(unfinished, path)
