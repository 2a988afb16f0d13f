"""What `tune` does: inputs checked first, then trials until the budget is spent."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from wfst_bias.cli.decode_run import check_packages, graph_folder
from wfst_bias.cli.inputs import check_out_file
from wfst_bias.cli.sound import SoundRequest
from wfst_bias.cli.sources import AudioRequest, open_source
from wfst_bias.decode.workers import WorkerPool
from wfst_bias.errors import InputError
from wfst_bias.graph.load import load_graph
from wfst_bias.tokens import TokenTable
from wfst_bias.tune.conditions import check_all, digest_of, read_conditions
from wfst_bias.tune.development import DevelopmentSet
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.search import Evaluate, Plan, search
from wfst_bias.tune.space import value_of
from wfst_bias.tune.trace import Trace, open_trace
from wfst_bias.tune.worker import Item, TuneWork

TRIALS = ".trials.jsonl"
PHONE_SECTIONS = ("phone_spot", "phone_rescore", "lexicon_lookup")


@dataclass(frozen=True)
class Budget:
    """Limit a search.

    Attributes:
      trials: how many there shall be in all.
      minutes: after which no further one is begun; None for no limit.
    """

    trials: int
    minutes: float | None = None


@dataclass(frozen=True)
class TuneRequest:
    """Hold what `tune` is asked for; most names are those of its flags."""

    source: Path | AudioRequest
    tokens: Path
    lm: Path
    refs: Sequence[Path]
    cache: Path
    nj: int
    out: Path
    plan: Plan
    budget: Budget
    sound: SoundRequest = field(default_factory=SoundRequest)

    @property
    def needs_phones(self) -> bool:
        """Say whether some trial may need phone log-probabilities."""
        searched = {name.split(".")[0] for name in self.plan.space}
        return self.plan.start.needs_phones or not searched.isdisjoint(PHONE_SECTIONS)


def run_tune(request: TuneRequest) -> list[str]:
    """Search options, write the best ones and the trials; return what to say of them.

    Raises:
      InputError: an input that cannot be used, or trials of another search.
      ImportError: a package that it needs is not installed.
      WorkerError: workers that cannot begin.
    """
    check_packages()
    if find_spec("optuna") is None:
        raise ModuleNotFoundError("No module named 'optuna'", name="optuna")
    check_out_file(request.out)
    knowledge = request.sound.read_for(request.source, needs_phones=request.needs_phones)
    tokens = TokenTable.read(request.tokens)
    source = open_source(request.source)
    place = request.source if isinstance(request.source, Path) else request.source.paths[0]
    conditions = read_conditions(request.refs, source.ids, place)
    digests = {f"--ref {path.stem}": digest_of(path) for path in request.refs}
    digests |= {"--tokens": digest_of(request.tokens), "--lm": digest_of(request.lm)}
    with graph_folder(request.cache) as cache:
        load_graph(request.tokens, request.lm, cache)
        encodes_phones = request.needs_phones and request.sound.log_probs is None
        with source.log_probs(request.out.parent, request.nj, with_phones=encodes_phones) as found:
            _refuse(found.faults, place)
            digests["log-probabilities"] = check_all(found.tokens, tokens.size)
            phones = (found.phones or request.sound.log_probs) if request.needs_phones else None
            if phones is not None and knowledge is not None:
                digests["phone log-probabilities"] = check_all(phones, knowledge.table.size)
            work = TuneWork(
                request.tokens, request.lm, found.tokens, cache, conditions, phones, knowledge
            )
            with open_trace(request.out.with_suffix(TRIALS), request.plan, digests) as trace:
                _run(request, trace, work, source.ids)
                return list(summary(trace))


def _refuse(faults: Mapping[str, str], path: Path) -> None:
    """Refuse utterances that cannot be encoded; what is wrong with each has been shown."""
    if faults:
        remedy = "leave them out of audio and references"
        raise InputError(f"{len(faults)} utterances cannot be encoded", path=path, remedy=remedy)


def _run(request: TuneRequest, trace: Trace, work: TuneWork, ids: Sequence[str]) -> None:
    """Make the trials that the trace lacks."""
    if trace.trials:
        _write_best(request, trace)  # it may have been cut off before it did
    if len(trace.trials) >= request.budget.trials:
        return
    pool: WorkerPool[Item, Counts] = WorkerPool(work, request.nj)
    with pool:
        development = DevelopmentSet(work.conditions, ids, pool.run)
        for trial in trace.trials:
            if trial.conditions:
                development.remember(request.plan.options(trial), trial.conditions)
        _search(request, trace, development.evaluate)


def _search(request: TuneRequest, trace: Trace, evaluate: Evaluate) -> None:
    budget = request.budget
    seconds = None if budget.minutes is None else 60 * budget.minutes
    begin = time.monotonic()
    with _progress_bar(budget.trials, len(trace.trials)) as bar:
        for trial in search(request.plan, evaluate, trace.trials):
            trace.add(trial)
            if trace.best is trial:
                _write_best(request, trace)
            bar.set_postfix(best=f"{trace.best.objective:.2f}")
            bar.update()
            is_late = seconds is not None and time.monotonic() - begin >= seconds
            if is_late or len(trace.trials) >= budget.trials:
                return


def _write_best(request: TuneRequest, trace: Trace) -> None:
    request.plan.options(trace.best).write(request.out)


def summary(trace: Trace) -> Iterator[str]:
    """Yield what the search came to, for the terminal."""
    start, best = trace.trials[0], trace.best
    yield (
        f"{len(trace.trials)} trials, objective {start.objective:.2f} -> {best.objective:.2f} "
        f"(trial {best.number})"
    )
    for name, value in best.values.items():
        before = value_of(trace.plan.start, name)
        if value != before:
            yield f"  {name}: {before:g} -> {value:g}"
    for name, before_counts in start.conditions.items():
        yield f"{name}: {_change(before_counts, best.conditions[name])}"


def _change(before: Counts, after: Counts) -> str:
    pairs = {
        "U errors": (before.u_errors, after.u_errors),
        "B errors": (before.b_errors, after.b_errors),
        "false alarms": (before.false_alarms, after.false_alarms),
    }
    shown = [f"{what} {old} -> {new}" for what, (old, new) in pairs.items()]
    return ", ".join([*shown, f"F1 {100 * before.f1:.1f} -> {100 * after.f1:.1f}"])


def _progress_bar(total: int, done: int) -> tqdm[NoReturn]:
    return tqdm(
        total=total, initial=done, desc="tune", unit="trial", leave=False, disable=None,
        file=sys.stderr,
    )  # fmt: skip
