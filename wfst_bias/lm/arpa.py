"""ARPA files of any order: `read_arpa`, `write_arpa`, and `NgramLm`, the model they hold.

`read_vocabulary` reads the words alone, which is quick.

In the file probabilities are base-10 logarithms; in `NgramLm` they are nats. -99 or less in the
file means "never" and is minus infinity here.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write

BOS = "<s>"
EOS = "</s>"
CLASS_WORDS = ("<BOOST>", "<unk>", "<UNK>", "<OOV>", "<oov>", "[unk]")

_BRACKETED = re.compile(r"<[^<>\s]+>")

NATS_PER_LOG10 = float(np.log(10.0))
NEVER_LOG10 = -99.0


@dataclass(frozen=True)
class NgramTable:
    """Hold the n-grams of one order.

    Attributes:
      ids: word ids, oldest word first, shape (n, order), int32.
      log_probs: in nats, shape (n,), float64; minus infinity for "never".
      backoffs: in nats, shape (n,), float64; 0 where the file gives none.
    """

    ids: NDArray[np.int32]
    log_probs: NDArray[np.float64]
    backoffs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class NgramLm:
    """Hold a back-off language model.

    Attributes:
      words: the word of each id, among them `<s>`, `</s>` and, where there are any, class words.
      ngrams: one table per order, unigrams first.
    """

    words: tuple[str, ...]
    ngrams: tuple[NgramTable, ...]

    @property
    def order(self) -> int:
        """Return the length of the longest n-grams."""
        return len(self.ngrams)

    @cached_property
    def word_ids(self) -> dict[str, int]:
        """Map each word to its id."""
        return {word: i for i, word in enumerate(self.words)}

    @property
    def class_word(self) -> str | None:
        """Return the word that stands for unknown words, else None.

        Where several of `CLASS_WORDS` are in the model, the first of that tuple is meant.
        """
        return next((word for word in CLASS_WORDS if word in self.word_ids), None)

    @cached_property
    def class_words(self) -> tuple[str, ...]:
        """Return all class words: `class_word` first, where there is one, then the named classes.

        A named class is any other word in angle brackets, such as `<person>`.
        """
        unknown = self.class_word
        named = (word for word in self.words if is_class_word(word) and word != unknown)
        return (*named,) if unknown is None else (unknown, *named)


def is_class_word(word: str) -> bool:
    """Say whether a word is written as one that stands for others, sentence marks apart."""
    return word in CLASS_WORDS or (
        word not in (BOS, EOS) and _BRACKETED.fullmatch(word) is not None
    )


def read_arpa(path: Path | str) -> NgramLm:
    """Read an ARPA file; one whose name ends in `.gz` is decompressed.

    Raises:
      InputError: not an ARPA file, cut off, a count of the header not met, a malformed line, a
        probability above 1, an n-gram given twice, a word that is no unigram, `<s>` or `</s>`
        missing, bytes that are not UTF-8.
    """
    lines = _read_bytes(path).removeprefix(codecs.BOM_UTF8).split(b"\n")
    return _ArpaParser(path, lines).parse()


def read_vocabulary(path: Path | str) -> tuple[str, ...]:
    """Read the words of an ARPA file alone, without sentence marks and class words.

    Raises:
      InputError: as `read_arpa`, but n-grams of more than one word are not looked at.
    """
    lines = _read_bytes(path).removeprefix(codecs.BOM_UTF8).split(b"\n")
    words = _ArpaParser(path, lines).parse_words()
    return tuple(word for word in words if word not in (BOS, EOS) and not is_class_word(word))


def write_arpa(lm: NgramLm, path: Path | str) -> None:
    """Write an ARPA file atomically, n-grams in the order of their tables.

    A path that ends in `.gz` is compressed. Equal models give equal bytes.
    """
    with atomic_write(path, "wb") as stream:
        binary = cast(IO[bytes], stream)
        if Path(path).suffix != ".gz":
            _write_stream(lm, binary)
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=binary, mtime=0) as compressed:
            _write_stream(lm, cast(IO[bytes], compressed))


def _read_bytes(path: Path | str) -> bytes:
    try:
        content = Path(path).read_bytes()
        return gzip.decompress(content) if Path(path).suffix == ".gz" else content
    except EOFError as error:
        raise InputError("the compressed file is cut off", path=path) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError("the name ends in .gz, the content is not gzip", path=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error


class _ArpaParser:
    """Walk over the lines of one file; words stay bytes until all sections are read."""

    def __init__(self, path: Path | str, lines: list[bytes]) -> None:
        self.path = path
        self.lines = lines
        self.word_ids: dict[bytes, int] = {}

    def parse(self) -> NgramLm:
        tables = tuple(self._read_sections())
        return NgramLm(self._decode_words(), tables)

    def parse_words(self) -> tuple[str, ...]:
        next(self._read_sections())
        return self._decode_words()

    def _read_sections(self) -> Iterator[NgramTable]:
        marks = self._find_marks()
        counts = self._read_header(marks)
        self._check_marks(marks, len(counts))
        for order, count in enumerate(counts, start=1):
            yield self._read_section(order, count, marks[order] + 1, marks[order + 1])

    def _find_marks(self) -> list[int]:
        """Return the rows that begin with a backslash, from `\\data\\` on."""
        marks = [i for i, line in enumerate(self.lines) if line[:1] == b"\\"]
        for index, row in enumerate(marks):
            if self.lines[row].strip() == b"\\data\\":
                return marks[index:]
        raise InputError("not an ARPA file: no line `\\data\\`", path=self.path)

    def _read_header(self, marks: Sequence[int]) -> list[int]:
        end = marks[1] if len(marks) > 1 else len(self.lines)
        counts: list[int] = []
        for row, line in self._filled(marks[0] + 1, end):
            match = re.fullmatch(rb"ngram\s+(\d+)\s*=\s*(\d+)", line.strip())
            if match is None or int(match[1]) != len(counts) + 1:
                expected = f"expected `ngram {len(counts) + 1}=COUNT`"
                raise self._error(expected, row, _shown(line))
            counts.append(int(match[2]))
        if not counts:
            raise self._error("the header names no n-grams", marks[0])
        return counts

    def _check_marks(self, marks: Sequence[int], order: int) -> None:
        expected = ["\\data\\", *(f"\\{n}-grams:" for n in range(1, order + 1)), "\\end\\"]
        for index, mark in enumerate(expected):
            if index == len(marks):
                raise self._error(f"the file is cut off before `{mark}`", len(self.lines) - 1)
            found = _shown(self.lines[marks[index]]).strip()
            if found != mark:
                raise self._error(f"expected `{mark}`", marks[index], found)

    def _read_section(self, order: int, count: int, begin: int, end: int) -> NgramTable:
        filled = list(self._filled(begin, end))
        rows = [row for row, _ in filled]
        fields = [line.split() for _, line in filled]
        lengths = np.fromiter(map(len, fields), np.int64, len(fields))
        malformed = (lengths != order + 1) & (lengths != order + 2)
        self._reject(malformed, rows, f"expected a line of a {order}-gram")
        if len(rows) != count:
            message = f"the header says {count} {order}-grams, the section has"
            raise self._error(message, begin - 1, len(rows))
        ids = self._read_ids(order, fields, rows)
        log_probs = self._read_numbers([f[0] for f in fields], rows)
        self._reject(log_probs > 0, rows, "a probability above 1")
        backoffs = np.zeros(len(rows))
        given = np.flatnonzero(lengths == order + 2).tolist()
        backoffs[given] = self._read_numbers(
            [fields[i][-1] for i in given], [rows[i] for i in given]
        )
        return NgramTable(ids, log_probs, backoffs)

    def _read_ids(
        self, order: int, fields: Sequence[list[bytes]], rows: Sequence[int]
    ) -> NDArray[np.int32]:
        if order == 1:
            self._read_words(fields, rows)
        spelled = (word for f in fields for word in f[1 : order + 1])
        try:
            flat = np.fromiter(map(self.word_ids.__getitem__, spelled), np.int32)
        except KeyError as error:
            row = next(
                r for r, f in zip(rows, fields, strict=True) if error.args[0] in f[1 : order + 1]
            )
            message = "a word that is not among the unigrams"
            raise self._error(message, row, _shown(error.args[0])) from None
        ids = flat.reshape(-1, order)
        self._check_distinct(ids, rows)
        return ids

    def _read_words(self, fields: Sequence[list[bytes]], rows: Sequence[int]) -> None:
        self.word_ids = {}
        for row, (_, word, *_) in zip(rows, fields, strict=True):
            if self.word_ids.setdefault(word, len(self.word_ids)) != len(self.word_ids) - 1:
                raise self._error("a word given twice", row, _shown(word))
        for mark in (BOS, EOS):
            if mark.encode() not in self.word_ids:
                raise InputError(f"{mark} is not among the unigrams", path=self.path)

    def _check_distinct(self, ids: NDArray[np.int32], rows: Sequence[int]) -> None:
        by_content = np.lexsort(ids.T[::-1])
        same = (ids[by_content[1:]] == ids[by_content[:-1]]).all(axis=1)
        repeated = np.zeros(len(ids), dtype=np.bool_)
        repeated[by_content[1:][same]] = True
        self._reject(repeated, rows, "an n-gram given twice")

    def _read_numbers(self, spelled: Sequence[bytes], rows: Sequence[int]) -> NDArray[np.float64]:
        try:
            numbers = np.fromiter(map(float, spelled), np.float64, len(spelled))
        except ValueError:
            wrong = np.array([not _is_number(number) for number in spelled])
            self._reject(wrong, rows, "expected numbers")
        self._reject(np.isnan(numbers) | np.isposinf(numbers), rows, "expected finite numbers")
        return np.where(numbers <= NEVER_LOG10, -np.inf, numbers * NATS_PER_LOG10)

    def _reject(self, wrong: NDArray[np.bool_], rows: Sequence[int], message: str) -> None:
        if wrong.any():
            row = rows[int(np.argmax(wrong))]
            raise self._error(message, row, _shown(self.lines[row]))

    def _decode_words(self) -> tuple[str, ...]:
        return tuple(map(self._decode, self.word_ids))

    def _decode(self, word: bytes) -> str:
        try:
            return word.decode("utf-8")
        except UnicodeDecodeError:
            row = next(i for i, line in enumerate(self.lines) if word in line.split())
            remedy = "convert the file to UTF-8"
            raise self._error("not UTF-8", row, word, remedy=remedy) from None

    def _filled(self, begin: int, end: int) -> Iterable[tuple[int, bytes]]:
        return ((i, line) for i, line in enumerate(self.lines[begin:end], begin) if line.strip())

    def _error(
        self, message: str, row: int, value: object = None, remedy: str | None = None
    ) -> InputError:
        return InputError(message, path=self.path, line=row + 1, value=value, remedy=remedy)


def _is_number(spelled: bytes) -> bool:
    try:
        float(spelled)
    except ValueError:
        return False
    return True


def _shown(line: bytes) -> str:
    return line.decode("utf-8", errors="backslashreplace").rstrip("\r")


def _write_stream(lm: NgramLm, binary: IO[bytes]) -> None:
    stream = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
    stream.write("\\data\\\n")
    stream.writelines(f"ngram {n}={len(table)}\n" for n, table in enumerate(lm.ngrams, start=1))
    for order, table in enumerate(lm.ngrams, start=1):
        stream.write(f"\n\\{order}-grams:\n")
        stream.writelines(_format_lines(lm.words, table, with_backoff=order < lm.order))
    stream.write("\n\\end\\\n")
    stream.detach()


def _format_lines(
    words: tuple[str, ...], table: NgramTable, *, with_backoff: bool
) -> Iterator[str]:
    log_probs = _to_log10(table.log_probs)
    backoffs = _to_log10(table.backoffs)
    for ids, log_prob, backoff in zip(table.ids.tolist(), log_probs, backoffs, strict=True):
        ngram = " ".join([words[i] for i in ids])
        tail = f"\t{backoff:.8g}" if with_backoff and backoff != 0 else ""
        yield f"{log_prob:.8g}\t{ngram}{tail}\n"


def _to_log10(nats: NDArray[np.float64]) -> list[float]:
    log10 = np.maximum(nats / NATS_PER_LOG10, NEVER_LOG10)
    return cast(list[float], log10.tolist())
