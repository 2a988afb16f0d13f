"""`wfst-bias lm`: text to an ARPA file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.flags import SeveralValues, flags_of, given
from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.lm.classes import NamedClass
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
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="NAME[=LIST]",
    help="count the phrases of LIST in the text as the class word <NAME>; without LIST, the text "
    "holds <NAME> itself; repeated for more classes or lists",
)
@click.option("--out", type=FILE, required=True, help="the ARPA file; .gz compresses it")
@flags_of(LmOptions)
def lm_command(
    texts: tuple[Path, ...],
    word_counts: Path | None,
    classes: tuple[str, ...],
    out: Path,
    **flags: Any,
) -> None:
    """Estimate a word language model in which a class stands for words it does not know.

    Lists are attached where the model offers that class, so it is learnt from the rare words of
    the text. Words are what white space separates; write them as the acoustic model's tokens do,
    as a rule in lower case and without punctuation.

    A named class is learnt from its phrases, whole words of the text, the longest first: --class
    person=people.txt has the model expect a person after "mister", and entities of that class are
    attached there. LIST has a phrase on each line, in any form that a list of entities may have.

    \b
    Examples:
      wfst-bias lm --text news.txt books.txt --word-counts counts.tsv \\
        --vocab-size 20000 --order 3 --out lm.arpa
      wfst-bias lm --text news.txt --class person=people.txt --class place=places.txt --out lm.arpa
    """
    options = LmOptions(**given(LmOptions, flags))
    check_out_file(out)
    named = [NamedClass.parse(given) for given in classes]
    report = estimate_from_files(texts, word_counts, options, out, named)
    click.echo(_summary(report))


def _summary(report: LmReport) -> str:
    sizes = ", ".join(f"{n} {order}-grams" for order, n in enumerate(report.ngrams, start=1))
    named = "".join(f"{count} times {word}\n" for word, count in report.named)
    return (
        f"{report.sentences} sentences, {report.words} words, "
        f"{100 * report.class_share:.1f} % of them in the class\n"
        f"{named}"
        f"{report.vocabulary} words in the vocabulary; {sizes}"
    )
