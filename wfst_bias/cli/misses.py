"""`wfst-bias misses`: how far the entities came that were said and not found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.flags import flags_of, given
from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.files import write_text
from wfst_bias.misses.explain import MissOptions
from wfst_bias.misses.files import MissFiles, explain_files


@click.command("misses", short_help="n-best lists, lattices, references -> causes of misses")
@click.option(
    "--ref",
    type=FILE,
    required=True,
    metavar="TSV",
    help="references: id, text, rare words, list; the last two JSON arrays",
)
@click.option(
    "--nbest", type=FILE, required=True, metavar="JSONL", help="nbest.jsonl that `decode` wrote"
)
@click.option(
    "--entities",
    type=FILE,
    metavar="LIST",
    help="look for the entities of this list instead of each utterance's rare words",
)
@click.option(
    "--lattices", type=FILE, metavar="DIR", help="folder that `decode --lattices` wrote with them"
)
@click.option(
    "--log-probs",
    type=FILE,
    metavar="NPZ",
    help="what was decoded: tells what was pruned from what was not heard; with --lattices",
)
@click.option(
    "--tokens", type=FILE, metavar="FILE", help="with --log-probs: token table, SYMBOL ID a line"
)
@flags_of(MissOptions)
@click.option(
    "--json", "json_file", type=FILE, metavar="FILE", help="also write all, each miss, as JSON"
)
def misses_command(json_file: Path | None, **flags: Any) -> None:
    """Say for every entity that was said and not found how far it came, and show the shares.

    An entity is missed where `score` counts a miss. The cause is the first of these that holds:

    \b
      outranked       another text of the n-best list has it at its place
      in the lattice  a path of the lattice writes it, as often as it was said, and is within the
                      --output-beam of decoding
      pruned          its letters were heard: with it in its place, the text is within --reach-nats
                      of what was written, for each word of it, by the acoustics alone
      not heard       it is not within reach: spelled or said otherwise than its letters
      not spelled     no tokens of the model spell it
      unknown         what would tell was not given

    What is outranked asks for other scales, a boost or phones; what is pruned for a wider beam or
    a boost; what is not heard for variants of its spelling, an adapter or a better model.

    \b
    Example:
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm lm.arpa \\
        --entities-tsv test.tsv --lattices --n-best 10 --out biased
      wfst-bias misses --ref test.tsv --nbest biased/nbest.jsonl --lattices biased/lattices \\
        --log-probs x.npz --tokens tokens.txt --json misses.json
    """
    if json_file is not None:
        check_out_file(json_file)
    options = MissOptions(**given(MissOptions, flags))
    names = ("ref", "nbest", "entities", "lattices", "log_probs", "tokens")
    report = explain_files(MissFiles(**{name: flags[name] for name in names}), options)
    if json_file is not None:
        write_text(json_file, report.to_json())
    click.echo(report.to_table(), nl=False)
