"""Lists of entities as people keep them, read line by line.

read_list           reads a list in any of the formats below
parse_phrases       takes phrases that a program already holds
read_entities_tsv   reads the published biasing lists: one list per utterance
split_classes       takes the classes off the end of a line

The formats, recognized per line unless one is named:

  plain    PHRASE                                    (WeNet)
  sherpa   PHRASE :SCORE @WRITTEN FORM ~SPOKEN FORM  (sherpa-onnx; `~` is ours and repeatable)
  tsv      PHRASE<TAB>SCORE                          (NeMo, flashlight)
  ctc-ws   WRITTEN_SPELLING_SPELLING                 (NeMo's CTC-WS)
  json     ["PHRASE", "PHRASE"]                      (Vosk, Riva; the whole file)

A score is in nats, for the whole phrase. Lines that begin with `#` are comments. In any format a
line may end in the classes that it belongs to, as in `PHRASE <person>`, and in the language that it
is pronounced in, as espeak-ng names it: `PHRASE <lang:pl>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

LONGEST_LINE = 1_000
# Scores are added to float32 path scores, which are too coarse beyond this.
LARGEST_SCORE_NATS = 1_000.0

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_FIELD = re.compile(r"(?:^|(?<=\s))([:@~#])(?=\S|$)")
_CLASSES = re.compile(r"(?:(?:^|\s+)<[^<>\s]+>)+$")
_LANGUAGE = re.compile(r"<lang:([a-z-]+)>")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class ListLine:
    """Hold what one line of a list asks for.

    Attributes:
      line: its number, from 1; in a JSON array, the number of the element.
      text: the line as it stands.
      written: what the recognizer shall write.
      spoken: how it may be said, one phrase or several.
      score: the gain in nats of a path that completes it; None stands for the default.
      notes: what was read otherwise than it stands.
      classes: the class words of the classes it belongs to, sorted; none stands for all.
      file: the list's file, where a list comes from several.
      language: that it is pronounced in, as espeak-ng names it; empty to guess it.
    """

    line: int
    text: str
    written: str
    spoken: tuple[str, ...]
    score: float | None = None
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    file: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """Hold a line that cannot be read, with the reason."""

    line: int
    text: str
    reason: str
    file: str = ""


@dataclass(frozen=True)
class UtteranceList:
    """Hold one utterance of the published biasing lists.

    Attributes:
      utterance_id: its name.
      text: the reference.
      rare: the reference's rare words.
      entities: the list to bias with: the rare words among distractors.
    """

    utterance_id: str
    text: str
    rare: tuple[str, ...]
    entities: tuple[str, ...]


class _LineFault(Exception):
    """Say why a line is rejected."""


def read_list(path: Path | str, list_format: str = "auto") -> tuple[ListLine | RejectedLine, ...]:
    """Read a list: one result per line that is neither blank nor a comment.

    Args:
      path: a UTF-8 file.
      list_format: "auto" or one of the formats of this module.

    Raises:
      InputError: an unknown format, a file that cannot be read, or broken JSON.
    """
    if list_format != "json" and list_format not in _LINE_PARSERS:
        known = ", ".join([*_LINE_PARSERS, "json"])
        raise InputError(f"expected a list format among {known}", value=list_format)
    lines = read_lines(path)
    if list_format == "json" or (list_format == "auto" and _begins_array(lines)):
        return parse_phrases(_load_array(lines, path))
    texts = ((number, text) for number, text in enumerate(lines, start=1) if not _is_comment(text))
    return tuple(_parse_each(texts, _LINE_PARSERS[list_format]))


def parse_phrases(
    phrases: Iterable[object], list_format: str = "plain"
) -> tuple[ListLine | RejectedLine, ...]:
    """Take phrases numbered from 1, as they stand unless another line format is named.

    Classes at their ends are taken off all the same.

    Blank ones and those that are no strings are rejected.
    """
    if isinstance(phrases, str):
        raise InputError("expected several phrases, found one string", value=phrases)
    return tuple(_parse_each(enumerate(phrases, start=1), _LINE_PARSERS[list_format]))


def read_entities_tsv(path: Path | str) -> dict[str, UtteranceList]:
    """Read a biasing list of LibriSpeech's form: id, text, rare words, list; the last two in JSON.

    Source: Le et al., "Contextualized streaming end-to-end speech recognition with trie-based
    deep biasing and shallow fusion", Interspeech 2021.

    Raises:
      InputError: a line without four columns, broken JSON, or an utterance given twice.
    """
    utterances: dict[str, UtteranceList] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        utterance = _parse_utterance(line, path, number)
        if utterance.utterance_id in utterances:
            raise InputError(
                "an utterance given twice", path=path, line=number, value=utterance.utterance_id
            )
        utterances[utterance.utterance_id] = utterance
    return utterances


def split_classes(text: str) -> tuple[str, tuple[str, ...]]:
    """Split the class words off the end of a line: `Bled <place>` has one, `Bled` none."""
    named = _CLASSES.search(text)
    if named is None:
        return text, ()
    return text[: named.start()], tuple(sorted(set(named.group().split())))


def _parse_utterance(line: str, path: Path | str, number: int) -> UtteranceList:
    columns = line.split("\t")
    if len(columns) != 4:
        raise InputError(
            f"expected 4 columns (id, text, rare words, list), found {len(columns)}",
            path=path,
            line=number,
            value=line,
        )
    utterance_id, text, rare, entities = columns
    if not utterance_id.strip():
        raise InputError("an utterance without an id", path=path, line=number, value=line)
    return UtteranceList(
        utterance_id.strip(),
        text.strip(),
        _load_words(rare, path, number),
        _load_words(entities, path, number),
    )


def _load_words(column: str, path: Path | str, number: int) -> tuple[str, ...]:
    try:
        words = json.loads(column)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InputError("expected a JSON array of strings", path=path, line=number, value=column)
    return tuple(words)


def _begins_array(lines: list[str]) -> bool:
    first = next((text for line in lines if (text := line.strip())), "")
    return first.startswith("[")


def _load_array(lines: list[str], path: Path | str) -> list[object]:
    remedy = "correct it, or name the list format if this is no JSON"
    try:
        array = json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        raise InputError(
            f"broken JSON at column {error.colno} ({error.msg})",
            path=path,
            line=error.lineno,
            remedy=remedy,
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"JSON that cannot be read ({error})", path=path, remedy=remedy) from error
    if not isinstance(array, list):
        raise InputError("expected a JSON array of strings", path=path, value=array)
    return array


def _is_comment(text: str) -> bool:
    stripped = text.strip()
    return not stripped or stripped.startswith("#")


def _parse_each(
    numbered: Iterable[tuple[int, object]], parse: Callable[[int, str], ListLine]
) -> Iterator[ListLine | RejectedLine]:
    for number, value in numbered:
        try:
            text = _checked(value)
            phrase, marks = split_classes(text)
            if not phrase:
                raise _LineFault(f"no phrase before {text}")
            read = parse(number, phrase)
            if marks:
                classes, language = _split_language(marks)
                read = replace(read, text=text, classes=classes, language=language)
            yield read
        except _LineFault as fault:
            yield RejectedLine(number, str(value), str(fault))


def _split_language(marks: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Part the language of a line from its classes."""
    languages = [found[1] for mark in marks if (found := _LANGUAGE.fullmatch(mark))]
    if len(languages) > 1:
        raise _LineFault(f"more than one language: {' '.join(languages)}")
    return tuple(m for m in marks if not _LANGUAGE.fullmatch(m)), "".join(languages)


def _checked(value: object) -> str:
    if not isinstance(value, str):
        raise _LineFault(f"expected a string, found {type(value).__name__}")
    if control := _CONTROL.search(value):
        raise _LineFault(f"control character U+{ord(control.group()):04X}")
    text = value.strip()
    if len(text) > LONGEST_LINE:
        raise _LineFault(f"{len(text)} characters, longer than {LONGEST_LINE}")
    if not text:
        raise _LineFault("nothing but white space")
    return text


def _parse_auto(number: int, text: str) -> ListLine:
    if _FIELD.search(text):
        return _parse_sherpa(number, text)
    if "\t" in text:
        return _parse_tsv(number, text)
    if "_" in text:
        return _parse_recognized_spellings(number, text)
    return _parse_plain(number, text)


def _parse_plain(number: int, text: str) -> ListLine:
    phrase = " ".join(text.split())
    return ListLine(number, text, phrase, (phrase,))


def _parse_sherpa(number: int, text: str) -> ListLine:
    phrase, *parts = (" ".join(part.split()) for part in _FIELD.split(text))
    if not phrase:
        raise _LineFault(f"no phrase before {text.split()[0]}")
    fields: dict[str, list[str]] = {":": [], "@": [], "~": [], "#": []}
    for mark, value in zip(parts[::2], parts[1::2], strict=True):
        if not value:
            raise _LineFault(f"nothing after {mark}")
        if mark != "~" and fields[mark]:
            raise _LineFault(f"{mark} given twice")
        fields[mark].append(value)
    scores = [_parse_number(value, "score") for value in fields[":"]]
    thresholds = [_parse_number(value, "threshold") for value in fields["#"]]
    return ListLine(
        line=number,
        text=text,
        written=fields["@"][0] if fields["@"] else phrase,
        spoken=tuple(fields["~"]) or (phrase,),
        score=scores[0] if scores else None,
        notes=tuple(f"threshold #{threshold:g} ignored" for threshold in thresholds),
    )


def _parse_tsv(number: int, text: str) -> ListLine:
    columns = [" ".join(column.split()) for column in text.split("\t")]
    if len(columns) > 2:
        raise _LineFault(f"expected PHRASE<TAB>SCORE, found {len(columns)} columns")
    phrase = columns[0]
    score = _parse_number(columns[1], "score after the tab") if len(columns) == 2 else None
    return ListLine(number, text, phrase, (phrase,), score)


def _parse_spellings(number: int, text: str) -> ListLine:
    # NeMo matches the spellings alone; the word's own spelling is added because a list
    # without it would lose the word wherever the recognizer already writes it well.
    word, *spellings = (" ".join(field.split()) for field in text.split("_"))
    if not word:
        raise _LineFault("no word before the first underscore")
    if not all(spellings):
        raise _LineFault("an empty spelling between underscores")
    return ListLine(number, text, word, tuple(dict.fromkeys([*spellings, word])))


def _parse_recognized_spellings(number: int, text: str) -> ListLine:
    """Note how the line was read, unless a spelling repeats the word and so leaves no doubt."""
    line = _parse_spellings(number, text)
    word = _squeeze(line.written)
    if any(_squeeze(spelling) == word for spelling in line.spoken[:-1]):
        return line
    note = f"read as {line.written!r} said {' or '.join(map(repr, line.spoken[:-1]))}"
    return ListLine(number, text, line.written, line.spoken, notes=(note,))


def _squeeze(phrase: str) -> str:
    return phrase.replace(" ", "").casefold()


def _parse_number(value: str, name: str) -> float:
    if not _NUMBER.fullmatch(value):
        raise _LineFault(f"expected a number as {name}, found {value!r}")
    number = float(value)
    if abs(number) > LARGEST_SCORE_NATS:
        raise _LineFault(f"expected a {name} of at most {LARGEST_SCORE_NATS:g}, found {value!r}")
    return number + 0.0  # -0 becomes 0


_LINE_PARSERS: dict[str, Callable[[int, str], ListLine]] = {
    "auto": _parse_auto,
    "plain": _parse_plain,
    "sherpa": _parse_sherpa,
    "tsv": _parse_tsv,
    "ctc-ws": _parse_spellings,
}
