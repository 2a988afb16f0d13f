"""What the symbols of espeak-ng become where languages other than English say them.

The table is `data/phones/espeak.tsv`: LANGUAGE  SYMBOL  PHONES  EXAMPLE, tabs between them, `*` for
every language, `-` for no phone. The symbols of English are those of `inventory.ESPEAK`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.phones.inventory import ESPEAK, LANGUAGES, PHONES
from wfst_bias.phones.lexicon import Pronunciation
from wfst_bias.phones.origin import DATA

SYMBOLS_FILE = DATA / "espeak.tsv"
EVERY_LANGUAGE, NO_PHONE = "*", "-"

Symbols = Mapping[str, Pronunciation]


@dataclass(frozen=True)
class SymbolTable:
    """Map the symbols of espeak-ng to phones, language by language.

    Attributes:
      by_language: language or `*` -> symbol -> phones.
    """

    by_language: Mapping[str, Symbols]

    def of(self, language: str) -> Symbols:
        """Return the symbols of a language; those of English are its own."""
        if language in LANGUAGES:
            return ESPEAK
        every = self.by_language.get(EVERY_LANGUAGE, {})
        return {**ESPEAK, **every, **self.by_language.get(language, {})}

    @classmethod
    def read(cls, path: Path | str = SYMBOLS_FILE) -> SymbolTable:
        """Read a table.

        Raises:
          InputError: a file that cannot be read, a line that is none, a phone that is none, or a
            symbol of a language given twice.
        """
        found: dict[str, dict[str, Pronunciation]] = {}
        for number, line in enumerate(read_lines(path), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) != 4 or not all(columns[:3]):
                raise InputError(
                    "expected LANGUAGE<TAB>SYMBOL<TAB>PHONES<TAB>EXAMPLE",
                    path=path, line=number, value=line,
                )  # fmt: skip
            language, symbol, phones, _ = columns
            own = found.setdefault(language, {})
            if symbol in own:
                raise InputError("a symbol given twice", path=path, line=number, value=symbol)
            own[symbol] = _phones(phones, path, number)
        return cls(found)


def _phones(text: str, path: Path | str, number: int) -> Pronunciation:
    phones = () if text == NO_PHONE else tuple(text.split())
    unknown = next((phone for phone in phones if phone not in PHONES), None)
    if unknown is not None:
        raise InputError("no phone of phones.txt", path=path, line=number, value=unknown)
    return phones
