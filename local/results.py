"""Put the scores of experiments into a table.

    python local/results.py EXP... --out FILE.md

Each EXP is a folder that run.sh has filled: data/dataset.toml says what the data are,
score/SET.CONDITION.json holds the figures.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from wfst_bias.files import write_text

CONDITIONS = {
    "none": "no list",
    "list100": "list of 100",
    "list1000": "list of 1,000",
    "list5000": "list of 5,000",
    "shared": "shared list",
}
WORD_METRICS = ("WER", "U-WER", "B-WER")
ENTITY_METRICS = ("precision", "recall", "F1")

ABOUT = """\
Rates are in %, with 95 % bootstrap intervals over utterances and the counts behind them. U-WER \
counts the words that are not rare, B-WER the rare ones, which are on the lists. A name is found \
where all its words are right; a false alarm is a name of the list written where it was not said. \
A list of 100, 1,000 or 5,000 belongs to one utterance: its own rare words, the others drawn at \
random. The shared list serves all utterances of a set. Without a list, names are those of the \
lists of 100."""


@dataclass(frozen=True)
class Experiment:
    """Hold the scores of one data set: `scores[set][condition]` is what `score --json` wrote."""

    title: str
    about: tuple[str, ...]
    sets: dict[str, str]
    scores: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, exp: Path) -> Experiment:
        """Read an experiment's folder; conditions without scores are left out."""
        dataset = tomli.loads((exp / "data/dataset.toml").read_text(encoding="utf-8"))
        scores = {
            name: {
                condition: json.loads(path.read_text(encoding="utf-8"))
                for condition in CONDITIONS
                if (path := exp / f"score/{name}.{condition}.json").is_file()
            }
            for name in dataset["sets"]
        }
        about = (dataset["note"], _about_options(exp), f"The shared list: {dataset['shared']}.")
        return cls(dataset["title"], about, dataset["sets"], scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, nargs="+", help="folder of an experiment")
    parser.add_argument("--out", type=Path, required=True, help="the Markdown file")
    arguments = parser.parse_args()
    experiments = [Experiment.read(exp) for exp in arguments.exp]
    command = shlex.join([".venv/bin/python", *sys.argv])
    write_text(arguments.out, "\n".join(markdown(experiments, command)) + "\n")
    print("\n".join(overview(experiments)))
    print(f"\nwith intervals and counts: {arguments.out}")


def markdown(experiments: Sequence[Experiment], command: str) -> Iterator[str]:
    """Yield the lines of the report."""
    yield "# Results"
    yield f"\nWritten by `{command}`; do not edit.\n"
    yield ABOUT
    for experiment in experiments:
        yield f"\n## {experiment.title}"
        for paragraph in experiment.about:
            yield f"\n{paragraph}"
        for name, role in experiment.sets.items():
            yield from _set_tables(name, role, experiment.scores[name])


def overview(experiments: Sequence[Experiment]) -> Iterator[str]:
    """Yield the lines of a table for the terminal: rates in %, without intervals."""
    rates = (*WORD_METRICS, *ENTITY_METRICS)
    yield _columns("set", "list", *rates, "false alarms")
    for experiment in experiments:
        for name, conditions in experiment.scores.items():
            for condition, score in conditions.items():
                metrics = score["metrics"]
                shown = (_percent(metrics[metric]["rate"]) for metric in rates)
                alarms = metrics["F1"]["counts"]["false_alarms"]
                yield _columns(name, CONDITIONS[condition], *shown, str(alarms))


def _columns(name: str, condition: str, *figures: str) -> str:
    *rates, alarms = figures
    return f"{name:<16} {condition:<14}" + "".join(f"{r:>10}" for r in rates) + f"{alarms:>14}"


def _about_options(exp: Path) -> str:
    used = {path.read_text(encoding="utf-8") for path in exp.glob("decode/*/options.toml")}
    if len(used) > 1:
        raise SystemExit(f"{exp}: decoded with different options: run stages 4 and 5 again")
    if not any(used):
        return "Options: the defaults."
    return "Options: those of `tuned.toml`, tuned on the first set and unchanged on the second."


def _set_tables(name: str, role: str, scores: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {name}\n\n{role}.\n"
    yield from _row("list", *WORD_METRICS)
    yield from _row(*["---"] * 4)
    for condition, score in scores.items():
        metrics = score["metrics"]
        yield from _row(CONDITIONS[condition], *(_word_cell(metrics[m]) for m in WORD_METRICS))
    yield ""
    yield from _row("list", *ENTITY_METRICS, "found, missed, false alarms")
    yield from _row(*["---"] * 5)
    for condition, score in scores.items():
        metrics = score["metrics"]
        counts = metrics["F1"]["counts"]
        numbers = f"{counts['hits']}, {counts['misses']}, {counts['false_alarms']}"
        cells = (_rate(metrics[m]) for m in ENTITY_METRICS)
        yield from _row(CONDITIONS[condition], *cells, numbers)


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _word_cell(metric: dict[str, Any]) -> str:
    counts = metric["counts"]
    errors = counts["substitutions"] + counts["deletions"] + counts["insertions"]
    return f"{_rate(metric)} {errors:,}/{counts['reference_words']:,}"


def _rate(metric: dict[str, Any]) -> str:
    low, high = map(_percent, metric["interval"])
    return f"**{_percent(metric['rate'])}** ({low} to {high})"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.2f}"


if __name__ == "__main__":
    main()
