"""`wfst-bias lm`: text to an ARPA file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.flags import SeveralValues, flags_of, given
from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.lm.command import LmReport, estimate_from_files
from wfst_bias.lm.estimate import LmOptions


@click.command(
    "lm", cls=SeveralValues, several=("--text",), short_help="text -> word language model (ARPA)"
)
@click.option(
    "--text",
    "texts",
    type=FILE,
    multiple=True,
    required=True,
    metavar="FILE...",
    help="text to learn from, a sentence on each line; several files, or repeated",
)
@click.option(
    "--word-counts",
    type=FILE,
    metavar="TSV",
    help="counts from elsewhere, WORD<TAB>COUNT a line, for a larger vocabulary",
)
@click.option("--out", type=FILE, required=True, help="the ARPA file; .gz compresses it")
@flags_of(LmOptions)
def lm_command(texts: tuple[Path, ...], word_counts: Path | None, out: Path, **flags: Any) -> None:
    """Estimate a word language model in which a class stands for words it does not know.

    Lists are attached where the model offers that class, so it is learnt from the rare words of
    the text. Words are what white space separates; write them as the acoustic model's tokens do,
    as a rule in lower case and without punctuation.

    \b
    Example:
      wfst-bias lm --text news.txt books.txt --word-counts counts.tsv \\
        --vocab-size 20000 --order 3 --out lm.arpa
    """
    options = LmOptions(**given(LmOptions, flags))
    check_out_file(out)
    report = estimate_from_files(texts, word_counts, options, out)
    click.echo(_summary(report))


def _summary(report: LmReport) -> str:
    sizes = ", ".join(f"{n} {order}-grams" for order, n in enumerate(report.ngrams, start=1))
    return (
        f"{report.sentences} sentences, {report.words} words, "
        f"{100 * report.class_share:.1f} % of them in the class\n"
        f"{report.vocabulary} words in the vocabulary; {sizes}"
    )
