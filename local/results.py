"""Put the scores of experiments into a table.

    python local/results.py EXP... --out FILE.md

Each EXP is a folder that run.sh has filled: data/dataset.toml says what the data are,
score/SET.CONDITION.json holds the figures, and score/SET.CONDITION.alarms.json, where there is
audio, those of utterances that say no name.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from conditions import CONDITIONS, LISTS
from systems import read_systems

from wfst_bias.files import write_text

WORD_METRICS = ("WER", "U-WER", "B-WER")
ENTITY_METRICS = ("precision", "recall", "F1")
ALARMS = ".alarms.json"
TUNED = "all, as above"
NAMELESS_COLUMNS = ("false alarms per hour", "WER where no name is said")

ABOUT = """\
Rates are in %, with 95 % bootstrap intervals over utterances and the counts behind them. B-WER \
counts the words of names (of real speech: words that are rare), U-WER all other words. A name is \
found where all its words are right; a false alarm is a name of the list written where it was not \
said. A list of 100, 1,000 or 5,000 belongs to one utterance: its own names, and others drawn at \
random. The shared list serves all utterances of a set. Without a list, names are those of the \
lists of 100. Where there is audio, two more columns tell what a list does to the utterances \
that say no name: names written in them per hour, and their WER."""


@dataclass(frozen=True)
class Experiment:
    """Hold the scores of one data set.

    Attributes:
      title, about: what is said of the data.
      sets: what is said of each set.
      scores: by set and condition, what `score --json` wrote, and under `alarms` what
        `false_alarms` wrote, None without audio.
      systems: by set, by list, by what the system is called, likewise; the tuned one is the last.
    """

    title: str
    about: tuple[str, ...]
    sets: dict[str, str]
    scores: dict[str, dict[str, Any]]
    systems: dict[str, dict[str, dict[str, Any]]]

    @classmethod
    def read(cls, exp: Path) -> Experiment:
        """Read an experiment's folder; conditions without scores are left out."""
        dataset = tomli.loads((exp / "data/dataset.toml").read_text(encoding="utf-8"))
        scores = {name: _read_scores(exp, name, CONDITIONS) for name in dataset["sets"]}
        systems = {name: _read_systems(exp, name, scores[name]) for name in dataset["sets"]}
        about = (
            dataset["note"],
            f"Options: {_options(exp, dataset)}.",
            f"The shared list: {dataset['shared']}.",
        )
        return cls(dataset["title"], about, dataset["sets"], scores, systems)


def _read_scores(exp: Path, name: str, conditions: Iterable[str]) -> dict[str, Any]:
    """Read the scores of a set under those conditions that were scored."""
    return {
        condition: {**scores, "alarms": _read_json(path.with_suffix(ALARMS))}
        for condition in conditions
        if (scores := _read_json(path := exp / f"score/{name}.{condition}.json")) is not None
    }


def _read_systems(exp: Path, name: str, tuned: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Read the scores of other systems by list, and put those of the tuned one behind them."""
    systems = {system: each.says for system, each in read_systems().items()}
    found = {}
    for list_name in LISTS:
        by_condition = _read_scores(exp, name, (f"{system}.{list_name}" for system in systems))
        if by_condition:
            called = {systems[key.partition(".")[0]]: each for key, each in by_condition.items()}
            found[list_name] = {**called, TUNED: tuned[list_name]}
    return found


def _read_json(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, nargs="+", help="folder of an experiment")
    parser.add_argument("--out", type=Path, required=True, help="the Markdown file")
    arguments = parser.parse_args()
    try:
        experiments = [Experiment.read(exp) for exp in arguments.exp]
    except KeyError as error:
        parser.exit(2, f"{parser.prog}: a dataset.toml without {error}: run stage 1 again\n")
    except FileNotFoundError as error:
        parser.exit(2, f"{parser.prog}: {error.filename} is missing: run stage 1 first\n")
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
            yield from _system_tables(name, experiment.systems[name])


def overview(experiments: Sequence[Experiment]) -> Iterator[str]:
    """Yield the lines of a table for the terminal: rates in %, without intervals."""
    rates = (*WORD_METRICS, *ENTITY_METRICS)
    yield _columns("set", "list", *rates, "false alarms", "per hour")
    for experiment in experiments:
        for name, conditions in experiment.scores.items():
            for condition, score in conditions.items():
                metrics = score["metrics"]
                shown = (_percent(metrics[metric]["rate"]) for metric in rates)
                alarms = str(metrics["F1"]["counts"]["false_alarms"])
                yield _columns(name, CONDITIONS[condition], *shown, alarms, _per_hour(score))


def _columns(name: str, condition: str, *figures: str) -> str:
    *rates, alarms, per_hour = figures
    shown = "".join(f"{rate:>10}" for rate in rates)
    return f"{name:<16} {condition:<14}{shown}{alarms:>14}{per_hour:>10}"


def _options(exp: Path, dataset: dict[str, Any]) -> str:
    folders = [f"decode/{name}.{condition}" for name in dataset["sets"] for condition in CONDITIONS]
    paths = (exp / folder / "options.toml" for folder in folders)
    used = {path.read_text(encoding="utf-8") for path in paths if path.is_file()}
    if len(used) > 1:
        raise SystemExit(f"{exp}: decoded with different options: run stages 5 and 6 again")
    return str(dataset["options"]) if any(used) else "the defaults"


def _set_tables(name: str, role: str, scores: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {name}\n\n{role}.\n"
    yield from _row("list", *WORD_METRICS)
    yield from _row(*["---"] * 4)
    for condition, score in scores.items():
        metrics = score["metrics"]
        yield from _row(CONDITIONS[condition], *(_word_cell(metrics[m]) for m in WORD_METRICS))
    yield ""
    more = NAMELESS_COLUMNS if any(score["alarms"] for score in scores.values()) else ()
    yield from _row("list", *ENTITY_METRICS, "found, missed, false alarms", *more)
    yield from _row(*["---"] * (5 + len(more)))
    for condition, score in scores.items():
        metrics = score["metrics"]
        counts = metrics["F1"]["counts"]
        numbers = f"{counts['hits']}, {counts['misses']}, {counts['false_alarms']}"
        cells = (_rate(metrics[m]) for m in ENTITY_METRICS)
        nameless = _nameless_cells(score["alarms"]) if more else ()
        yield from _row(CONDITIONS[condition], *cells, numbers, *nameless)


def _system_tables(name: str, systems: dict[str, dict[str, Any]]) -> Iterator[str]:
    for list_name, scores in systems.items():
        yield f"\n#### {name}, {CONDITIONS[list_name]}: techniques\n"
        more = NAMELESS_COLUMNS if any(score["alarms"] for score in scores.values()) else ()
        metrics = ("F1", "precision", "recall", "U-WER", "WER")
        yield from _row(
            "technique", metrics[0], "F1 more than the first row's", *metrics[1:], *more
        )
        yield from _row(*["---"] * (2 + len(metrics) + len(more)))
        for says, score in scores.items():
            first, *others = (_rate(score["metrics"][metric]) for metric in metrics)
            nameless = _nameless_cells(score["alarms"]) if more else ()
            yield from _row(says, first, _gain(score), *others, *nameless)


def _gain(score: dict[str, Any]) -> str:
    difference = score.get("differences", {}).get("F1")
    if difference is None or difference["value"] is None:
        return "--"
    value, low, high = (
        f"{100 * number:+.2f}" for number in (difference["value"], *difference["interval"])
    )
    return f"**{value}** ({low} to {high})"


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _word_cell(metric: dict[str, Any]) -> str:
    counts = metric["counts"]
    errors = counts["substitutions"] + counts["deletions"] + counts["insertions"]
    return f"{_rate(metric)} {errors:,}/{counts['reference_words']:,}"


def _nameless_cells(nameless: dict[str, Any] | None) -> Iterator[str]:
    """Yield the cells of NAMELESS_COLUMNS."""
    if nameless is None or nameless["false_alarms"]["rate"] is None:
        yield from "--"
        return
    alarms, wer = nameless["false_alarms"], nameless["wer"]
    low, high = alarms["interval"]
    counts = f"{alarms['count']} in {alarms['of']:.2f} hours"
    yield f"**{alarms['rate']:.1f}** ({low:.1f} to {high:.1f}) {counts}"
    yield f"{_rate(wer)} {wer['count']:,}/{wer['of']:,.0f}"


def _per_hour(score: dict[str, Any]) -> str:
    rate = score["alarms"] and score["alarms"]["false_alarms"]["rate"]
    return "-" if rate is None else f"{rate:.1f}"


def _rate(metric: dict[str, Any]) -> str:
    low, high = map(_percent, metric["interval"])
    return f"**{_percent(metric['rate'])}** ({low} to {high})"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.2f}"


if __name__ == "__main__":
    main()
