"""`wfst-bias subwords`: text to a subword model and its token table."""

from __future__ import annotations

from pathlib import Path

import click

from wfst_bias.cli.flags import SeveralValues
from wfst_bias.cli.inputs import FILE
from wfst_bias.files import read_lines


@click.command(
    "subwords",
    cls=SeveralValues,
    several=("--text",),
    short_help="text -> subwords (sentencepiece) and token table",
)
@click.option(
    "--text",
    "texts",
    type=FILE,
    multiple=True,
    required=True,
    metavar="FILE...",
    help="normalized text, a sentence on each line: a to z, apostrophe and space",
)
@click.option(
    "--size", type=click.IntRange(30), default=500, show_default=True, help="tokens, with blank"
)
@click.option("--out", type=FILE, required=True, help="folder for bpe.model and tokens.txt")
def subwords_command(texts: tuple[Path, ...], size: int, out: Path) -> None:
    """Learn the subwords that an acoustic model is to write, by byte-pair encoding.

    \b
    Example:
      wfst-bias subwords --text train.text --size 500 --out model
    """
    from wfst_bias.acoustic.subwords import learn_subwords

    sentences = [line for path in texts for line in read_lines(path) if line.strip()]
    learnt = learn_subwords(sentences, size, out)
    click.echo(f"{learnt.size} tokens from {len(sentences)} sentences")
