"""Flags that `compile` and `decode` share, and what they stand for."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from wfst_bias.cli.flags import with_flags
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.classes import ListFile, read_entity_lists
from wfst_bias.entities.entity_list import (
    ACCEPTED,
    CHANGED,
    REJECTED,
    EntityList,
    LineReport,
)
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.tokens import TokenTable

Command = TypeVar("Command", bound=Callable[..., Any])

log = logging.getLogger(__name__)

FILE = click.Path(path_type=Path)
REPORT = "entities.report.tsv"
GRAPHS = "graph-*.pickle"  # as the cache names them
LIST_FORMATS = ("auto", "plain", "sherpa", "tsv", "ctc-ws", "json")


class ListFileType(click.ParamType):  # type: ignore[type-arg]
    """A file of a list, perhaps with the class of its entities in front."""

    name = "list"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ListFile:
        """Read `LIST` or `CLASS=LIST`."""
        return value if isinstance(value, ListFile) else ListFile.parse(value)


def lm_flag(*, required: bool) -> Callable[[Command], Command]:
    """Return what adds `--lm`."""
    return click.option(
        "--lm",
        type=FILE,
        required=required,
        metavar="ARPA",
        help="word language model; lists attach at its class words, <unk> and others; "
        ".gz is decompressed" + ("" if required else " [default: lm.arpa.gz of the model]"),
    )


def tokens_flag(*, required: bool) -> Callable[[Command], Command]:
    """Return what adds `--tokens`."""
    return click.option(
        "--tokens",
        type=FILE,
        required=required,
        metavar="FILE",
        help="token table: SYMBOL ID a line, <blk> the blank, ▁ a space or the start of a word"
        + ("" if required else " [default: tokens.txt of the model]"),
    )


def graph_flags(command: Command) -> Command:
    """Add `--tokens` and `--lm`."""
    return tokens_flag(required=True)(lm_flag(required=True)(command))


def list_flags(command: Command) -> Command:
    """Add `--entities`, which may be repeated, `--list-format` and `--strict`."""
    command = click.option(
        "--strict", is_flag=True, help="make a rejected line of a list an error"
    )(command)
    command = click.option(
        "--list-format",
        type=click.Choice(LIST_FORMATS),
        default="auto",
        show_default=True,
        help="how lines of --entities are read",
    )(command)
    return click.option(
        "--entities",
        type=ListFileType(),
        multiple=True,
        metavar="[CLASS=]LIST",
        help="list of entities, one a line: PHRASE [:SCORE] [@WRITTEN] [~SPOKEN] [<CLASS>], "
        "the score in nats; CLASS=LIST gives all lines a class of the language model; repeated "
        "for several files",
    )(command)


def entities_tsv_flag(command: Command) -> Command:
    """Add `--entities-tsv`."""
    return click.option(
        "--entities-tsv",
        type=FILE,
        metavar="TSV",
        help="a list for each utterance: id, text, rare words, list; the last two JSON arrays",
    )(command)


def check_list_flags(flags: Mapping[str, Any]) -> None:
    """Refuse a list for all utterances beside lists of their own."""
    if flags["entities"] and flags["entities_tsv"] is not None:
        raise click.UsageError("--entities and --entities-tsv exclude each other")


def options_flag(command: Command) -> Command:
    """Add `--options`."""
    return click.option(
        "--options",
        "options_file",
        type=FILE,
        metavar="TOML",
        help="[scales], [boost], [g2g], [adaptive], [search], [output], [phone_spot], "
        "[phone_rescore], [lexicon_lookup]; the flags below override it",
    )(command)


def read_options(flags: Mapping[str, Any]) -> DecodeOptions:
    """Return the options: a flag before the file of `--options`, this before the default.

    Where `is_deaf` is among the flags and true, what the file says of phones is left out.
    """
    path = flags["options_file"]
    options = DecodeOptions() if path is None else DecodeOptions.read(path)
    if flags.get("is_deaf") and options.needs_phones:
        log.warning(
            "phones have no say without their log-probabilities: "
            "give --phone-log-probs, as `wfst-bias encode --phones-out` writes them"
        )
        options = options.without_phones()
    return with_flags(options, flags)


def read_lists(
    files: Sequence[ListFile], list_format: str, tokens: TokenTable, *, strict: bool = False
) -> EntityList:
    """Read and resolve the files of a list for a token table."""
    speller, normalizer = Speller(tokens), Normalizer(tokens)
    return read_entity_lists(files, normalizer, list_format, speller=speller, strict=strict)


def count_lines(report: Iterable[LineReport]) -> dict[str, int]:
    """Count the lines of a report by what became of them."""
    counts = Counter(entry.status for entry in report)
    return {status: counts[status] for status in (ACCEPTED, CHANGED, REJECTED)}


def show_counts(counts: Mapping[str, int]) -> str:
    """Say how many lines were accepted, changed and rejected."""
    shown = ", ".join(f"{counts[status]} {status}" for status in (ACCEPTED, CHANGED, REJECTED))
    return f"entities: {shown}"


def make_folder(path: Path) -> None:
    """Make an output folder before the work begins.

    Raises:
      InputError: something else is there, or nothing can be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made a folder ({error.strerror})", path=path) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError("a folder that cannot be written to", path=path)


def check_out_file(path: Path) -> None:
    """Check before the work begins that a file can be written; its folder is made.

    Raises:
      InputError: a folder has that name, or its folder cannot be had.
    """
    if path.is_dir():
        raise InputError("a folder, expected the name of a file", path=path)
    make_folder(path.parent)
