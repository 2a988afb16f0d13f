"""`wfst-bias variants`: the variants of words, and by which rules they come about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from wfst_bias.cli.flags import flags_of, given
from wfst_bias.cli.inputs import tokens_flag
from wfst_bias.errors import InputError
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.tokens import TokenTable

COLUMNS = ("word", "variant", "cost", "rules")
# What words are made of where no token table says so.
PLAIN_LETTERS = tuple("abcdefghijklmnopqrstuvwxyz'")


@click.command("variants", short_help="names, rules -> spellings that sound alike")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@tokens_flag(required=False)
@flags_of(G2gOptions)
def variants_command(words: tuple[str, ...], tokens: Any, **flags: Any) -> None:
    """Show the spellings under which `decode --g2g` also finds names, and the rules behind each.

    Prints a table: the name, a variant, what it takes off the name's boost in nats, and the rules
    with their costs, those that read letters as phones before those that write them. `^` and `$`
    are the start and the end of a word, `-` is nothing. With --tokens the variants are in the
    letters of that model, else in a to z. That ordinary words cost more only decoding knows, which
    has a language model.

    Rules are lines of a table, so a rule that does harm can be made dearer or taken out; see
    docs/g2g.md.

    \b
    Examples:
      wfst-bias variants --g2g data/g2g/english.tsv Łukasz "Daphne Caruana"
      wfst-bias variants --g2g data/g2g/english.tsv,learned.tsv --most-cost-nats 4 Jiménez
    """
    options = G2gOptions(**given(G2gOptions, flags))
    if not options.files:
        raise click.UsageError("Missing option '--g2g'")
    table = TokenTable.from_symbols(dict(enumerate(("<blk>", "▁", *PLAIN_LETTERS))))
    rows = list(_rows(words, options, table if tokens is None else TokenTable.read(tokens)))
    click.echo("\n".join("\t".join(row) for row in (COLUMNS, *rows)))


def _rows(
    phrases: tuple[str, ...], options: G2gOptions, tokens: TokenTable
) -> Iterator[tuple[str, ...]]:
    from wfst_bias.entities.normalize import Normalizer
    from wfst_bias.g2g.forms import FormVariants

    normalizer = Normalizer(tokens)
    variants = FormVariants.load(options, normalizer, tokens.letters)
    if variants is None:
        return
    forms = [_form(phrase, normalizer.normalize(phrase).form) for phrase in phrases]
    asked = list(zip(forms, phrases, strict=True))
    for (form, phrase), found in zip(asked, variants.of(asked, lambda word: 0.0), strict=True):
        for variant in found:
            rules = variants.explain(form, phrase, variant.form)
            yield phrase, variant.form, f"{variant.cost_nats:.3f}", rules


def _form(phrase: str, form: str) -> str:
    if not form:
        raise InputError("nothing in it that can be spelled in the letters of words", value=phrase)
    return form
