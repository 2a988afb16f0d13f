"""`wfst-bias learn-rules`: what was said and what was written, to rules for variants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.flags import flags_of, given
from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.g2g.learning import Learned, LearningOptions, learn_rules, read_pairs


@click.command("learn-rules", short_help="names said and written -> rules for variants")
@click.option(
    "--pairs",
    type=FILE,
    required=True,
    metavar="TSV",
    help="SAID<TAB>WRITTEN a line: a name, spelled right, and what a recognizer wrote for it",
)
@click.option("--out", type=FILE, required=True, metavar="TABLE", help="the table of rules")
@flags_of(LearningOptions)
def learn_rules_command(pairs: Path, out: Path, **flags: Any) -> None:
    """Learn from a recognizer's mistakes how it spells names that it does not know.

    Letters of the two sides are aligned. Each difference that is seen often enough becomes a rule
    from letters to letters, in the form of data/g2g/english.tsv; its cost is minus the logarithm
    of how often those letters were written so. Names should be training entities: what a test
    says must not be learned from. `decode --g2g english.tsv,learned.tsv` uses both.

    \b
    Example:
      wfst-bias learn-rules --pairs heard.tsv --out learned.tsv
    """
    options = LearningOptions(**given(LearningOptions, flags))
    check_out_file(out)
    learned = learn_rules(read_pairs(pairs), options)
    learned.table.write(out, [f"Learned by `wfst-bias learn-rules` from {_show(learned)}."])
    click.echo(f"{len(learned.table.rules)} rules from {_show(learned)}")


def _show(learned: Learned) -> str:
    share = learned.used / learned.differences
    return f"{learned.pairs} pairs, {learned.differences} differences, {share:.0%} of them by rules"
