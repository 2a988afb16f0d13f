"""Count what a list does to utterances that say no name: false alarms by the hour, and WER.

    python -m local.false_alarms EXP

EXP is a folder that run.sh has filled. For each SET with audio and each CONDITION that was decoded,
score/SET.CONDITION.alarms.json is written: `false_alarms` per hour and `wer` of these utterances,
each with its counts and its 95 % bootstrap interval. An utterance says no name where the lists of
100 give it none.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wfst_bias.entities.list_file import (
    ListLine,
    UtteranceList,
    read_entities_tsv,
    read_list,
)
from wfst_bias.files import write_text
from wfst_bias.formats.cuts import iterate_cuts
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.score.bootstrap import interval
from wfst_bias.score.score_files import score_utterance

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Rate:
    """Hold a count, what it is a share of, and their ratio, which is None where that is nothing."""

    count: int
    of: float
    rate: float | None
    interval: tuple[float | None, float | None]

    @classmethod
    def over(cls, counts: Sequence[int], of: Sequence[float]) -> Rate:
        """Return the rate of counts by utterance."""
        whole = math.fsum(of)
        low, high = (None if math.isnan(bound) else bound for bound in interval(counts, of))
        return cls(sum(counts), whole, sum(counts) / whole if whole else None, (low, high))


@dataclass(frozen=True)
class Nameless:
    """Hold what was counted in utterances that say no name: alarms by hours, errors by words."""

    utterances: int
    false_alarms: Rate
    wer: Rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of an experiment")
    exp = parser.parse_args().exp
    for cuts in sorted((exp / "data").glob("*.cuts.jsonl.gz")):
        count_set(exp, cuts.name.removesuffix(".cuts.jsonl.gz"), hours_of(cuts))


def hours_of(cuts: Path) -> dict[str, float]:
    """Map the utterances of a manifest to their lengths in hours."""
    return {cut.id: cut.duration / SECONDS_PER_HOUR for cut in iterate_cuts(cuts)}


def count_set(exp: Path, name: str, hours: Mapping[str, float]) -> None:
    """Write the false alarms of every condition in which a set was decoded."""
    for text in sorted((exp / "decode").glob(f"{name}.*/text")):
        condition = text.parent.name.removeprefix(f"{name}.")
        list_name = condition.rpartition(".")[2]
        found = count(nameless(exp / "data", name, list_name), read_kaldi_text(text), hours)
        path = exp / f"score/{name}.{condition}.alarms.json"
        write_text(path, json.dumps(asdict(found), indent=2, allow_nan=False) + "\n")


def nameless(data: Path, name: str, list_name: str) -> list[UtteranceList]:
    """Return the utterances of a set that say no name, with a list; that of 100 for `none`."""
    own = data / f"{name}.{list_name}.tsv"
    lists = read_entities_tsv(own if own.is_file() else data / f"{name}.list100.tsv").values()
    found = [utterance for utterance in lists if not utterance.rare]
    if list_name != "shared":
        return found
    lines = read_list(data / f"{name}.shared.txt")
    names = tuple(line.written for line in lines if isinstance(line, ListLine))
    return [replace(utterance, entities=names) for utterance in found]


def count(
    utterances: Sequence[UtteranceList], texts: Mapping[str, str], hours: Mapping[str, float]
) -> Nameless:
    """Count names of their lists, and errors, in what was recognized without a name said."""
    scores = [score_utterance(each, texts[each.utterance_id]) for each in utterances]
    return Nameless(
        len(scores),
        Rate.over(
            [score.entities.false_alarms for score in scores],
            [hours[each.utterance_id] for each in utterances],
        ),
        Rate.over(
            [score.words.all.errors for score in scores],
            [score.words.all.reference_words for score in scores],
        ),
    )


if __name__ == "__main__":
    main()
