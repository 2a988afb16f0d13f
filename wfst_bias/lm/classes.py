"""Named classes of words, such as `<person>`: phrases of a text that a model counts as one word.

NamedClass           a class as `NAME` or `NAME=FILE` gives it
read_class_phrases   reads the phrases of classes in the letters of a text
ClassPhrases         puts class words in the place of phrases
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wfst_bias.entities.list_file import ListLine, RejectedLine, read_list
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import BOS, CLASS_WORDS, EOS, is_class_word
from wfst_bias.tokens import BLANK_SYMBOLS, SPACE_SYMBOLS, WORD_MARK, TokenTable

log = logging.getLogger(__name__)

Words = tuple[str, ...]

_NAMED = re.compile(r"(\w[\w-]*)(?:=(.+))?", re.DOTALL)


@dataclass(frozen=True)
class NamedClass:
    """Name a class by its class word, and the list of its phrases where there is one."""

    word: str
    path: Path | None = None

    @classmethod
    def parse(cls, given: str) -> NamedClass:
        """Read `NAME` or `NAME=FILE`.

        Raises:
          InputError: neither, or the name of a sentence mark or of unknown words.
        """
        named = _NAMED.fullmatch(given)
        if named is None:
            raise InputError("expected a class as NAME or NAME=FILE", value=given)
        word = f"<{named[1]}>"
        if word in (BOS, EOS, *CLASS_WORDS):
            raise InputError("a class cannot have the name of a reserved word", value=word)
        return cls(word, None if named[2] is None else Path(named[2]))


@dataclass(frozen=True)
class ClassPhrases:
    """Hold the phrases that stand for classes.

    Attributes:
      words: the class words, in the order in which the classes were declared.
      by_first: first word -> phrases that begin with it, the longest first, with their class words.
    """

    words: Words = ()
    by_first: Mapping[str, tuple[tuple[Words, str], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, classes: Mapping[str, Iterable[Words]]) -> ClassPhrases:
        """Index the phrases of classes by class word; one of several classes is the first's."""
        owner: dict[Words, str] = {}
        for word, phrases in classes.items():
            for phrase in phrases:
                owner.setdefault(phrase, word)
        by_first: dict[str, list[tuple[Words, str]]] = {}
        for phrase in sorted(owner, key=lambda phrase: (-len(phrase), phrase)):
            by_first.setdefault(phrase[0], []).append((phrase, owner[phrase]))
        return cls(tuple(classes), {first: tuple(found) for first, found in by_first.items()})

    def mark(self, sentence: str) -> str:
        """Return a sentence with class words for phrases: from the left, the longest first."""
        words = tuple(sentence.split())
        if self.by_first.keys().isdisjoint(words):
            return sentence
        marked = []
        at = 0
        while at < len(words):
            phrase, word = self._at(words, at)
            marked.append(word)
            at += len(phrase)
        return " ".join(marked)

    def _at(self, words: Words, at: int) -> tuple[Words, str]:
        for phrase, word in self.by_first.get(words[at], ()):
            if words[at : at + len(phrase)] == phrase:
                return phrase, word
        return words[at : at + 1], words[at]


def read_class_phrases(classes: Sequence[NamedClass], sentences: Iterable[str]) -> ClassPhrases:
    """Read the phrases of classes, brought into the letters of a text.

    A file has a phrase on each line, in any form that a list of entities may have: what counts is
    how it is said. A class may have several files, or none.

    Raises:
      InputError: a file or a line that cannot be read, or a line of a class not declared.
    """
    found: dict[str, list[Words]] = {named.word: [] for named in classes}
    normalizer = Normalizer(_letters(sentences))
    for named in classes:
        if named.path is not None:
            for word, phrase in _read(named.path, named.word, normalizer):
                if word not in found:
                    raise InputError(
                        "a phrase of a class that is not declared", path=named.path, value=word
                    )
                found[word].append(phrase)
    return ClassPhrases.of(found)


def _read(path: Path, class_word: str, normalizer: Normalizer) -> list[tuple[str, Words]]:
    found: list[tuple[str, Words]] = []
    unusable: list[tuple[ListLine, str]] = []
    for line in read_list(path):
        if isinstance(line, RejectedLine):
            raise InputError(line.reason, path=path, line=line.line, value=line.text)
        for phrase in line.spoken:
            normalized = normalizer.normalize(phrase)
            if normalized.unspeakable or not normalized.form:
                unusable.append((line, phrase))
                continue
            words = tuple(normalized.form.split())
            found.extend((word, words) for word in line.classes or (class_word,))
    if unusable:
        _warn(path, unusable)
    return found


def _warn(path: Path, unusable: Sequence[tuple[ListLine, str]]) -> None:
    line, phrase = unusable[0]
    others = f", and {len(unusable) - 1} more" if len(unusable) > 1 else ""
    message = "%s:%d: letters that the text lacks, so it stands for nothing: %r%s"
    log.warning(message, path, line.line, phrase, others)


def _letters(sentences: Iterable[str]) -> TokenTable:
    """Return the letters of a text as a token table, class words left out."""
    letters: set[str] = set()
    for word in {word for sentence in sentences for word in sentence.split()}:
        if not is_class_word(word):
            letters.update(word)
    symbols = (BLANK_SYMBOLS[0], WORD_MARK, *sorted(letters.difference(SPACE_SYMBOLS)))
    return TokenTable.from_symbols(dict(enumerate(symbols)))
