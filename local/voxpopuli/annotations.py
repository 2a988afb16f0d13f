"""What a downloaded VoxPopuli holds, in either of the two layouts that it comes in.

Sessions: the annotations `asr_LANG.tsv.gz` as published, columns between `|`, and whole sessions
`raw_audios/{LANG,original}/YEAR/SESSION_{LANG,original}.ogg`. Ids are those that Lhotse's recipe
`voxpopuli` gives. The recipe itself is not called: it would download annotations that lie
elsewhere, end at the first unreadable file, and drop segments without a word.

Segments: what VoxPopuli's own tools cut out of the sessions,
`transcribed_data/LANG/asr_SPLIT.tsv`, columns between tabs, and `YEAR/ID.ogg` beside it.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.corpora.segments import SPLITS, Corpus, LeftOut, Reason, Segment
from wfst_bias.errors import InputError

NAME, TITLE, LANGUAGE = "voxpopuli", "VoxPopuli (English)", "en"
ROOTS = (LANGUAGE, "original")  # in the order in which a session is looked for
SESSION_COLUMNS = (
    "session_id",
    "start_time",
    "end_time",
    "normed_text",
    "original_text",
    "speaker_id",
    "gender",
    "split",
)
SEGMENT_COLUMNS = ("id", "raw_text", "normalized_text", "speaker_id", "split", "gender")


@dataclass(frozen=True)
class Row:
    """Hold one line of a table: its values by the names of their columns."""

    values: Mapping[str | None, str | None]
    path: Path
    line: int

    def __getitem__(self, column: str) -> str:
        return self.values.get(column) or ""

    @property
    def fault(self) -> str:
        """Return what is wrong with the number of its columns, if anything is."""
        if None in self.values:
            return "more columns than the header"
        missing = next((name for name, value in self.values.items() if value is None), None)
        return f"no column {missing}" if missing is not None else ""


def read_voxpopuli(folder: Path, annotations: Path | None = None) -> Corpus:
    """Read the annotations of VoxPopuli and find its audio files.

    Args:
      folder: what was downloaded.
      annotations: `asr_en.tsv` or `.tsv.gz`, where it lies elsewhere.

    Raises:
      InputError: the folder has neither layout, a table lacks a column or cannot be read, or two
        files are of one session.
    """
    if not folder.is_dir():
        raise InputError("no such folder", path=folder, remedy="name the downloaded folder")
    table = annotations or _find_annotations(folder)
    if table is not None:
        return _read_sessions(folder, table)
    tables = [_segments_folder(folder) / f"asr_{split}.tsv" for split in SPLITS]
    if any(path.exists() for path in tables):
        return _read_segments(folder, [path for path in tables if path.exists()])
    raise InputError(
        f"no VoxPopuli in it: neither asr_{LANGUAGE}.tsv.gz nor "
        f"transcribed_data/{LANGUAGE}/asr_train.tsv",
        path=folder,
        remedy="name the folder that has raw_audios/, and the table with --annotations",
    )


def _segments_folder(folder: Path) -> Path:
    return folder / "transcribed_data" / LANGUAGE


def _find_annotations(folder: Path) -> Path | None:
    places = (folder, _segments_folder(folder), folder / "annotations" / "asr")
    names = (f"asr_{LANGUAGE}.tsv.gz", f"asr_{LANGUAGE}.tsv")
    return next((p / n for p in places for n in names if (p / n).is_file()), None)


def _read_sessions(folder: Path, table: Path) -> Corpus:
    files = _find_sessions(folder / "raw_audios")
    segments: list[Segment] = []
    malformed: list[LeftOut] = []
    counts: Counter[str] = Counter()
    audio = dict(files)
    for row in _read_rows(table, SESSION_COLUMNS, delimiter="|"):
        session = row["session_id"]
        segment_id = f"{table.name}:{row.line}"
        if row["split"] in SPLITS:  # only these are counted by Lhotse's recipe
            counts[session] += 1
            segment_id = f"{session}-{counts[session]}"
        segment = _session_segment(row, segment_id)
        fault = _fault(row, segment)
        if fault is not None:
            malformed.append(LeftOut(segment, *fault))
            continue
        segments.append(segment)
        audio.setdefault(session, _expected_path(folder, session))
    return Corpus(NAME, TITLE, segments, audio, malformed)


def _find_sessions(raw_audios: Path) -> dict[str, Path]:
    """Map each session to its file; a session that is in both roots is taken from the first."""
    roots = [raw_audios / root for root in ROOTS if (raw_audios / root).is_dir()]
    if not roots:
        raise InputError(
            f"no folder {' or '.join(ROOTS)} in it",
            path=raw_audios,
            remedy="unpack the archives of sessions there",
        )
    sessions: dict[str, Path] = {}
    for root in roots:
        of_root: dict[str, Path] = {}
        for path in sorted(root.rglob("*.ogg")):
            session = path.stem.removesuffix(f"_{LANGUAGE}").removesuffix("_original")
            if session in of_root:
                raise InputError(
                    "a second file of one session",
                    path=path,
                    remedy=f"keep it or {of_root[session]}",
                )
            of_root[session] = path
        sessions = of_root | sessions
    return sessions


def _expected_path(folder: Path, session: str) -> Path:
    return folder / "raw_audios" / LANGUAGE / session[:4] / f"{session}_{LANGUAGE}.ogg"


def _session_segment(row: Row, segment_id: str) -> Segment:
    return Segment(
        id=segment_id,
        recording_id=row["session_id"],
        split=row["split"],
        start=_seconds(row["start_time"]),
        end=_seconds(row["end_time"]),
        text=row["normed_text"],
        path=row.path,
        line=row.line,
        speaker=row["speaker_id"] or None,
        gender=row["gender"] or None,
        original_text=row["original_text"] or None,
    )


def _read_segments(folder: Path, tables: Sequence[Path]) -> Corpus:
    segments: list[Segment] = []
    malformed: list[LeftOut] = []
    audio: dict[str, Path] = {}
    for table in tables:
        # Written without quotes: a quotation mark is a character like any other.
        for row in _read_rows(table, SEGMENT_COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE):
            segment = Segment(
                id=row["id"],
                recording_id=row["id"],
                split=row["split"],
                start=0.0,
                end=math.inf,
                text=row["normalized_text"],
                path=row.path,
                line=row.line,
                speaker=row["speaker_id"] or None,
                gender=row["gender"] or None,
                original_text=row["raw_text"] or None,
            )
            fault = _fault(row, segment)
            if fault is None and segment.id in audio:
                fault = Reason.GIVEN_TWICE, f"id {segment.id}"
            if fault is not None:
                malformed.append(LeftOut(segment, *fault))
                continue
            segments.append(segment)
            year = segment.id[:4]
            audio[segment.id] = _segments_folder(folder) / year / f"{segment.id}.ogg"
    return Corpus(NAME, TITLE, segments, audio, malformed)


def _fault(row: Row, segment: Segment) -> tuple[Reason, str] | None:
    if row.fault or not segment.recording_id:
        return Reason.MALFORMED, row.fault or "no id"
    if segment.split not in SPLITS:
        return Reason.NO_SPLIT, segment.split
    if math.isnan(segment.start) or math.isnan(segment.end):
        return Reason.MALFORMED, f"times {row['start_time']!r} and {row['end_time']!r}"
    return None


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _read_rows(path: Path, columns: Sequence[str], **dialect: Any) -> Iterator[Row]:
    """Read a table with a header, as it is or compressed.

    Raises:
      InputError: the file cannot be read, or the header lacks a column.
    """
    opener: Any = gzip.open if path.suffix == ".gz" else open
    line = 0
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, **dialect)
            _check_header(path, reader.fieldnames or (), columns)
            for values in reader:
                line = reader.line_num
                yield Row(values, path, line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read after line {line} ({error})"
        raise InputError(message, path=path, remedy="download it again") from error


def _check_header(path: Path, found: Sequence[str], expected: Sequence[str]) -> None:
    missing = next((column for column in expected if column not in found), None)
    if missing is not None:
        raise InputError(
            f"no column {missing}",
            path=path,
            line=1,
            value=" ".join(found),
            remedy="give VoxPopuli's own table",
        )
