"""Which segments of a corpus are kept, and what becomes of the others.

check_times     segments that lie within a recording that can be read
check_lengths   not too long, with a text
check_overlaps  nobody else speaks in them
check_letters   with a text in the model's letters
join            short neighbours joined into utterances

Each returns what is left, and appends what is not to `left_out`, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from local.corpora.audio import Audio
from local.corpora.options import SelectionOptions
from local.corpora.segments import LeftOut, Reason, Segment
from wfst_bias.entities.normalize import Normalizer


@dataclass(frozen=True)
class Utterance:
    """Hold segments of one recording that follow each other, and their text."""

    segments: tuple[Segment, ...]

    @property
    def first(self) -> Segment:
        """Return the first segment, after which the utterance is named."""
        return self.segments[0]

    @property
    def id(self) -> str:
        """Return the first segment's id, with the number of those joined to it."""
        joined = len(self.segments) - 1
        return f"{self.first.id}+{joined}" if joined else self.first.id

    @property
    def end(self) -> float:
        """Return where the last of them ends, in seconds."""
        return max(segment.end for segment in self.segments)

    @property
    def duration(self) -> float:
        """Return the length in seconds, pauses included."""
        return self.end - self.first.start

    @property
    def text(self) -> str:
        """Return the texts, one space apart."""
        return " ".join(segment.text for segment in self.segments)


def check_times(
    segments: Iterable[Segment], audio: Audio, options: SelectionOptions, left_out: list[LeftOut]
) -> list[Segment]:
    """Return the segments within a readable recording, their ends cut to its end."""
    kept = []
    for segment in segments:
        if not segment.has_times:
            detail = f"{segment.start:g} to {segment.end:g} s"
            left_out.append(LeftOut(segment, Reason.TIMES, detail))
        elif segment.recording_id in audio.faults:
            left_out.append(LeftOut(segment, *audio.faults[segment.recording_id]))
        else:
            seconds = float(audio.recordings[segment.recording_id].duration)
            end = seconds if segment.end == float("inf") else segment.end
            if end <= seconds + options.overshoot_seconds and segment.start < seconds:
                kept.append(replace(segment, end=min(end, seconds)))
            else:
                detail = f"ends at {end:g} s of {seconds:g} s"
                left_out.append(LeftOut(segment, Reason.PAST_END, detail))
    return kept


def check_lengths(
    segments: Iterable[Segment], options: SelectionOptions, left_out: list[LeftOut]
) -> list[Segment]:
    """Return the segments that are not too long and have a text."""
    kept = []
    for segment in segments:
        if segment.duration > options.max_seconds:
            detail = f"{segment.duration:.2f} s; a text without times cannot be split"
            left_out.append(LeftOut(segment, Reason.TOO_LONG, detail))
        elif not segment.text.strip():
            left_out.append(LeftOut(segment, Reason.NO_TEXT))
        else:
            kept.append(segment)
    return kept


def check_overlaps(
    segments: Sequence[Segment], options: SelectionOptions, left_out: list[LeftOut]
) -> list[Segment]:
    """Return the segments in which nobody else speaks; of one given twice, the first.

    Both of two that overlap are left out: neither's text is all that is heard.
    """
    dropped: dict[Segment, LeftOut] = {}
    for together in by_recording(segments).values():
        for index, segment in enumerate(together):
            if segment in dropped and dropped[segment].reason is Reason.GIVEN_TWICE:
                continue
            for other in together[index + 1 :]:
                if segment.end - other.start <= options.overlap_seconds:
                    break
                _note_overlap(segment, other, dropped)
    left_out.extend(dropped[segment] for segment in segments if segment in dropped)
    return [segment for segment in segments if segment not in dropped]


def _note_overlap(segment: Segment, other: Segment, dropped: dict[Segment, LeftOut]) -> None:
    def key(one: Segment) -> tuple[float, float, str]:
        return one.start, one.end, one.text

    if key(segment) == key(other):
        dropped[other] = LeftOut(other, Reason.GIVEN_TWICE, f"as {segment.id}")
        return
    for one, another in ((segment, other), (other, segment)):
        dropped.setdefault(one, LeftOut(one, Reason.OVERLAPPING, f"with {another.id}"))


def check_letters(
    segments: Iterable[Segment], normalizer: Normalizer, left_out: list[LeftOut]
) -> list[Segment]:
    """Return the segments with their text in the model's letters, where it has letters for all."""
    kept = []
    for segment in segments:
        normalized = normalizer.normalize(segment.text)
        if normalized.unspeakable:
            detail = " ".join(normalized.unspeakable)
            left_out.append(LeftOut(segment, Reason.NO_LETTER, detail))
        elif not normalized.form:
            left_out.append(LeftOut(segment, Reason.NO_TEXT, "nothing but punctuation"))
        else:
            kept.append(replace(segment, text=normalized.form))
    return kept


def join(
    segments: Sequence[Segment],
    options: SelectionOptions,
    left_out: list[LeftOut],
) -> list[Utterance]:
    """Join short segments with their neighbours; return the utterances that are long enough.

    Neighbours are of one split and speaker, with a short pause between and no segment that was
    left out: that would be speech without its text.
    """
    barriers = defaultdict(list)
    for one in left_out:
        if one.reason is not Reason.GIVEN_TWICE:
            barriers[one.segment.recording_id].append(one.segment.start)
    utterances = []
    for recording_id, together in by_recording(segments).items():
        for utterance in _join_recording(together, barriers[recording_id], options):
            if utterance.duration >= options.min_seconds:
                utterances.append(utterance)
            else:
                detail = f"{utterance.duration:.2f} s"
                left_out.extend(LeftOut(s, Reason.TOO_SHORT, detail) for s in utterance.segments)
    return utterances


def _join_recording(
    segments: Sequence[Segment], barriers: Sequence[float], options: SelectionOptions
) -> list[Utterance]:
    joined: list[Utterance] = []
    for segment in segments:
        one = Utterance((segment,))
        if joined and _may_join(joined[-1], one, barriers, options):
            joined[-1] = Utterance((*joined[-1].segments, segment))
        else:
            joined.append(one)
    return joined


def _may_join(
    before: Utterance, after: Utterance, barriers: Sequence[float], options: SelectionOptions
) -> bool:
    first, second = before.segments[-1], after.first
    return (
        min(before.duration, after.duration) < options.join_below_seconds
        and (first.split, first.speaker) == (second.split, second.speaker)
        and second.start - before.end <= options.max_gap_seconds
        and after.end - before.first.start <= options.max_seconds
        and not any(before.first.start <= start < second.start for start in barriers)
    )


def by_recording(segments: Iterable[Segment]) -> dict[str, list[Segment]]:
    """Return the segments of each recording in the order of time."""
    grouped: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        grouped[segment.recording_id].append(segment)
    for together in grouped.values():
        together.sort(key=lambda segment: (segment.start, segment.end))
    return dict(grouped)
