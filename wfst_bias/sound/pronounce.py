"""How words and names are said, in columns of the phone head; each is looked up once.

What is said of them comes from `NamePronouncer` alone; here it becomes columns.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import PHONES, fitted
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable
from wfst_bias.phones.names import Name, NamePronouncer, shipped_lexicon, whole_ways
from wfst_bias.phones.origin import LanguageGuesser
from wfst_bias.phones.reading import EspeakReader, Pronunciations

# The ways of saying a word, each the columns of its phones. None at all: it may sound like
# anything.
Ways = tuple[tuple[int, ...], ...]

_MOST_SHOWN = 5

log = logging.getLogger(__name__)


class Pronouncer:
    """Say words and names in the phones of a table; what was said once is remembered.

    Args:
      table: the columns of the phone head.
      source: says them in phones that the table has, or that `fitted` finds in it.
    """

    def __init__(self, table: PhoneTable, source: NamePronouncer) -> None:
        self.table = table
        self._source = source
        self._words: dict[str, Ways] = {}
        self._names: dict[Name, tuple[Ways, ...]] = {}
        self._wholes: dict[tuple[Name, int], Ways] = {}
        self._faults: dict[Name, tuple[str, ...]] = {}

    @classmethod
    def of(cls, table: PhoneTable, lexicons: Sequence[PhoneLexicon] = ()) -> Pronouncer:
        """Return one that takes words from lexicons, and others from what the project knows.

        The latter if the table has the phones of English; a model with phones of its own needs
        a lexicon.

        Raises:
          InputError: nothing says how words are pronounced, a lexicon has a phone that the table
            lacks, or a file of the project is missing.
        """
        for lexicon in lexicons:
            for phone in sorted(lexicon.phones):
                fitted(phone, table)
        fits = all(_has(table, phone) for phone in PHONES)
        reads = fits and EspeakReader.is_installed()
        if not reads and not lexicons:
            raise InputError(
                "nothing says how words are pronounced"
                + ("" if fits else " in the phones of this table"),
                remedy="give a lexicon" + (", or pip install 'wfst-bias[g2p]'" if fits else ""),
            )
        if not fits:
            return cls(table, NamePronouncer(lexicons))
        reader = EspeakReader() if reads else None
        guesser = LanguageGuesser.read()
        return cls(table, NamePronouncer(lexicons, reader, shipped_lexicon(), guesser))

    def learn(self, words: Iterable[str] = (), names: Iterable[Name] = ()) -> None:
        """Find the pronunciations of words and names all at once, quicker than one by one."""
        new_words = [word for word in dict.fromkeys(words) if word not in self._words]
        if new_words:
            found = self._source.ordinary(new_words)
            self._words.update((word, self._in_columns(found[word])) for word in new_words)
            _warn([word for word in new_words if not found[word]])
        new_names = [name for name in dict.fromkeys(names) if name not in self._names]
        if new_names:
            said = self._source.names(new_names)
            for name in new_names:
                self._names[name] = tuple(map(self._in_columns, said[name]))

    def __call__(self, word: str) -> Ways:
        """Return the ways of saying a word that is no name, none if nobody knows.

        Raises:
          InputError: a pronunciation has a phone that the table lacks.
        """
        self.learn((word,))
        return self._words[word]

    def words_of(self, name: Name) -> tuple[Ways, ...]:
        """Return the ways of saying each word of a name, as `__call__` does."""
        self.learn(names=(name,))
        return self._names[name]

    def whole(self, name: Name, most: int) -> Ways:
        """Return the ways of saying a name, none if it has a word that nobody can say."""
        known = self._wholes.get((name, most))
        if known is None:
            known = self._wholes[name, most] = whole_ways(self.words_of(name), most)
        return known

    def faults(self, name: Name) -> tuple[str, ...]:
        """Say what is wrong with the pronunciations of a name."""
        known = self._faults.get(name)
        if known is None:
            known = self._faults[name] = tuple(self._find_faults(name))
        return known

    def _find_faults(self, name: Name) -> Iterator[str]:
        unsaid = [w for w, ways in zip(name.words, self.words_of(name), strict=True) if not ways]
        yield from self._source.faults(name)
        for word in unsaid:
            yield (
                f"{word!r} cannot be pronounced, so the name is not found by its sound: "
                "a lexicon can say how"
            )

    def _in_columns(self, pronunciations: Pronunciations) -> Ways:
        columns = (
            tuple(self.table.ids[fitted(phone, self.table)] for phone in phones)
            for phones in pronunciations
        )
        return tuple(dict.fromkeys(columns))


def _has(table: PhoneTable, phone: str) -> bool:
    try:
        fitted(phone, table)
    except InputError:
        return False
    return True


def _warn(words: Sequence[str]) -> None:
    if words:
        shown = ", ".join(sorted(words)[:_MOST_SHOWN])
        log.warning(
            "%d words without a pronunciation may sound like anything: %s", len(words), shown
        )
