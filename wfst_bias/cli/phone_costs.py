"""`wfst-bias phone-costs`: phones said and recognised, to the costs of confusing them."""

from __future__ import annotations

from pathlib import Path

import click

from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.phones.confusions import estimate_costs, read_phone_pairs


@click.command("phone-costs", short_help="phones said and recognised -> costs of confusing them")
@click.option(
    "--pairs",
    type=FILE,
    required=True,
    metavar="TSV",
    help="PHONE PHONE ...<TAB>PHONE PHONE ... a line: an utterance as a lexicon has it, and the "
    "best phones of the phone head",
)
@click.option("--out", type=FILE, required=True, metavar="TSV", help="the table of costs")
def phone_costs_command(pairs: Path, out: Path) -> None:
    """Estimate from a model's own errors what it costs to take one phone for another.

    Each line is aligned with the fewest edits. A cost is minus the logarithm of how often a phone
    was recognised as another, left out (`PHONE  -`) or put in (`-  PHONE`), one added to every
    count, so that what was never seen has a cost too. Take development data, not a test's.

    \b
    Example:
      wfst-bias phone-costs --pairs dev.phones.tsv --out data/phones/costs.tsv
    """
    check_out_file(out)
    found = read_phone_pairs(pairs)
    costs = estimate_costs(found)
    phones = sum(len(reference) for reference, _ in found)
    wrong = sum(count for (said, heard), count in costs.counts.items() if said != heard)
    told = f"{len(found)} utterances, {phones} phones, {wrong} errors"
    costs.write(out, [f"Estimated by `wfst-bias phone-costs` from {told}."])
    click.echo(told)
