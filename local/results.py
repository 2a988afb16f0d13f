"""Put the scores of experiments into a table.

    python local/results.py EXP... --out FILE.md

Each EXP is a folder that run.sh has filled. data/dataset.toml says what the data are, and
score/SET.CONDITION.json holds the figures. There may be more of a condition:
score/SET.CONDITION.alarms.json counts what is written where no name is said,
score/SET.CONDITION.misses.json tells causes of misses, and decode/SET.CONDITION/timing.json what
decoding took.
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
from result_tables import (
    ENTITY_METRICS,
    WORD_METRICS,
    percent,
    set_tables,
    system_tables,
    worth_table,
)
from systems import ALL, BESIDE_ALL, read_systems

from wfst_bias.files import write_text

TUNED = "all, as above"

ABOUT = """\
Rates are in %, with 95 % bootstrap intervals over utterances and the counts behind them.

- **WER**: B-WER counts the words of names (of real speech: words that are rare), U-WER all other \
words.
- **Entities**: a name is found where all its words are right; a false alarm is a name of the \
list written where it was not said. By kind, a name has one word or several, and either the \
language model knows all its words or one is unknown; beside F1 stands how many are found.
- **Lists**: one of 100, 1,000 or 5,000 belongs to one utterance: its own names, and others drawn \
at random. The shared list serves all utterances of a set. Without a list, names are those of the \
lists of 100.
- **Misses**: their causes in % of all misses, and how many; `docs/misses.md` says what they \
mean.
- **Techniques**: each alone, those of the decoder together, and all but each; every one of these \
systems has the best options of equally many trials on the development set, see `docs/datasets.md`.
- **No name said**: where there is audio, what a list does to utterances that say no name: names \
written in them per hour, and their WER.
- **Time**: CPU time of one run. A list is compiled and, unless phones shorten it for each \
utterance, joined to the graph; the real-time factor is that of decoding, from log-probabilities \
to text, by the length of the audio, without the acoustic model.

The published system that this one follows claims an entity F1 of 62 % instead of 39 % on medical \
terms, and of 80 % instead of 49 % on rare names of VoxPopuli: other speech, so these figures are \
no measure for those below."""


@dataclass(frozen=True)
class Experiment:
    """Hold the scores of one data set.

    Attributes:
      title, about: what is said of the data.
      sets: what is said of each set.
      scores: by set and condition, what `score --json` wrote; under `alarms`, `misses` and
        `timing` what `false_alarms`, `misses --json` and `decode` wrote, None where they did not.
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
        condition: {
            **scores,
            "alarms": _read_json(exp / f"score/{name}.{condition}.alarms.json"),
            "misses": _read_json(exp / f"score/{name}.{condition}.misses.json"),
            "timing": _read_json(exp / f"decode/{name}.{condition}/timing.json"),
        }
        for condition in conditions
        if (scores := _read_json(exp / f"score/{name}.{condition}.json")) is not None
    }


def _read_systems(exp: Path, name: str, tuned: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Read the scores of other systems by list, and put those of the tuned one behind them."""
    systems = read_systems()
    says = {system: each.says for system, each in systems.items()} | {ALL: "all"}
    found = {}
    for list_name in LISTS:
        by_condition = _read_scores(exp, name, (f"{system}.{list_name}" for system in systems))
        if by_condition:
            called = {}
            for condition, each in by_condition.items():
                system = systems[condition.partition(".")[0]]
                against = says[system.against]
                called[system.says] = {**each, "against": against, **system.when_left_out}
            found[list_name] = {**called, TUNED: {**tuned[list_name], "against": says[BESIDE_ALL]}}
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
            yield f"\n### {name}\n\n{role}."
            yield from set_tables(experiment.scores[name])
            for list_name, scores in experiment.systems[name].items():
                yield f"\n#### {name}, {CONDITIONS[list_name]}: techniques"
                yield from system_tables(scores)
                yield from worth_table(scores)


def overview(experiments: Sequence[Experiment]) -> Iterator[str]:
    """Yield the lines of a table for the terminal: rates in %, without intervals.

    False alarms are those of all utterances; per hour, of those that say no name.
    """
    rates = (*WORD_METRICS, *ENTITY_METRICS)
    yield _columns("set", "list", *rates, "false alarms", "per hour without names")
    for experiment in experiments:
        for name, conditions in experiment.scores.items():
            for condition, score in conditions.items():
                metrics = score["metrics"]
                shown = (percent(metrics[metric]["rate"]) for metric in rates)
                alarms = str(metrics["F1"]["counts"]["false_alarms"])
                yield _columns(name, CONDITIONS[condition], *shown, alarms, _per_hour(score))


def _columns(name: str, condition: str, *figures: str) -> str:
    *rates, alarms, per_hour = figures
    shown = "".join(f"{rate:>10}" for rate in rates)
    return f"{name:<16} {condition:<14}{shown}{alarms:>14}{per_hour:>24}"


def _options(exp: Path, dataset: dict[str, Any]) -> str:
    folders = [f"decode/{name}.{condition}" for name in dataset["sets"] for condition in CONDITIONS]
    paths = (exp / folder / "options.toml" for folder in folders)
    used = {path.read_text(encoding="utf-8") for path in paths if path.is_file()}
    if len(used) > 1:
        raise SystemExit(f"{exp}: decoded with different options: run stages 5 and 6 again")
    return str(dataset["options"]) if any(used) else "the defaults"


def _per_hour(score: dict[str, Any]) -> str:
    rate = score["alarms"] and score["alarms"]["false_alarms"]["rate"]
    return "-" if rate is None else f"{rate:.1f}"


if __name__ == "__main__":
    main()
