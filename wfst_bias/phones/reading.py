"""Words read aloud by espeak-ng in any of its languages, as far as it can say them in phones.

A reader is called with words and a language. It needs the extra `g2p` when it is called, not to be
imported; what else says words, in a test or for phones of another kind, has the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import LANGUAGES, WEAK_FORMS, to_phones
from wfst_bias.phones.lexicon import Pronunciation
from wfst_bias.phones.symbols import SymbolTable

Pronunciations = tuple[Pronunciation, ...]

_PACKAGES = ("phonemizer", "espeakng_loader")


@dataclass(frozen=True)
class Readings:
    """Hold how words are read.

    Attributes:
      ways: word -> its pronunciations, the usual one first; those that cannot be read are missing.
      faults: word -> why it cannot be read.
    """

    ways: dict[str, Pronunciations] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


# Words, each given once, and a language of espeak-ng.
Reader = Callable[[Sequence[str], str], Readings]


class EspeakReader:
    """Read words by espeak-ng.

    Args:
      symbols: what its symbols become; None for the table of the project.

    Raises:
      InputError: that table is missing or broken.
    """

    def __init__(self, symbols: SymbolTable | None = None) -> None:
        self.symbols = symbols or SymbolTable.read()

    @staticmethod
    def is_installed() -> bool:
        """Say whether the extra `g2p` is there."""
        return all(find_spec(package) is not None for package in _PACKAGES)

    def __call__(self, words: Sequence[str], language: str) -> Readings:
        """Return how words are read in a language; English words have their weak forms first."""
        from wfst_bias.phones.g2p import read_aloud, readable

        found = Readings()
        spelled: dict[str, str] = {}
        for word in words:
            try:
                spelled[word] = readable(word, language)
            except InputError as error:
                found.faults[word] = str(error)
        said = read_aloud(list(spelled.values()), language)
        for word, symbols in zip(spelled, said, strict=True):
            self._add(found, word, symbols, language)
        return found

    def _add(self, found: Readings, word: str, symbols: Sequence[str], language: str) -> None:
        try:
            phones = to_phones(symbols, self.symbols.of(language))
        except InputError as error:
            found.faults[word] = str(error)
            return
        if phones:
            weak = WEAK_FORMS.get(word, ()) if language in LANGUAGES else ()
            found.ways[word] = tuple(dict.fromkeys((*weak, phones)))
        else:
            found.faults[word] = "nothing of it is said"
