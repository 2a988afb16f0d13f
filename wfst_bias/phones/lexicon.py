"""Pronunciations of words, and the table of phones: files in, files out.

PhoneLexicon  word -> pronunciations; the form of the CMU dictionary, `WORD  P1 P2 ...  # COMMENT`
PhoneTable    phone -> column of the phone head; `SYMBOL ID` a line, `<blk> 0` first
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text

BLANK = "<blk>"
COMMENT, REMARK = ";;;", "#"

Pronunciation = tuple[str, ...]

_VARIANT = re.compile(r"(.+)\(\d+\)")


@dataclass(frozen=True)
class PhoneLexicon:
    """Hold the pronunciations of words; the first of a word is the usual one.

    Attributes:
      pronunciations: word -> its pronunciations, each the phones in order.

    Raises:
      InputError: a word or phone that a line of a file cannot hold, or a word without phones.
    """

    pronunciations: Mapping[str, tuple[Pronunciation, ...]]

    def __post_init__(self) -> None:
        for word, variants in self.pronunciations.items():
            _check_entry(word, variants)

    @cached_property
    def phones(self) -> frozenset[str]:
        """Return the phones that occur."""
        every = self.pronunciations.values()
        return frozenset(p for variants in every for variant in variants for p in variant)

    def phones_of(self, words: Iterable[str]) -> list[str]:
        """Return the phones of words said one after the other, each in its usual way.

        Raises:
          InputError: a word that the lexicon lacks.
        """
        return [phone for word in words for phone in self._variants(word)[0]]

    def _variants(self, word: str) -> tuple[Pronunciation, ...]:
        found = self.pronunciations.get(word)
        if found is None:
            raise InputError(
                "a word that the pronunciation lexicon lacks",
                value=word,
                remedy="add it: wfst-bias phones makes a lexicon of any words",
            )
        return found

    @classmethod
    def read(cls, path: Path | str, fit: Callable[[str], str] | None = None) -> PhoneLexicon:
        """Read a lexicon in the form of the CMU dictionary.

        A word given again, plain or as `WORD(2)`, has one more pronunciation; the same one given
        twice counts once. Empty lines and lines that begin with `;;;` are left out, and so is what
        follows a `#` behind phones.

        Args:
          path: a UTF-8 file.
          fit: brings each phone into another inventory, see `fitted`; None to leave them.

        Raises:
          InputError: a file that cannot be read, a line without phones, or a phone that `fit`
            refuses.
        """
        entries: dict[str, dict[Pronunciation, None]] = {}
        for number, line in enumerate(read_lines(path), start=1):
            if line.strip() and not line.startswith(COMMENT):
                word, phones = _parse_entry(line, path, number)
                if fit is not None:
                    phones = _fitting(phones, fit, path, number)
                entries.setdefault(word, {})[phones] = None
        if not entries:
            raise InputError("no word in the pronunciation lexicon", path=path)
        return cls({word: tuple(variants) for word, variants in entries.items()})

    def write(self, path: Path | str) -> None:
        """Write a file that `read` reads back; words keep their order."""
        write_text(path, "".join(f"{line}\n" for line in self._lines()))

    def _lines(self) -> Iterator[str]:
        for word, variants in self.pronunciations.items():
            for number, phones in enumerate(variants, start=1):
                name = word if number == 1 else f"{word}({number})"
                yield f"{name}  {' '.join(phones)}"


@dataclass(frozen=True)
class PhoneTable:
    """Hold the columns of the phone head; the blank has column 0.

    Attributes:
      symbols: `<blk>` and then the phones, in the order of their columns.

    Raises:
      InputError: the first symbol is not `<blk>`, a symbol twice, or no phone.
    """

    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.symbols or self.symbols[0] != BLANK:
            raise InputError(f"expected {BLANK} as the first symbol", value=self.symbols[:1])
        repeated = next((s for s in self.symbols if self.symbols.count(s) > 1), None)
        if repeated is not None:
            raise InputError("a symbol given twice", value=repeated)
        if len(self.symbols) == 1:
            raise InputError(f"no phone beside {BLANK}")
        unfit = next((s for s in self.symbols if not s or s.split() != [s]), None)
        if unfit is not None:
            raise InputError("a symbol is not empty and has no white space", value=unfit)

    @property
    def size(self) -> int:
        """Return P, the number of columns, blank included."""
        return len(self.symbols)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Map each phone to its column; the blank is left out."""
        return {symbol: column for column, symbol in enumerate(self.symbols) if column > 0}

    def ids_of(self, phones: Iterable[str]) -> list[int]:
        """Return the columns of phones.

        Raises:
          InputError: a phone that the table lacks.
        """
        return [self._id(phone) for phone in phones]

    def _id(self, phone: str) -> int:
        if phone not in self.ids:
            raise InputError(
                "a phone that the phone table lacks",
                value=phone,
                remedy="make the lexicon with the phones of this table",
            )
        return self.ids[phone]

    @classmethod
    def read(cls, path: Path | str) -> PhoneTable:
        """Read a phone table: `SYMBOL ID` a line, IDs from 0 on in their order.

        Raises:
          InputError: a file that cannot be read, a malformed line, an ID out of order, or
            symbols that make no table.
        """
        symbols: list[str] = []
        for number, line in enumerate(read_lines(path), start=1):
            if line.strip():
                symbols.append(_parse_symbol(line, len(symbols), path, number))
        try:
            return cls(tuple(symbols))
        except InputError as error:
            raise InputError(str(error), path=path) from None

    def write(self, path: Path | str) -> None:
        """Write a file that `read` reads back."""
        write_text(path, "".join(f"{s} {column}\n" for column, s in enumerate(self.symbols)))


def _check_entry(word: str, variants: tuple[Pronunciation, ...]) -> None:
    if word.split() != [word] or word.startswith(COMMENT) or _VARIANT.fullmatch(word):
        raise InputError(
            "a word that a pronunciation lexicon cannot hold",
            value=word,
            remedy=f"a word has no white space, no (2) at its end and no {COMMENT} at its start",
        )
    if not variants or not all(variants):
        raise InputError("a word without a pronunciation", value=word)
    unfit = next((p for phones in variants for p in phones if p.split() != [p]), None)
    if unfit is not None:
        raise InputError(f"a phone of {word!r} is empty or has white space", value=unfit)
    remark = next((p for phones in variants for p in phones if p.startswith(REMARK)), None)
    if remark is not None:
        raise InputError(f"a phone of {word!r} begins like a comment", value=remark)


def _parse_entry(line: str, path: Path | str, number: int) -> tuple[str, Pronunciation]:
    name, *fields = line.split()
    phones = tuple(takewhile(lambda field: not field.startswith(REMARK), fields))
    if not phones:
        raise InputError("expected `WORD  PHONE PHONE ...`", path=path, line=number, value=line)
    variant = _VARIANT.fullmatch(name)
    word = name if variant is None else variant[1]
    if _VARIANT.fullmatch(word) or word.startswith(COMMENT):
        raise InputError("expected one (2) at most", path=path, line=number, value=name)
    return word, phones


def _fitting(
    phones: Pronunciation, fit: Callable[[str], str], path: Path | str, number: int
) -> Pronunciation:
    try:
        return tuple(map(fit, phones))
    except InputError as error:
        raise InputError(str(error), path=path, line=number) from None


def _parse_symbol(line: str, column: int, path: Path | str, number: int) -> str:
    fields = line.split()
    if len(fields) != 2 or fields[1] != str(column):
        raise InputError(f"expected `SYMBOL {column}`", path=path, line=number, value=line)
    return fields[0]
