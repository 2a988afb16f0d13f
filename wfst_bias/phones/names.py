"""How words and names are said: the one place that knows.

A word of the user's lexicons is pronounced as they say. Beyond them an ordinary word is read by
espeak-ng in English. A word of a name is pronounced in several ways: as the names that the project
ships (`data/phones/names.txt`) if it is one of them; else as espeak-ng reads it in the language
that is given for its name, or in those that the whole name seems to come from, and always in
English too, since speakers differ in how they say a name from elsewhere.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import LANGUAGES
from wfst_bias.phones.lexicon import PhoneLexicon
from wfst_bias.phones.origin import DATA, LanguageGuesser, check_language
from wfst_bias.phones.reading import Pronunciations, Reader

log = logging.getLogger(__name__)

Phone = TypeVar("Phone", str, int)

SHIPPED_FILE = DATA / "names.txt"
HYPHENS = str.maketrans(dict.fromkeys("-‐‑–", " "))
# Combinations of the ways of words that are ranked.
_MOST_RANKED = 4096


@dataclass(frozen=True)
class Name:
    """Hold a name as it is written, and what is known of it.

    Attributes:
      written: as people write it.
      language: that it is pronounced in, in espeak-ng's terms; empty to guess it.
      form: the same words in the letters of a model, where these differ; a lexicon may have either.
    """

    written: str
    language: str = ""
    form: str = ""

    @property
    def words(self) -> list[str]:
        """Return its words in lower case, those of a hyphenated one apart."""
        return self.written.lower().translate(HYPHENS).split()

    @property
    def spellings(self) -> list[tuple[str, ...]]:
        """Return for each word the spellings under which a lexicon may have it."""
        words, forms = self.words, self.form.lower().split()
        pairs = zip(words, forms if len(forms) == len(words) else words, strict=True)
        return [tuple(dict.fromkeys(pair)) for pair in pairs]


@dataclass(frozen=True)
class _Asked:
    """Hold a word with all that its pronunciations depend on; English is the last language."""

    spellings: tuple[str, ...]
    languages: tuple[str, ...]
    is_given: bool = False  # the language

    @property
    def word(self) -> str:
        return self.spellings[0]


class NamePronouncer:
    """Pronounce words and names.

    Args:
      lexicons: the user's, in which case means nothing; each goes before those behind it, and
        before all else.
      read: reads what no lexicon has; None for nothing.
      shipped: goes before `read` for names whose language is not given; None for none.
      guesser: guesses languages; None for one that never does.
      english: the English that every word is also read as, a key of `LANGUAGES`.
      most: pronunciations of a word at most.

    Raises:
      InputError: an English that is not known, or no pronunciation allowed.
    """

    def __init__(
        self,
        lexicons: Sequence[PhoneLexicon] = (),
        read: Reader | None = None,
        shipped: PhoneLexicon | None = None,
        guesser: LanguageGuesser | None = None,
        english: str = "en-us",
        most: int = 4,
    ) -> None:
        check_language(english, tuple(LANGUAGES))
        if most < 1:
            raise InputError("expected at least one pronunciation", value=most)
        self.lexicons = [_without_case(lexicon) for lexicon in lexicons]
        self.shipped = {} if shipped is None else shipped.pronunciations
        self.read, self.english, self.most = read, english, most
        self.guesser = guesser or LanguageGuesser(())
        self._faults: dict[tuple[str, str], str] = {}

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that a name can have."""
        return (*LANGUAGES, *sorted(self.guesser.languages))

    def ordinary(self, words: Iterable[str]) -> dict[str, Pronunciations]:
        """Return the pronunciations of words that are no names, none of those nobody can say."""
        asked = {word: _Asked((word.lower(),), (self.english,), True) for word in words}
        found = self._say(asked.values())
        return {word: found[request] for word, request in asked.items()}

    def names(self, names: Iterable[Name]) -> dict[Name, tuple[Pronunciations, ...]]:
        """Return the pronunciations of each word of names, the usual one first.

        They depend on the name alone. A word that nobody can say has none; `faults` says why.
        """
        asked = {name: self._asked(name) for name in names}
        found = self._say(itertools.chain.from_iterable(asked.values()))
        return {name: tuple(found[word] for word in words) for name, words in asked.items()}

    def faults(self, name: Name) -> Iterator[str]:
        """Say what went wrong with a name that was pronounced."""
        if name.language and name.language not in self.languages:
            yield f"no voice for {name.language!r}, pronounced as its spelling suggests"
        for asked in self._asked(name):
            if not self._known(asked):
                for language in asked.languages:
                    fault = self._faults.get((asked.word, language))
                    if fault is not None:
                        yield f"{asked.word!r} is not read as {language}: {fault}"

    def words(self, names: Iterable[Name]) -> PhoneLexicon:
        """Return one lexicon of all words of names.

        A word of several names is read in the languages of all of them. A language in which a word
        cannot be said is left out with a warning; a word that English cannot say either is left
        out too, with a warning.

        Raises:
          InputError: a language that is not known.
        """
        joined: dict[str, dict[str, None]] = {}
        given: set[str] = set()
        for name in names:
            if name.language:
                check_language(name.language, self.languages)
                given.update(name.words)
            for word in name.words:
                joined.setdefault(word, {}).update(dict.fromkeys(self._languages(name)))
        asked = [
            _Asked((word,), tuple({**languages, self.english: None}), word in given)
            for word, languages in joined.items()
        ]
        found = self._say(asked)
        self._warn(asked, found)
        return PhoneLexicon({request.word: found[request] for request in asked if found[request]})

    def _asked(self, name: Name) -> list[_Asked]:
        languages = tuple(dict.fromkeys((*self._languages(name), self.english)))
        is_given = name.language in self.languages
        return [_Asked(spellings, languages, is_given) for spellings in name.spellings]

    def _languages(self, name: Name) -> tuple[str, ...]:
        if name.language in self.languages:
            return (name.language,)
        return self.guesser.guess(name.written)

    def _say(self, asked: Iterable[_Asked]) -> dict[_Asked, Pronunciations]:
        """Look words up, and read those that no lexicon has, each language at once."""
        found = {request: self._known(request) for request in asked}
        missing = [request for request, ways in found.items() if not ways]
        by_language: dict[str, dict[str, None]] = {}
        for request in missing:
            for language in request.languages:
                by_language.setdefault(language, {})[request.word] = None
        said = {language: self._read(list(ws), language) for language, ws in by_language.items()}
        for request in missing:
            ways = (way for of in request.languages for way in said[of].get(request.word, ()))
            found[request] = tuple(itertools.islice(dict.fromkeys(ways), self.most))
        return found

    def _known(self, asked: _Asked) -> Pronunciations:
        """Return what the first lexicon that has a word says of it."""
        shipped = () if asked.is_given else (self.shipped,)
        known = (
            lexicon.get(spelling, ())
            for lexicon in (*self.lexicons, *shipped)
            for spelling in asked.spellings
        )
        return next(filter(None, known), ())

    def _read(self, words: Sequence[str], language: str) -> Mapping[str, Pronunciations]:
        if self.read is None:
            return {}
        readings = self.read(words, language)
        self._faults.update(((word, language), why) for word, why in readings.faults.items())
        return readings.ways

    def _warn(self, asked: Collection[_Asked], found: Mapping[_Asked, Pronunciations]) -> None:
        for request in asked:
            for language in request.languages:
                fault = self._faults.get((request.word, language))
                if fault is not None:
                    log.warning("%r is not read as %s: %s", request.word, language, fault)
            if not found[request]:
                log.warning("%r cannot be pronounced; a lexicon can say how", request.word)


def whole_ways(
    words: Sequence[Sequence[tuple[Phone, ...]]], most: int
) -> tuple[tuple[Phone, ...], ...]:
    """Return the ways of saying words one after the other, none if a word has none.

    The usual ways of all words come first, then those that differ in the fewest.

    Args:
      words: the ways of each, the usual one first.
      most: ways at most.
    """
    every = itertools.product(*(range(len(ways)) for ways in words))
    ranked = sorted(itertools.islice(every, _MOST_RANKED), key=sum)
    wholes = (
        tuple(phone for ways, rank in zip(words, ranks, strict=True) for phone in ways[rank])
        for ranks in ranked
    )
    return tuple(itertools.islice(dict.fromkeys(whole for whole in wholes if whole), most))


def shipped_lexicon(path: Path = SHIPPED_FILE) -> PhoneLexicon:
    """Return the pronunciations of the names that the project ships.

    Raises:
      InputError: the file is missing or broken.
    """
    return PhoneLexicon.read(path)


def _without_case(lexicon: PhoneLexicon) -> dict[str, Pronunciations]:
    """Return pronunciations by words in lower case; words that differ in case alone share them."""
    found: dict[str, Pronunciations] = {}
    for word, ways in lexicon.pronunciations.items():
        key = word.lower()
        found[key] = tuple(dict.fromkeys((*found.get(key, ()), *ways)))
    return found
