"""Utterances with their audio, as Lhotse's CutSet: from a Kaldi data directory or a manifest.

What is wrong with a file as a whole raises. What is wrong with one utterance, such as a recording
that is missing, raises too unless the caller takes it: `on_fault` is given the utterance and the
error, and the others are read. Lhotse is an optional extra of this package (`corpora`).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wfst_bias.errors import InputError
from wfst_bias.formats.kaldi_data import read_kaldi_cuts
from wfst_bias.formats.recordings import check_sources, recordings_of

if TYPE_CHECKING:
    from lhotse import CutSet
    from lhotse.cut import Cut

OnFault = Callable[[str, InputError], None]

SUFFIXES = (".jsonl", ".jsonl.gz")
CUT_TYPES = ("MonoCut", "MultiCut", "MixedCut")
ROUNDING_SECONDS = 1e-3  # by which a cut may seem to end after its recording


def read_cuts(path: Path | str, on_fault: OnFault | None = None) -> CutSet:
    """Read the utterances of a Kaldi data directory or of a Lhotse manifest of cuts.

    Args:
      path: a folder with `wav.scp`, and perhaps `segments`, `text` and `utt2spk`; or a file
        `.jsonl` or `.jsonl.gz`.
      on_fault: called with the id and the error of an utterance that cannot be used, which is
        then left out; without it, the error is raised.

    Returns:
      The cuts in the order of the file. Audio is read later, by `recordings.read_samples`; of a
      Kaldi directory the headers are read here, of a manifest nothing but whether files are there.

    Raises:
      InputError: a file is missing or malformed, an id is there twice, a source is a command;
        without `on_fault` also an empty segment, one past the end of its recording or of an
        unknown recording, and a recording that is missing or corrupt.
    """
    from lhotse import CutSet

    return CutSet.from_cuts(iterate_cuts(path, on_fault))


def iterate_cuts(path: Path | str, on_fault: OnFault | None = None) -> Iterator[Cut]:
    """Read the same cuts one by one; what is at fault is reported in its place among them."""
    path = Path(path)
    report = on_fault or _raise
    if path.is_dir():
        return read_kaldi_cuts(path, report)
    if not path.name.endswith(SUFFIXES):
        raise InputError(
            "neither a folder nor a manifest of cuts",
            path=path,
            remedy="give a Kaldi data directory or a Lhotse file .jsonl or .jsonl.gz",
        )
    return _read_manifest(path, report)


def _raise(utterance_id: str, fault: InputError) -> None:
    raise fault


def _read_manifest(path: Path, on_fault: OnFault) -> Iterator[Cut]:
    seen: set[str] = set()
    for number, line in _read_lines(path):
        cut = _parse_cut(path, number, line)
        if cut.id in seen:
            raise InputError(
                "a cut given twice", path=path, line=number, value=cut.id, remedy="rename one"
            )
        seen.add(cut.id)
        try:
            _check_cut(cut)
        except InputError as error:
            on_fault(cut.id, InputError(f"cut {cut.id}: {error}", path=path, line=number))
        else:
            yield cut


def _read_lines(path: Path) -> Iterator[tuple[int, str]]:
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.strerror:  # not what gzip raises
            raise InputError(f"cannot be read ({error.strerror})", path=path) from error
        message = f"cannot be read after line {number} ({error})"
        raise InputError(message, path=path, remedy="make or copy the file again") from error


def _parse_cut(path: Path, number: int, line: str) -> Cut:
    from lhotse.serialization import deserialize_item

    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON ({error.msg})", path=path, line=number, value=line.strip()
        ) from error
    kind = fields.get("type") if isinstance(fields, dict) else None
    if kind not in CUT_TYPES:
        raise InputError(
            f"not a cut; expected a type {', '.join(CUT_TYPES)}",
            path=path,
            line=number,
            value=kind,
            remedy="give the manifest of cuts, not that of recordings or supervisions",
        )
    try:
        return deserialize_item(fields)
    except Exception as error:  # Lhotse checks by whatever its constructors raise
        message = f"not a {kind} of Lhotse ({type(error).__name__}: {error})"
        raise InputError(message, path=path, line=number) from error


def _check_cut(cut: Cut) -> None:
    recordings = recordings_of(cut)
    if not recordings:
        raise InputError("no recording", remedy="make the manifest from recordings, not features")
    for recording in recordings:
        check_sources(recording)
    if not cut.duration > 0:
        raise InputError("a segment without length", value=cut.duration, remedy="leave it out")
    for part in [track.cut for track in cut.tracks] if hasattr(cut, "tracks") else [cut]:
        recording = getattr(part, "recording", None)
        if recording is not None and not _is_inside(part, recording.duration):
            raise InputError(
                f"not within its recording of {recording.duration:g} s",
                value=f"{part.start:g} to {part.end:g} s",
                remedy="correct start and duration, or the recording",
            )


def _is_inside(part: Cut, duration_seconds: float) -> bool:
    return bool(part.start >= 0 and part.end <= duration_seconds + ROUNDING_SECONDS)
