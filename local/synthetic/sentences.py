"""Sentences of a synthetic corpus, as they lie in train.tsv, dev.tsv and test.tsv."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

SETS = ("train", "dev", "test")


@dataclass(frozen=True)
class Sentence:
    """Hold one line of a set.

    Attributes:
      utterance_id: DATASET-SET-e-NUMBER, or with f if it has no entity.
      text: the reference, entities as written, all else in lower case.
      spoken: what a synthesizer is given: letters a to z, apostrophes and spaces.
      entities: written form and kind of each, in the order of the text.
    """

    utterance_id: str
    text: str
    spoken: str
    entities: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, line: str) -> Sentence:
        """Read a line back; raises ValueError, KeyError or TypeError where it is broken."""
        utterance_id, text, spoken, entities = line.split("\t")
        pairs = tuple((str(entity["text"]), str(entity["kind"])) for entity in json.loads(entities))
        return cls(utterance_id, text, spoken, pairs)

    def line(self) -> str:
        """Return the line of this sentence."""
        entities = [{"text": text, "kind": kind} for text, kind in self.entities]
        in_json = json.dumps(entities, ensure_ascii=False)
        return "\t".join((self.utterance_id, self.text, self.spoken, in_json)) + "\n"


def read_sentences(path: Path | str) -> tuple[Sentence, ...]:
    """Read a set.

    Raises:
      InputError: a line that is not of the form (it is named), or no line.
    """
    sentences = []
    for number, line in enumerate(read_lines(path), start=1):
        try:
            sentences.append(Sentence.parse(line))
        except (ValueError, KeyError, TypeError) as error:
            expected = "expected id, text, spoken, entities in JSON"
            raise InputError(expected, path=path, line=number, value=line) from error
    if not sentences:
        raise InputError("no sentence", path=path)
    return tuple(sentences)


def word_sequences(words: Sequence[str], longest: int) -> Iterator[tuple[str, ...]]:
    """Yield the sequences of 1 to `longest` words that stand in a sentence."""
    for length in range(1, min(longest, len(words)) + 1):
        for first in range(len(words) - length + 1):
            yield tuple(words[first : first + length])
