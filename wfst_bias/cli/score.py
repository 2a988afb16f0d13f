"""`wfst-bias score`: error rates and entities of hypotheses."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.files import write_text
from wfst_bias.lm.arpa import read_vocabulary
from wfst_bias.score.bootstrap import Difference
from wfst_bias.score.entity_groups import by_length, by_vocabulary
from wfst_bias.score.replacements import ReplacementCounts
from wfst_bias.score.score_files import score_files, score_replacements
from wfst_bias.score.scores import Scores, compare


@click.command("score", short_help="words, references -> error rates, entities found")
@click.option(
    "--ref",
    type=FILE,
    required=True,
    metavar="TSV",
    help="references: id, text, rare words, list; the last two JSON arrays",
)
@click.option(
    "--hyp",
    type=FILE,
    required=True,
    metavar="TEXT",
    help="hypotheses as `decode` writes them: ID WORD ... a line",
)
@click.option(
    "--entities",
    type=FILE,
    metavar="LIST",
    help="score the entities of this list instead of each utterance's rare words",
)
@click.option(
    "--lm",
    type=FILE,
    metavar="ARPA",
    help="also count entities apart that have a word which this language model does not know",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="also write all as JSON")
@click.option(
    "--compare",
    "other",
    type=FILE,
    metavar="TEXT",
    help="other hypotheses; also show how much more each figure of --hyp is than theirs",
)
@click.option(
    "--spans",
    type=FILE,
    metavar="JSONL",
    help="entities.jsonl of --hyp: also count the entities that `decode --lookup-words` put in "
    "place of words, right and false ones",
)
def score_command(
    hyp: Path, lm: Path | None, json_file: Path | None, other: Path | None, **flags: Any
) -> None:
    """Count word errors, apart for rare words, and entities found, missed and made up.

    WER is over all words, U-WER over those that are not among the utterance's rare words, B-WER
    over those that are; precision, recall and F1 are of entities, F1 also of those of one word and
    of several by themselves; the rate of false alarms is per 100 words. Words are compared without
    case, diacritics and punctuation. Intervals are by bootstrap over utterances. Both files must
    have the same utterances.

    \b
    Example:
      wfst-bias score --ref test.tsv --hyp biased/text --compare plain/text
    """
    if json_file is not None:
        check_out_file(json_file)
    groups = by_length() | ({} if lm is None else by_vocabulary(read_vocabulary(lm)))
    ref, entities, spans = flags["ref"], flags["entities"], flags["spans"]
    scores = score_files(ref, hyp, entities, groups=groups)
    table = scores.to_table()
    more: dict[str, Any] = {}
    if other is not None:
        differences = compare(score_files(ref, other, entities), scores)
        table += "\n" + _difference_table(differences, other)
        more["differences"] = {name: _as_json(each) for name, each in differences.items()}
    replaced = None if spans is None else score_replacements(ref, hyp, spans)
    if replaced is not None:
        table += _replaced_line(replaced)
        more["looked_up"] = asdict(replaced)
    if json_file is not None:
        write_text(json_file, _json(scores, more))
    click.echo(table, nl=False)


def _replaced_line(counts: ReplacementCounts) -> str:
    return (
        f"looked up: {counts.right} right, {counts.false} false, {counts.harmful} of these in "
        "place of what was right\n"
    )


def _json(scores: Scores, more: dict[str, Any]) -> str:
    whole = {**json.loads(scores.to_json()), **more}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def _as_json(difference: Difference) -> dict[str, Any]:
    value, *interval = (
        None if math.isnan(number) else number
        for number in (difference.value, *difference.interval)
    )
    return {"value": value, "interval": interval}


def _difference_table(differences: dict[str, Difference], other: Path) -> str:
    lines = [f"{'metric':<14}{'more, %':>8}  interval, against {other}"]
    for name, difference in differences.items():
        low, high = (_percent(bound) for bound in difference.interval)
        lines.append(f"{name:<14}{_percent(difference.value):>8}  {low} to {high}")
    return "\n".join(lines) + "\n"


def _percent(rate: float) -> str:
    return "-" if math.isnan(rate) else f"{100 * rate:+.2f}"
