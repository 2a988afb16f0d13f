"""`wfst-bias phones`: words to a pronunciation lexicon."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click

from wfst_bias.cli.flags import SeveralValues
from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.entities.list_file import ListLine, read_list
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.phones.lexicon import PhoneLexicon

INPUT_FLAGS = ("--words", "--text", "--names")


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
    "--names",
    "name_files",
    type=FILE,
    multiple=True,
    metavar="LIST...",
    help="lists of names, as `decode --entities` reads them: each word is pronounced in several "
    "ways",
)
@click.option(
    "--lexicon",
    "lexicons",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="with --names: a lexicon of your own in the form of the CMU dictionary, which goes before "
    "espeak-ng; repeated for several, the first with a word says how",
)
@click.option(
    "--shipped/--no-shipped",
    default=True,
    show_default=True,
    help="with --names: take the pronunciations in data/phones/names.txt, or read all words anew",
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
    name_files: tuple[Path, ...],
    lexicons: tuple[Path, ...],
    shipped: bool,
    language: str,
    table: Path | None,
    out: Path,
) -> None:
    """Pronounce words by espeak-ng, for the phone head of an acoustic model.

    Every word is said alone, as it is written in the file, and stands once in the lexicon, in
    alphabetical order. The phones are those of the CMU dictionary without stress digits, and AX.

    Names are read in the languages from which they seem to come (data/phones/languages.tsv), or in
    that which their line gives, `Łukasz Kohut <lang:pl>`, and in English too; words of --lexicon
    and of data/phones/names.txt have the pronunciations that stand there.

    \b
    Examples:
      wfst-bias phones --text train.txt dev.txt --out lexicon.txt
      wfst-bias phones --names people.txt --lexicon mine.txt --out names.txt
    """
    if name_files:
        if word_files or texts or table is not None:
            raise click.UsageError("--names excludes --words, --text and --table")
        check_out_file(out)
        click.echo(_pronounce_names(name_files, lexicons, language, out, shipped=shipped))
        return
    if lexicons:
        raise click.UsageError("--lexicon goes with --names")
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


def _pronounce_names(
    files: tuple[Path, ...], lexicons: tuple[Path, ...], english: str, out: Path, *, shipped: bool
) -> str:
    from wfst_bias.phones.inventory import fitted, phone_table
    from wfst_bias.phones.names import Name, NamePronouncer, shipped_lexicon
    from wfst_bias.phones.origin import LanguageGuesser
    from wfst_bias.phones.reading import EspeakReader

    fit = partial(fitted, table=phone_table())
    own = [PhoneLexicon.read(path, fit) for path in lexicons]
    lines = [line for path in files for line in read_list(path)]
    names = [Name(line.written, line.language) for line in lines if isinstance(line, ListLine)]
    if not names:
        raise InputError("no names in the file", path=files[0])
    known = shipped_lexicon() if shipped else None
    guesser = LanguageGuesser.read()
    lexicon = NamePronouncer(own, EspeakReader(), known, guesser, english).words(names)
    lexicon.write(out)
    ways = sum(map(len, lexicon.pronunciations.values()))
    rejected = len(lines) - len(names)
    told = f"; {rejected} lines cannot be read" if rejected else ""
    return f"{len(lexicon.pronunciations)} words, {ways} pronunciations{told}"


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
