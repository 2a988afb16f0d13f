"""Several pronunciations for each word of a name.

A word of the user's lexicon is pronounced as that says, and so are the names that the project
ships (`data/phones/names.txt`). Any other is read by espeak-ng: in the language that is given for
its name, or in those that the whole name seems to come from, and always in English too, since
speakers differ in how they say a name from elsewhere.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.phones.g2p import read_aloud, readable
from wfst_bias.phones.inventory import LANGUAGES, to_phones
from wfst_bias.phones.lexicon import PhoneLexicon, Pronunciation
from wfst_bias.phones.origin import DATA, LanguageGuesser, check_language
from wfst_bias.phones.symbols import SymbolTable

log = logging.getLogger(__name__)

SHIPPED_FILE = DATA / "names.txt"
HYPHENS = str.maketrans(dict.fromkeys("-‐‑–", " "))

Pronunciations = tuple[Pronunciation, ...]


@dataclass(frozen=True)
class Name:
    """Hold a name as it is written, and its language in espeak-ng's terms, empty to guess it."""

    written: str
    language: str = ""

    @property
    def words(self) -> list[str]:
        """Return its words in lower case, those of a hyphenated one apart."""
        return self.written.lower().translate(HYPHENS).split()


class NamePronouncer:
    """Pronounce names.

    Args:
      lexicons: the user's; each goes before those behind it, and before all else.
      shipped: goes before espeak-ng for names whose language is not given; None for none.
      guesser: guesses languages.
      symbols: maps the symbols of espeak-ng to phones.
      english: the English that every word is also read as, a key of `LANGUAGES`.
      most: pronunciations of a word or a name at most.

    Raises:
      InputError: an English that is not known, or no pronunciation allowed.
    """

    def __init__(
        self,
        lexicons: Sequence[PhoneLexicon] = (),
        shipped: PhoneLexicon | None = None,
        guesser: LanguageGuesser | None = None,
        symbols: SymbolTable | None = None,
        english: str = "en-us",
        most: int = 4,
    ) -> None:
        check_language(english, tuple(LANGUAGES))
        if most < 1:
            raise InputError("expected at least one pronunciation", value=most)
        self.lexicons, self.shipped, self.english, self.most = lexicons, shipped, english, most
        self.guesser = guesser or LanguageGuesser.read()
        self.symbols = symbols or SymbolTable.read()

    def words(self, names: Iterable[Name]) -> PhoneLexicon:
        """Return the pronunciations of all words of names, the usual one first.

        A language in which a word cannot be said is left out with a warning; a word that English
        cannot say either is left out too, with a warning.

        Raises:
          InputError: a language that is not known.
        """
        asked = list(names)
        wanted = self._languages(asked)
        given = {word for name in asked if name.language for word in name.words}
        found = {word: self._listed(word, is_given=word in given) for word in wanted}
        missing = {w: languages for w, languages in wanted.items() if not found[w]}
        by_language: dict[str, list[str]] = {}
        for word, languages in missing.items():
            for language in languages:
                by_language.setdefault(language, []).append(word)
        said = {language: self._read(ws, language) for language, ws in by_language.items()}
        for word, languages in missing.items():
            ways = (said[language].get(word) for language in languages)
            found[word] = tuple(dict.fromkeys(way for way in ways if way))[: self.most]
            if not found[word]:
                log.warning("%r cannot be pronounced; a lexicon can say how", word)
        return PhoneLexicon({word: ways for word, ways in found.items() if ways})

    def phrases(self, names: Sequence[Name]) -> dict[str, Pronunciations]:
        """Return whole names with their pronunciations, those of their words put together.

        A name with a word that cannot be pronounced has none.
        """
        lexicon = self.words(names).pronunciations
        return {name.written: self._joined(name, lexicon) for name in names}

    def _joined(self, name: Name, lexicon: Mapping[str, Pronunciations]) -> Pronunciations:
        words = [lexicon.get(word, ()) for word in name.words]
        # The usual ways of all words come first, then those that differ in the fewest.
        ranked = sorted(
            itertools.islice(itertools.product(*(range(len(ways)) for ways in words)), 4096),
            key=sum,
        )
        phrases = (
            tuple(phone for ways, rank in zip(words, ranks, strict=True) for phone in ways[rank])
            for ranks in ranked
        )
        return tuple(itertools.islice(dict.fromkeys(p for p in phrases if p), self.most))

    def _languages(self, names: Iterable[Name]) -> dict[str, dict[str, None]]:
        """Return for each word the languages of all names that it is in, English last."""
        found: dict[str, dict[str, None]] = {}
        for name in names:
            if name.language:
                check_language(name.language, (*LANGUAGES, *sorted(self.guesser.languages)))
            guessed = (name.language,) if name.language else self.guesser.guess(name.written)
            for word in name.words:
                found.setdefault(word, {}).update(dict.fromkeys(guessed))
        return {word: {**languages, self.english: None} for word, languages in found.items()}

    def _listed(self, word: str, *, is_given: bool) -> Pronunciations:
        """Return what the first lexicon that has a word says of it."""
        shipped = () if self.shipped is None or is_given else (self.shipped,)
        known = (found.pronunciations.get(word, ()) for found in (*self.lexicons, *shipped))
        return next(filter(None, known), ())

    def _read(self, words: Sequence[str], language: str) -> dict[str, Pronunciation]:
        """Return how espeak-ng reads words in a language, as far as it can."""
        spelled: dict[str, str] = {}
        for word in words:
            try:
                spelled[word] = readable(word, language)
            except InputError as error:
                log.warning("%s", error)
        said = read_aloud(list(spelled.values()), language)
        table = self.symbols.of(language)
        found: dict[str, Pronunciation] = {}
        for word, symbols in zip(spelled, said, strict=True):
            try:
                found[word] = to_phones(symbols, table)
            except InputError as error:
                log.warning("%r is not read as %s: %s", word, language, error)
        return found


def shipped_lexicon(path: Path = SHIPPED_FILE) -> PhoneLexicon:
    """Return the pronunciations of the names that the project ships.

    Raises:
      InputError: the file is missing or broken.
    """
    return PhoneLexicon.read(path)
