"""The model's token table: what each column of the log-probabilities stands for.

A token table is a text file with `SYMBOL ID` on each line, as in icefall. `<blk>` names the blank.
`▁` alone is the space between words of a character model; in a table of word pieces it marks the
pieces that begin a word. A SentencePiece model named bpe.model in the table's folder says how
words are divided into its pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

BLANK_SYMBOLS = ("<blk>", "<blank>")
WORD_MARK = "▁"
SUBWORD_MODEL = "bpe.model"
SPACE_SYMBOLS = (WORD_MARK, "<space>", "|")


@dataclass(frozen=True)
class TokenTable:
    """Hold the tokens of a CTC model in the order of its output columns.

    Attributes:
      symbols: one per column; a space token is spelled `▁` whatever the file calls it.
      blank_id: the column of the blank.
      subword_model: the SentencePiece model that the pieces come from, as its file's content;
        empty where there is none.
    """

    symbols: tuple[str, ...]
    blank_id: int
    subword_model: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Return V, the number of columns of the log-probabilities."""
        return len(self.symbols)

    @cached_property
    def separator_id(self) -> int | None:
        """Return the space token of a table that separates words by it, else None.

        A table of word pieces, where other tokens begin with the word mark, has no separator.
        """
        marked = [s for s in self.symbols if s.startswith(WORD_MARK)]
        return self.symbols.index(WORD_MARK) if marked == [WORD_MARK] else None

    @cached_property
    def ids(self) -> dict[str, int]:
        """Map each spelling token to its column; blank and `<...>` symbols are left out."""
        return {s: i for i, s in enumerate(self.symbols) if i != self.blank_id and not _special(s)}

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the characters that words can be made of."""
        return frozenset("".join(self.ids)) - {WORD_MARK}

    @cached_property
    def word_start_ids(self) -> tuple[int, ...]:
        """Return the tokens with which a word begins, in the order of their columns."""
        return tuple(sorted(i for s, i in self.ids.items() if s.startswith(WORD_MARK)))

    @classmethod
    def read(cls, path: Path | str) -> TokenTable:
        """Read a token table, and the bpe.model beside it if there is one.

        Raises:
          InputError: a malformed line, an ID twice or missing, no blank, or no word mark.
        """
        symbols: dict[int, str] = {}
        for number, line in enumerate(read_lines(path), start=1):
            if line.strip():
                token_id, symbol = _parse_line(line, path, number)
                if token_id in symbols:
                    raise InputError("an ID given twice", path=path, line=number, value=token_id)
                symbols[token_id] = symbol
        subword_model = Path(path).parent / SUBWORD_MODEL
        content = subword_model.read_bytes() if subword_model.is_file() else b""
        return replace(cls.from_symbols(symbols, path), subword_model=content)

    @classmethod
    def from_symbols(cls, by_id: dict[int, str], path: Path | str = "tokens") -> TokenTable:
        """Build a table from a mapping of column to symbol, checking that it is whole."""
        if sorted(by_id) != list(range(len(by_id))):
            missing = min(set(range(len(by_id) + 1)) - set(by_id))
            raise InputError("IDs must run from 0 without a gap; missing", path=path, value=missing)
        ordered = tuple(WORD_MARK if by_id[i] in SPACE_SYMBOLS else by_id[i] for i in sorted(by_id))
        repeated = next((s for s in ordered if ordered.count(s) > 1), None)
        if repeated is not None:
            raise InputError("a symbol given twice", path=path, value=repeated)
        blanks = [i for i, s in enumerate(ordered) if s in BLANK_SYMBOLS]
        if len(blanks) != 1:
            raise InputError(f"expected one blank named {BLANK_SYMBOLS[0]}", path=path)
        table = cls(ordered, blanks[0])
        if not table.word_start_ids:
            raise InputError(
                f"no token begins with {WORD_MARK}, so words cannot be told apart", path=path
            )
        if not table.letters:
            raise InputError("no token has a letter to spell with", path=path)
        return table


def _parse_line(line: str, path: Path | str, number: int) -> tuple[int, str]:
    fields = line.split()
    if len(fields) != 2 or not fields[1].isdecimal():
        raise InputError("expected `SYMBOL ID`", path=path, line=number, value=line)
    return int(fields[1]), fields[0]


def _special(symbol: str) -> bool:
    return len(symbol) > 2 and symbol.startswith("<") and symbol.endswith(">")
