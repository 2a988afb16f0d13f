"""What a downloaded corpus of simulated patient interviews holds.

Its layout is that of Lhotse's recipe `medical`: `medical_{train,dev,test}.info`, whose lines are
`audio/RES0001.mp3[START,END]`, a tab and the text, and the folder `audio`. The recipe itself is
not called: it ends at a comma in a text and at the first unreadable file, and its ids change with
every run. Here segments are numbered within their recording.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path, PurePosixPath

from local.corpora.segments import SPLITS, Corpus, LeftOut, Reason, Segment
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

NAME, TITLE = "medical", "Simulated patient interviews"
EXPECTED = "expected AUDIO[START,END], a tab, TEXT"

_LINE = re.compile(r"(?P<audio>[^\[\t]+)\[(?P<start>[^,\]]*),(?P<end>[^\]]*)\](?:\t(?P<text>.*))?")


def read_medical(folder: Path) -> Corpus:
    """Read the lists of segments; audio is not opened.

    Raises:
      InputError: a list is missing or cannot be read.
    """
    if not folder.is_dir():
        raise InputError("no such folder", path=folder, remedy="name the downloaded folder")
    segments: list[Segment] = []
    malformed: list[LeftOut] = []
    audio: dict[str, Path] = {}
    counts: Counter[str] = Counter()
    for split in SPLITS:
        path = folder / f"medical_{split}.info"
        if not path.is_file():
            raise InputError(
                "not there",
                path=path,
                remedy="name the folder that has medical_{train,dev,test}.info and audio/",
            )
        for number, line in enumerate(read_lines(path), start=1):
            if line.strip():
                segment, audio_name = _parse(line, split, path, number, counts)
                if not audio_name:
                    malformed.append(LeftOut(segment, Reason.MALFORMED, EXPECTED))
                    continue
                segments.append(segment)
                audio[segment.recording_id] = folder / audio_name
    return Corpus(NAME, TITLE, segments, audio, malformed)


def _parse(
    line: str, split: str, path: Path, number: int, counts: Counter[str]
) -> tuple[Segment, str]:
    """Return a segment and the name of its audio file, which is empty for a malformed line."""
    found = _LINE.fullmatch(line)
    start, end = (_seconds(found[name]) for name in ("start", "end")) if found else (math.nan,) * 2
    if found is None or math.isnan(start) or math.isnan(end):
        lost = Segment(f"{path.name}:{number}", "", split, math.nan, math.nan, line, path, number)
        return lost, ""
    recording_id = str(PurePosixPath(found["audio"]).with_suffix("")).removeprefix("audio/")
    counts[recording_id] += 1
    segment_id = f"{recording_id}_{counts[recording_id]}"
    segment = Segment(
        segment_id, recording_id, split, start, end, found["text"] or "", path, number
    )
    return segment, found["audio"]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
