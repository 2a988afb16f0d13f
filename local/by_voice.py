"""Scores by the synthesizer that spoke: entities, and errors on other words.

    python -m local.by_voice EXP [--conditions none list100 ...]

EXP is a folder that run.sh has filled with a synthetic corpus, whose cuts name their voices
(SYNTHESIZER:VOICE). espeak-ng also says how the names of a list are pronounced, so that a gain on
the speech of the others is the better evidence of what decoding by sound does for people. Rates are
in %, with 95 % bootstrap intervals over utterances.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.markdown import rate, row, rule
from wfst_bias.errors import InputError
from wfst_bias.formats.cuts import iterate_cuts
from wfst_bias.score.score_files import score_files
from wfst_bias.score.scores import Scores

MEASURES = ("precision", "recall", "F1", "U-WER")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of an experiment")
    parser.add_argument("--conditions", nargs="+", default=["none", "list100", "shared"])
    arguments = parser.parse_args()
    try:
        rows = list(rows_of(arguments.exp, arguments.conditions))
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    heading = ("set", "condition", "spoken by", "utterances", "said", *MEASURES)
    print(row(*heading), rule(len(heading)), *rows, sep="\n")


def rows_of(exp: Path, conditions: Sequence[str]) -> Iterator[str]:
    """Yield a row for each set, condition and synthesizer.

    Raises:
      InputError: no set has audio, a condition was not decoded, or a cut names no synthesizer.
    """
    manifests = sorted((exp / "data").glob("*.cuts.jsonl.gz"))
    if not manifests:
        raise InputError("no cuts in data: run run.sh first", path=exp)
    for manifest in manifests:
        name = manifest.name.removesuffix(".cuts.jsonl.gz")
        spoken_by = synthesizers(manifest)
        for condition in conditions:
            scores = score_condition(exp, name, condition)
            for synthesizer, part in split(scores, spoken_by).items():
                found = part.total.entities
                said = found.hits + found.misses
                rates = (rate(part.metrics[measure]) for measure in MEASURES)
                yield row(name, condition, synthesizer, len(part.utterances), said, *rates)


def synthesizers(manifest: Path) -> dict[str, str]:
    """Map the utterances of a manifest to what spoke them.

    Raises:
      InputError: a cut has no speaker of the form SYNTHESIZER:VOICE.
    """
    found = {}
    for cut in iterate_cuts(manifest):
        speaker = cut.supervisions[0].speaker if cut.supervisions else None
        name, colon, _ = (speaker or "").partition(":")
        if not colon:
            raise InputError(
                f"cut {cut.id} has no speaker SYNTHESIZER:VOICE", path=manifest, value=speaker
            )
        found[cut.id] = name
    return found


def score_condition(exp: Path, name: str, condition: str) -> Scores:
    """Score what a set was decoded to, as run.sh does.

    Raises:
      InputError: it was not decoded so.
    """
    data, list_name = exp / "data", condition.rpartition(".")[2]
    own = data / f"{name}.{list_name}.tsv"
    shared = data / f"{name}.shared.txt" if list_name == "shared" else None
    reference = own if own.is_file() else data / f"{name}.list100.tsv"
    return score_files(reference, exp / f"decode/{name}.{condition}/text", shared)


def split(scores: Scores, spoken_by: Mapping[str, str]) -> dict[str, Scores]:
    """Tell the utterances of a set apart by what spoke them."""
    return {
        each: Scores(
            tuple(u for u in scores.utterances if spoken_by[u.utterance_id] == each), scores.options
        )
        for each in sorted(set(spoken_by.values()))
    }


if __name__ == "__main__":
    main()
