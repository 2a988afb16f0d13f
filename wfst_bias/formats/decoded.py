"""What `decode` wrote, read back: the times of words, the entities found, and n-best lists.

- read_ctm: `hyp.ctm`.
- read_spans: `entities.jsonl`.
- read_nbest: `nbest.jsonl`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.formats.outputs import LEXICON_LOOKUP
from wfst_bias.formats.results import NbestEntry, Word

Found = TypeVar("Found")


@dataclass(frozen=True)
class WrittenSpan:
    """Hold an entity that was found, as `entities.jsonl` tells it.

    Attributes:
      entity: as the user wrote it.
      start_seconds: from the start of the utterance.
      end_seconds: from the start of the utterance.
      confidence: between 0 and 1; None where it is no number.
      boost_nats: the score that the list declares for it; None where it is infinite.
      adaptive_nats: what its tokens gained beside that.
      replaced: the words whose place it took for what it sounds like; None where the search
        found it.
    """

    entity: str
    start_seconds: float
    end_seconds: float
    confidence: float | None
    boost_nats: float | None
    adaptive_nats: float | None
    replaced: str | None


def read_ctm(path: Path | str) -> dict[str, tuple[Word, ...]]:
    """Read the words of each utterance with their times, in the order of the file.

    Raises:
      InputError: the file cannot be read, or a line is not `ID CHANNEL START DURATION WORD`,
        perhaps with a confidence.
    """
    words: dict[str, list[Word]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        try:
            utterance_id, _, start, duration, text, *confidence = line.split()
            begin, length = float(start), float(duration)
            sure = float(confidence[0]) if confidence else 1.0
        except ValueError as error:
            raise InputError(
                "expected ID CHANNEL START DURATION WORD", path=path, line=number, value=line
            ) from error
        words.setdefault(utterance_id, []).append(Word(text, begin, begin + length, sure))
    return {utterance_id: tuple(found) for utterance_id, found in words.items()}


def read_spans(path: Path | str) -> dict[str, tuple[WrittenSpan, ...]]:
    """Read the entities found in each utterance, in the order of the file.

    Raises:
      InputError: the file cannot be read, or a line is not as `decode` writes it.
    """
    spans: dict[str, tuple[WrittenSpan, ...]] = {}
    for name, span in _read_objects(path, "an entity span", lambda o: (o["utterance"], _span(o))):
        spans[name] = (*spans.get(name, ()), span)
    return spans


def read_nbest(path: Path | str) -> dict[str, tuple[NbestEntry, ...]]:
    """Read the n-best list of each utterance, best first, in the order of the file.

    An utterance that could not be decoded has an empty one.

    Raises:
      InputError: the file cannot be read, a line is not as `decode` writes it, or an utterance is
        given twice.
    """
    lists: dict[str, tuple[NbestEntry, ...]] = {}
    read = _read_objects(path, "an n-best list", lambda o: (o["id"], _nbest(o)))
    for number, (name, entries) in enumerate(read, start=1):
        if name in lists:
            raise InputError("an utterance given twice", path=path, line=number, value=name)
        lists[name] = entries
    return lists


def _span(fields: Mapping[str, Any]) -> WrittenSpan:
    looked_up = fields.get("source") == LEXICON_LOOKUP
    return WrittenSpan(
        entity=_string(fields["entity"]),
        start_seconds=float(fields["start_seconds"]),
        end_seconds=float(fields["end_seconds"]),
        confidence=_number(fields.get("confidence")),
        boost_nats=_number(fields.get("boost_nats")),
        adaptive_nats=_number(fields.get("adaptive_nats")),
        replaced=" ".join(map(str, fields["replaced"])) if looked_up else None,
    )


def _nbest(fields: Mapping[str, Any]) -> tuple[NbestEntry, ...]:
    ranks = [entry["rank"] for entry in fields["hypotheses"]]
    if ranks != [*range(1, len(ranks) + 1)]:
        raise ValueError("expected ranks from 1 on")
    return tuple(
        NbestEntry(
            words=tuple(_string(entry["text"]).split()),
            score=_number(entry["score"]) or 0.0,
            boost_nats=_number(entry["boost_nats"]) or 0.0,
            phone_nats=_number(entry.get("phone_nats")) or 0.0,
        )
        for entry in fields["hypotheses"]
    )


def _read_objects(
    path: Path | str, expected: str, parse: Callable[[Mapping[str, Any]], tuple[Any, Found]]
) -> Iterator[tuple[str, Found]]:
    for number, line in enumerate(read_lines(path), start=1):
        try:
            utterance_id, found = parse(json.loads(line))
            yield _string(utterance_id), found
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                f"expected {expected} as `decode` writes it", path=path, line=number, value=line
            ) from error


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a string")
    return value


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]
