"""What became of a corpus: `report.txt` for people, `left_out.jsonl` for programs."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.corpora.options import SelectionOptions
from local.corpora.segments import SPLITS, Corpus, LeftOut, Reason
from local.corpora.selection import Utterance
from wfst_bias.files import write_text

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Outcome:
    """Hold what became of every segment of a corpus.

    Attributes:
      folder: what was prepared.
      n_several_channels: of those used, how many have several channels.
    """

    corpus: Corpus
    folder: Path
    options: SelectionOptions
    utterances: Sequence[Utterance]
    left_out: Sequence[LeftOut]
    n_several_channels: int

    def of_split(self, split: str) -> list[Utterance]:
        """Return the utterances of one split."""
        return [utterance for utterance in self.utterances if utterance.first.split == split]


def write_report(outcome: Outcome, out: Path) -> None:
    """Write `report.txt`, and `left_out.jsonl` with a line for every segment left out."""
    sections = (
        _heading(outcome),
        _splits(outcome),
        _reasons(outcome.left_out),
        _files(outcome.left_out),
        _letters(outcome),
        _shared(outcome),
    )
    write_text(out / "report.txt", "\n".join("\n".join(s) + "\n" for s in sections if s))
    lines = (json.dumps(_record(one), ensure_ascii=False) for one in outcome.left_out)
    write_text(out / "left_out.jsonl", "".join(f"{line}\n" for line in lines))


def _heading(outcome: Outcome) -> list[str]:
    options = outcome.options
    lines = [
        f"{outcome.corpus.title}, prepared from {outcome.folder}",
        f"utterances of {options.min_seconds:g} to {options.max_seconds:g} s; segments below "
        f"{options.join_below_seconds:g} s joined across pauses of up to "
        f"{options.max_gap_seconds:g} s",
    ]
    unused = len(outcome.corpus.audio) - len({s.recording_id for s in outcome.corpus.segments})
    if unused:
        lines.append(f"recordings that no segment names: {unused}")
    if outcome.n_several_channels:
        lines.append(
            f"recordings with several channels, of which the first is used: "
            f"{outcome.n_several_channels}"
        )
    return lines


def _splits(outcome: Outcome) -> list[str]:
    columns = ("split", "segments", "left out", "kept", "utterances", "hours", "recordings")
    rows = [(*columns, "speakers")]
    left_out = Counter(one.segment.split for one in outcome.left_out)
    others = sorted(left_out.keys() - set(SPLITS))
    for split in (*SPLITS, *others):
        utterances = outcome.of_split(split)
        kept = sum(len(utterance.segments) for utterance in utterances)
        hours = sum(utterance.duration for utterance in utterances) / SECONDS_PER_HOUR
        recordings = {utterance.first.recording_id for utterance in utterances}
        speakers = {utterance.first.speaker for utterance in utterances} - {None}
        counts = (kept + left_out[split], left_out[split], kept, len(utterances), f"{hours:.3f}")
        rows.append(
            (split or "-", *map(str, counts), str(len(recordings)), str(len(speakers) or "-"))
        )
    return _table(rows)


def _reasons(left_out: Sequence[LeftOut]) -> list[str]:
    if not left_out:
        return ["No segment is left out."]
    counts = Counter(one.reason for one in left_out)
    seconds: Counter[Reason] = Counter()
    for one in left_out:
        if one.segment.has_times and math.isfinite(one.segment.end):
            seconds[one.reason] += one.segment.duration
    rows = [("left out because", "segments", "hours")]
    for reason in Reason:
        if counts[reason]:
            hours = f"{seconds[reason] / SECONDS_PER_HOUR:.3f}"
            rows.append((reason.value, str(counts[reason]), hours))
    return [*_table(rows), "Each of them is a line of left_out.jsonl."]


def _files(left_out: Iterable[LeftOut]) -> list[str]:
    of_audio = (Reason.MISSING, Reason.UNREADABLE)
    counts = Counter(one.detail for one in left_out if one.reason in of_audio)
    lines = [f"  {detail}: segments left out: {n}" for detail, n in sorted(counts.items())]
    return ["Audio that could not be used:", *lines] if lines else []


def _letters(outcome: Outcome) -> list[str]:
    letters: Counter[str] = Counter()
    for utterance in outcome.utterances:
        letters.update(utterance.text)
    del letters[" "]
    lines = [f"Letters of the texts that are kept: {' '.join(sorted(letters))}"]
    lost: Counter[str] = Counter()
    for one in outcome.left_out:
        if one.reason is Reason.NO_LETTER:
            lost.update(one.detail.split())
    if lost:
        shown = ", ".join(f"{c} ({n})" for c, n in lost.most_common())
        lines.append(f"Characters without a letter, and in how many segments: {shown}")
    return lines


def _shared(outcome: Outcome) -> list[str]:
    lines = []
    for what, attribute in (("recordings", "recording_id"), ("speakers", "speaker")):
        found: Mapping[str, set[str]] = defaultdict(set)
        for utterance in outcome.utterances:
            value = getattr(utterance.first, attribute)
            if value is not None:
                found[value].add(utterance.first.split)
        shared = sum(len(splits) > 1 for splits in found.values())
        if shared:
            lines.append(f"Note: {what} that are in more than one split: {shared}")
    return lines


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _record(one: LeftOut) -> dict[str, object]:
    segment = one.segment
    return {
        "id": segment.id,
        "recording_id": segment.recording_id,
        "split": segment.split,
        "start": segment.start if math.isfinite(segment.start) else None,
        "end": segment.end if math.isfinite(segment.end) else None,
        "text": segment.text,
        "reason": one.reason.value,
        "detail": one.detail,
        "path": str(segment.path),
        "line": segment.line,
    }
