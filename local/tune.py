"""Tune the options of decoding on a development set.

    python local/tune.py --log-probs dev.npz --tokens tokens.txt --lm lm.arpa \
        --ref dev.list100.tsv --ref dev.list1000.tsv --out tuned.toml

The set is decoded without lists, and with the lists of each REF, which has four columns: id, text,
rare words, list. What is made small is the sum over these conditions of the errors of U-WER and
1.5 times those of B-WER. One option after the other is moved a step up and a step down, and stays
where that sum is lowest; ties leave it. Beside FILE.toml, FILE.trials.tsv gets a row per trial.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NoReturn

import click
from tqdm import tqdm

from wfst_bias.cli.inputs import FILE, check_out_file, graph_flags
from wfst_bias.cli.main import run
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.dense import LogProbs
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.entity_list import EntityList, entities_from_strings
from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.log_probs import check_log_probs, open_log_probs
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.load import LoadedGraph, load_graph
from wfst_bias.score.score_files import score_utterance
from wfst_bias.score.wer import ClassCounts
from wfst_bias.tokens import TokenTable

STEPS = {
    "scales.lm_scale": 0.05,
    "scales.spelling_nats": 0.1,
    "scales.class_nats": 0.5,
    "scales.word_nats": 0.5,
    "boost.per_word_nats": 1.5,
    "boost.per_letter_nats": 0.2,
    "boost.whole_letters": 0.5,
    "boost.size_scale": 0.25,
    "boost.rival_scale": 0.5,
}
BIASED_WEIGHT = 1.5
NO_LIST = "none"
DECIMALS = 6  # that steps leave: three steps of 0.1 are 0.3

Errors = Mapping[str, ClassCounts]  # by condition


@dataclass(frozen=True)
class Trial:
    """Hold options and the errors made with them."""

    options: DecodeOptions
    errors: Errors

    @property
    def objective(self) -> float:
        """Return what is made small."""
        return sum(
            counts.unbiased.errors + BIASED_WEIGHT * counts.biased.errors
            for counts in self.errors.values()
        )


@dataclass(frozen=True)
class Condition:
    """Hold references by utterance id and, unless it is decoded without, the lists."""

    references: Mapping[str, UtteranceList]
    lists: Mapping[str, EntityList] | None = None


class DevelopmentSet:
    """Count the errors that options make; what is known is not decoded again."""

    def __init__(
        self,
        loaded: LoadedGraph,
        log_probs: Mapping[str, LogProbs],
        conditions: Mapping[str, Condition],
    ) -> None:
        self.loaded = loaded
        self.log_probs = log_probs
        self.conditions = conditions
        self._known: dict[tuple[str, DecodeOptions], ClassCounts] = {}

    def errors(self, options: DecodeOptions) -> Errors:
        """Return the errors in each condition; what no path survives counts as deleted."""
        options = replace(options, output=replace(options.output, n_best=1))
        wanted = {name: (name, _that_matter(options, c)) for name, c in self.conditions.items()}
        missing = {name: key for name, key in wanted.items() if key not in self._known}
        if missing:
            decoder = Decoder(self.loaded, options)
            for name, key in missing.items():
                self._known[key] = self._count(decoder, self.conditions[name])
        return {name: self._known[key] for name, key in wanted.items()}

    def _count(self, decoder: Decoder, condition: Condition) -> ClassCounts:
        lists = (condition.lists or {}).items()
        compiled = {name: decoder.compile_list(entities) for name, entities in lists}
        total = ClassCounts()
        for result in decoder.decode(self.log_probs, compiled):
            text = " ".join(word.text for word in result.words)
            total += score_utterance(condition.references[result.utterance_id], text).words
        return total


@click.command()
@click.option(
    "--log-probs", type=FILE, required=True, metavar="NPZ", help="the development set, as `decode`"
)
@graph_flags
@click.option(
    "--ref",
    "refs",
    type=FILE,
    required=True,
    multiple=True,
    metavar="TSV",
    help="id, text, rare words, list; may be repeated, with other lists for the same utterances",
)
@click.option("--start", type=FILE, metavar="TOML", help="options to begin with [the defaults]")
@click.option("--cache", type=FILE, metavar="DIR", help="folder of compiled graphs [none]")
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="how often each option is tried, at most: a round that changes nothing is the last",
)
@click.option(
    "--out",
    type=FILE,
    default=Path("tuned.toml"),
    show_default=True,
    metavar="TOML",
    help="the best options so far, for --options of `decode`",
)
def tune(
    log_probs: Path,
    tokens: Path,
    lm: Path,
    refs: tuple[Path, ...],
    start: Path | None,
    cache: Path | None,
    rounds: int,
    out: Path,
) -> None:
    """Find options of decoding that make few errors on a development set."""
    check_out_file(out)
    options = DecodeOptions() if start is None else DecodeOptions.read(start)
    table = TokenTable.read(tokens)
    values = read_log_probs(log_probs, table)
    conditions = read_conditions(refs, table, set(values), log_probs)
    development = DevelopmentSet(load_graph(tokens, lm, cache), values, conditions)
    trials: list[Trial] = []
    with _progress_bar(1 + 2 * len(STEPS) * rounds) as bar:
        for trial in search(options, development.errors, rounds):
            trials.append(trial)
            write_trials(trials, out)
            bar.set_postfix(best=best_of(trials).objective)
            bar.update()
    click.echo("\n".join(summary(trials)))


def search(
    start: DecodeOptions, errors: Callable[[DecodeOptions], Errors], rounds: int
) -> Iterator[Trial]:
    """Yield trials: the start, then one option moved at a time from the best ones before it.

    Moves that an option does not allow are left out.
    """
    best = Trial(start, errors(start))
    yield best
    for _ in range(rounds):
        before = best
        for name, step in STEPS.items():
            center = best.options
            for options in neighbours(center, name, step):
                trial = Trial(options, errors(options))
                yield trial
                best = best_of([best, trial])
        if best is before:
            return


def best_of(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the lowest objective, the first one among equals."""
    return min(trials, key=lambda trial: trial.objective)


def neighbours(options: DecodeOptions, name: str, step: float) -> Iterator[DecodeOptions]:
    """Yield options with the one called `section.name` a step up, and a step down."""
    section, option = name.split(".")
    values = getattr(options, section)
    for signed in (step, -step):
        moved = round(getattr(values, option) + signed, DECIMALS)
        try:
            yield replace(options, **{section: replace(values, **{option: moved})})
        except InputError:  # outside of what the option may be
            continue


def read_log_probs(path: Path, tokens: TokenTable) -> dict[str, LogProbs]:
    """Read the log-probabilities of all utterances.

    Raises:
      InputError: there are none, or they cannot be read or are no log-probabilities.
    """
    with open_log_probs(path) as archive:
        found = {name: archive[name] for name in archive.ids}
    if not found:
        raise InputError("no utterances in it", path=path)
    for name, values in found.items():
        if (reason := check_log_probs(values, tokens.size)) is not None:
            raise InputError(f"utterance {name}: {reason}", path=path)
    return found


def read_conditions(
    refs: Sequence[Path], tokens: TokenTable, ids: set[str], log_probs: Path
) -> dict[str, Condition]:
    """Read references and lists; the first ones also score what is decoded without lists.

    Raises:
      InputError: a file cannot be read, has other utterances than the log-probabilities, or has
        the name of another one.
    """
    normalizer, speller = Normalizer(tokens), Speller(tokens)
    conditions: dict[str, Condition] = {}
    for path in refs:
        references = read_entities_tsv(path)
        _check_ids(references.keys() - ids, log_probs)
        _check_ids(ids - references.keys(), path)
        conditions.setdefault(NO_LIST, Condition(references))
        if path.stem in conditions:
            raise InputError("a second --ref of this name", value=path.stem, remedy="rename one")
        lists = {
            name: entities_from_strings(own.entities, normalizer, speller=speller)
            for name, own in references.items()
        }
        conditions[path.stem] = Condition(references, lists)
    return conditions


def write_trials(trials: Sequence[Trial], out: Path) -> None:
    """Write a row per trial, and the options of the best one if it is the last."""
    write_text(out.with_suffix(".trials.tsv"), "\n".join(trial_rows(trials)) + "\n")
    if best_of(trials) is trials[-1]:
        trials[-1].options.write(out)


def trial_rows(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield a header and a row per trial; the changes are those against the first one."""
    start, *_ = trials
    counted = (f"{name}: {kind} errors" for name in start.errors for kind in "UB")
    yield "\t".join(("changes", "objective", "lowest so far", *counted))
    lowest = float("inf")
    for trial in trials:
        better = "yes" if trial.objective < lowest else "no"
        lowest = min(lowest, trial.objective)
        shown = ", ".join(changes(start.options, trial.options)) or "-"
        yield "\t".join((shown, f"{trial.objective:g}", better, *_counts(trial)))


def summary(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield what the search came to, for the terminal."""
    start, best = trials[0], best_of(trials)
    yield f"{len(trials)} trials, objective {start.objective:g} -> {best.objective:g}"
    yield from changes(start.options, best.options)
    for name in best.errors:
        (before_u, before_b), (u, b) = (_pair(trial.errors[name]) for trial in (start, best))
        yield f"{name}: U errors {before_u} -> {u}, B errors {before_b} -> {b}"


def changes(start: DecodeOptions, options: DecodeOptions) -> list[str]:
    """Say which options differ from those of the start, and what they are."""
    before = asdict(start)
    return [
        f"{section}.{name}={value:g}"
        for section, values in asdict(options).items()
        for name, value in values.items()
        if value != before[section][name]
    ]


def _that_matter(options: DecodeOptions, condition: Condition) -> DecodeOptions:
    """Return options that are equal for all that cannot change the result."""
    return options if condition.lists is not None else replace(options, boost=BoostOptions())


def _check_ids(missing: set[str], path: Path) -> None:
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"no utterance {min(missing)!r}{more}", path=path)


def _counts(trial: Trial) -> Iterable[str]:
    return (str(errors) for counts in trial.errors.values() for errors in _pair(counts))


def _pair(counts: ClassCounts) -> tuple[int, int]:
    return counts.unbiased.errors, counts.biased.errors


def _progress_bar(total: int) -> tqdm[NoReturn]:
    return tqdm(total=total, desc="tune", unit="trial", leave=False, disable=None, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], tune, "tune.py"))
