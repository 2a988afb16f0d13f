"""Kaldi data directories: `wav.scp`, and where they are there `segments`, `text`, `utt2spk`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.formats.recordings import open_recording

if TYPE_CHECKING:
    from lhotse import Recording
    from lhotse.cut import Cut

TO_THE_END = -1.0  # as an end of a segment
OVERSHOOT_SECONDS = 0.5  # past the end, cut off in silence, as Kaldi's extract-segments does


@dataclass(frozen=True)
class _Entry:
    """Hold one line of a table: what stands after the id."""

    rest: str
    path: Path
    line: int

    def fault(self, message: str, remedy: str, value: str | None = None) -> InputError:
        shown = self.rest if value is None else value
        return InputError(message, path=self.path, line=self.line, value=shown, remedy=remedy)


@dataclass(frozen=True)
class _Span:
    """Hold where an utterance lies in a recording, in seconds."""

    recording_id: str
    start: float
    end: float


def read_kaldi_cuts(folder: Path, on_fault: Callable[[str, InputError], None]) -> Iterator[Cut]:
    """Read the utterances of a data directory one by one, in the order of its files.

    Args:
      folder: holds `wav.scp`, whose second column is a path, as seen from the current folder.
      on_fault: called with the id of an utterance that cannot be used, and why.

    Raises:
      InputError: no `wav.scp`, an id twice, a line without its columns, a command with a pipe, a
        text or speaker of an utterance that is not there.
    """
    files = _read_table(folder / "wav.scp")
    for entry in files.values():
        _refuse_command(entry)
    has_segments = (folder / "segments").exists()
    utterances = _read_table(folder / "segments") if has_segments else files
    texts = _read_optional(folder / "text", utterances, may_be_empty=True)
    speakers = _read_optional(folder / "utt2spk", utterances)
    recordings = _Recordings(files)
    for utterance_id, entry in utterances.items():
        try:
            span = _parse_span(entry) if has_segments else _Span(utterance_id, 0.0, TO_THE_END)
            recording = recordings.open(span.recording_id, entry)
            span = _fit(span, recording, entry)
        except InputError as error:
            on_fault(utterance_id, error)
            continue
        yield _cut(utterance_id, recording, span, texts.get(utterance_id), speakers)


class _Recordings:
    """Open each recording once, however many utterances it has; a fault is kept as well."""

    def __init__(self, files: Mapping[str, _Entry]) -> None:
        self._files = files
        self._opened: dict[str, Recording | InputError] = {}

    def open(self, recording_id: str, wanted_by: _Entry) -> Recording:
        if recording_id not in self._files:
            raise wanted_by.fault(
                "a segment of an unknown recording",
                f"add {recording_id} to {wanted_by.path.with_name('wav.scp')}",
                recording_id,
            )
        if recording_id not in self._opened:
            self._opened[recording_id] = self._open(recording_id)
        found = self._opened[recording_id]
        if isinstance(found, InputError):
            raise found
        return found

    def _open(self, recording_id: str) -> Recording | InputError:
        entry = self._files[recording_id]
        try:
            return open_recording(entry.rest, recording_id)
        except InputError as error:
            return InputError(
                f"recording {recording_id}: {error}", path=entry.path, line=entry.line
            )


def _read_table(path: Path, may_be_empty: bool = False) -> dict[str, _Entry]:
    """Read a table whose lines are an id and something after it, spaces made single."""
    if not path.is_file():
        raise InputError("not there", path=path, remedy="give a Kaldi data directory")
    table: dict[str, _Entry] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        name, *rest = line.split(maxsplit=1)
        entry = _Entry("".join(rest).strip(), path, number)
        if name in table:
            raise entry.fault("an id given twice", "rename or remove one", name)
        if not (entry.rest or may_be_empty):
            raise entry.fault("nothing after the id", "complete the line", name)
        table[name] = entry
    if not table:
        raise InputError("no line in it", path=path, remedy="give a Kaldi data directory")
    return table


def _read_optional(
    path: Path, utterances: Mapping[str, _Entry], may_be_empty: bool = False
) -> dict[str, str]:
    if not path.exists():
        return {}
    table = _read_table(path, may_be_empty)
    for name, entry in table.items():
        if name not in utterances:
            raise entry.fault(
                "an utterance that is not in the directory",
                "remove the line, or add the utterance",
                name,
            )
    return {name: " ".join(entry.rest.split()) for name, entry in table.items()}


def _refuse_command(entry: _Entry) -> None:
    if entry.rest.startswith("|") or entry.rest.endswith("|"):
        raise entry.fault(
            "a command; only paths of audio files are read",
            "run it once, write its output to a file, and name the file here",
        )


def _parse_span(entry: _Entry) -> _Span:
    expected = partial(entry.fault, remedy="write `UTTERANCE RECORDING START END`, in seconds")
    try:
        recording_id, *times = entry.rest.split()
        start, end = map(float, times)
    except ValueError as error:
        raise expected("expected a recording and two times after the id") from error
    if not (math.isfinite(start) and math.isfinite(end)) or start < 0:
        raise expected("times that cannot be")
    if end != TO_THE_END and end <= start:
        length = "zero" if end == start else "negative"
        raise entry.fault(f"a segment of {length} length", "correct its times or remove it")
    return _Span(recording_id, start, end)


def _fit(span: _Span, recording: Recording, entry: _Entry) -> _Span:
    """Return a span with its end within the recording."""
    duration = float(recording.duration)
    end = duration if span.end == TO_THE_END else span.end
    if span.start >= duration or end > duration + OVERSHOOT_SECONDS:
        raise entry.fault(
            f"a segment past the end of the recording, which has {duration:g} s",
            "correct its times, or check that the recording is whole",
        )
    return _Span(span.recording_id, span.start, min(end, duration))


def _cut(
    utterance_id: str,
    recording: Recording,
    span: _Span,
    text: str | None,
    speakers: Mapping[str, str],
) -> Cut:
    from lhotse import MonoCut, MultiCut, SupervisionSegment

    duration = round(span.end - span.start, ndigits=8)
    channels = recording.channel_ids
    channel = channels[0] if len(channels) == 1 else channels
    supervision = SupervisionSegment(
        id=utterance_id,
        recording_id=recording.id,
        start=0.0,
        duration=duration,
        channel=channel,
        text=text,
        speaker=speakers.get(utterance_id),
    )
    return (MonoCut if len(channels) == 1 else MultiCut)(
        id=utterance_id,
        start=span.start,
        duration=duration,
        channel=channel,
        supervisions=[supervision],
        recording=recording,
    )
