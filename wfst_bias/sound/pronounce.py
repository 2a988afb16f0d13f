"""How words are said, in columns of the phone head; each word is looked up once.

Where pronunciations come from is behind one small interface, `Pronounce`: words in, their
pronunciations out. Here it is a lexicon, and espeak-ng for the words that it lacks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from importlib.util import find_spec

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import PHONES
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable, Pronunciation

# Words to their pronunciations; a word that cannot be said has none or is missing.
Pronounce = Callable[[Collection[str]], Mapping[str, tuple[Pronunciation, ...]]]
# The ways of saying a word, each the columns of its phones. None at all: it may sound like
# anything.
Ways = tuple[tuple[int, ...], ...]

_G2P_PACKAGES = ("phonemizer", "espeakng_loader")

log = logging.getLogger(__name__)


class Pronouncer:
    """Say words in the phones of a table; what was said once is remembered.

    Args:
      table: the columns of the phone head.
      pronounce: where pronunciations come from.
    """

    def __init__(self, table: PhoneTable, pronounce: Pronounce) -> None:
        self.table = table
        self._pronounce = pronounce
        self._ways: dict[str, Ways] = {}

    @classmethod
    def of(cls, table: PhoneTable, lexicon: PhoneLexicon | None = None) -> Pronouncer:
        """Return one that takes words from a lexicon, and others from espeak-ng.

        The latter if it is installed and the table has its phones; a model with phones of its own
        needs a lexicon.

        Raises:
          InputError: there is neither, or the lexicon has a phone that the table lacks.
        """
        if lexicon is not None:
            unknown = sorted(lexicon.phones - table.ids.keys())
            if unknown:
                raise InputError(
                    "the pronunciation lexicon has a phone that the phone table lacks",
                    value=unknown[0],
                    remedy="make the lexicon with the phones of this table",
                )
        fits = PHONES.keys() <= table.ids.keys()
        has_g2p = fits and all(find_spec(package) is not None for package in _G2P_PACKAGES)
        if not has_g2p and lexicon is None:
            raise InputError(
                "nothing says how words are pronounced"
                + ("" if fits else " in the phones of this table"),
                remedy="give a lexicon" + (", or pip install 'wfst-bias[g2p]'" if fits else ""),
            )
        return cls(table, _in_turn(lexicon, guess if has_g2p else _no_guess))

    def learn(self, words: Iterable[str]) -> None:
        """Find the pronunciations of words all at once, which is quicker than one by one."""
        new = [word for word in dict.fromkeys(words) if word not in self._ways]
        if not new:
            return
        found = self._pronounce(new)
        for word in new:
            self._ways[word] = self._in_columns(found.get(word, ()))

    def __call__(self, word: str) -> Ways:
        """Return the ways of saying a word, none if nobody knows.

        Raises:
          InputError: a pronunciation has a phone that the table lacks.
        """
        self.learn((word,))
        return self._ways[word]

    def _in_columns(self, pronunciations: Iterable[Pronunciation]) -> Ways:
        columns = (tuple(self.table.ids_of(phones)) for phones in pronunciations)
        return tuple(dict.fromkeys(columns))


def guess(words: Collection[str]) -> dict[str, tuple[Pronunciation, ...]]:
    """Return what espeak-ng says; words that it cannot say are left out."""
    from wfst_bias.phones.g2p import pronounce

    try:
        return dict(pronounce(words).pronunciations)
    except InputError:  # one of them cannot be said
        if len(words) == 1:
            return {}
    ordered = list(words)
    half = len(ordered) // 2
    return guess(ordered[:half]) | guess(ordered[half:])


def _no_guess(words: Collection[str]) -> dict[str, tuple[Pronunciation, ...]]:
    shown = ", ".join(sorted(words)[:5])
    log.warning("%d words without a pronunciation may sound like anything: %s", len(words), shown)
    return {}


def _in_turn(lexicon: PhoneLexicon | None, otherwise: Pronounce) -> Pronounce:
    def pronounce(words: Collection[str]) -> Mapping[str, tuple[Pronunciation, ...]]:
        known = {} if lexicon is None else lexicon.pronunciations
        lacking = [word for word in words if word not in known]
        guessed = otherwise(lacking) if lacking else {}
        return {word: known.get(word) or guessed.get(word, ()) for word in words}

    return pronounce
