"""`wfst-bias phones`: words to a pronunciation lexicon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from wfst_bias.cli.flags import SeveralValues
from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.phones.lexicon import PhoneLexicon

INPUT_FLAGS = ("--words", "--text")


@click.command(
    "phones", cls=SeveralValues, several=INPUT_FLAGS, short_help="words -> pronunciation lexicon"
)
@click.option(
    "--words",
    "word_files",
    type=FILE,
    multiple=True,
    metavar="FILE...",
    help="words, one a line; several files, or repeated",
)
@click.option(
    "--text",
    "texts",
    type=FILE,
    multiple=True,
    metavar="FILE...",
    help="text with any number of words a line, white space between them",
)
@click.option(
    "--language",
    default="en-us",
    show_default=True,
    help="language of espeak-ng: en-us or en-gb",
)
@click.option(
    "--table",
    type=FILE,
    metavar="FILE",
    help="also write the phone table here: SYMBOL ID a line, <blk> 0 first",
)
@click.option("--out", type=FILE, required=True, help="the lexicon: WORD  PHONE PHONE ... a line")
def phones_command(
    word_files: tuple[Path, ...],
    texts: tuple[Path, ...],
    language: str,
    table: Path | None,
    out: Path,
) -> None:
    """Pronounce words by espeak-ng, for the phone head of an acoustic model.

    Every word is said alone, as it is written in the file, and stands once in the lexicon, in
    alphabetical order. The phones are those of the CMU dictionary without stress digits, and AX.

    \b
    Example:
      wfst-bias phones --text train.txt dev.txt --out lexicon.txt
    """
    if not word_files and not texts:
        raise click.UsageError("Missing option '--words' or '--text'")
    for path in filter(None, (out, table)):
        check_out_file(path)
    words = {word for path in word_files for word in _words_of_lines(path)}
    words |= {word for path in texts for word in _words_of_text(path)}
    lexicon = _pronounce(words, language)
    lexicon.write(out)
    if table is not None:
        _write_table(table)
    click.echo(f"{len(lexicon.pronunciations)} words, {len(lexicon.phones)} phones")


def _words_of_lines(path: Path) -> Iterator[str]:
    lines = read_lines(path)
    if not any(map(str.strip, lines)):
        raise InputError("no words in the file", path=path)
    for number, line in enumerate(lines, start=1):
        if len(line.split()) > 1:
            raise InputError(
                "expected one word a line",
                path=path,
                line=number,
                value=line,
                remedy="give text as --text",
            )
        yield from line.split()


def _words_of_text(path: Path) -> set[str]:
    words = {word for line in read_lines(path) for word in line.split()}
    if not words:
        raise InputError("no words in the file", path=path)
    return words


def _pronounce(words: set[str], language: str) -> PhoneLexicon:
    from wfst_bias.phones.g2p import pronounce

    return pronounce(sorted(words), language)


def _write_table(path: Path) -> None:
    from wfst_bias.phones.inventory import phone_table

    phone_table().write(path)
