"""Tune every system of local/systems.toml on a development set, each with as many trials.

    ./run.sh --subset dev --stop-stage 4
    python -m local.tune_systems exp/demo-dev [SYSTEM...] --out FOLDER [--trials N] [--nj N]

The first trial of a system are its options as they are. The others change the options in SEARCHED
that it uses, each by no more than a quarter, at random first and then by what was better (see
`wfst-bias tune`). All go by the same objective: weighed errors per 100 words, mean over sets and
lists. FOLDER/SYSTEM.toml gets the best options, FOLDER/SYSTEM.trials.jsonl a line for each trial;
trials that are there are not made again. `all` is the system that has everything.

`--every 2` takes every second utterance of a set, and so on: a trial is done sooner.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import torch
from tqdm import tqdm

from local.systems import ALL, System, options_of, read_systems, without_contexts
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.list_file import read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import FloatArray, open_log_probs
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.load import LoadedGraph, load_graph
from wfst_bias.lm.arpa import read_arpa, write_arpa
from wfst_bias.score.score_files import ScoredList, read_shared_list
from wfst_bias.sound.knowledge import PhoneFiles, PhoneKnowledge
from wfst_bias.tune.conditions import Condition, digest_of
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.search import Plan, search
from wfst_bias.tune.space import Range, Space, built_in_ranges, value_of
from wfst_bias.tune.trace import open_trace
from wfst_bias.tune.worker import count_result

SEARCHED = (
    "scales.lm_scale",
    "boost.per_word_nats",
    "boost.per_letter_nats",
    "boost.size_scale",
    "adaptive.gap_scale",
    "g2g.variant_scale",
    "phone_spot.spot_phone_nats",
    "phone_spot.spot_size_nats",
    "phone_rescore.phone_scale",
    "lexicon_lookup.lookup_nats",
)
WIDTH = 0.25  # of a value, by which it may be less or more
LISTS = ("list100", "shared")


@dataclass(frozen=True)
class DevelopmentFiles:
    """Find what a system decodes in a folder that run.sh has filled.

    Attributes:
      exp: the folder.
      model: folder of the acoustic model, for data with audio.
      every: of so many utterances one is taken.
    """

    exp: Path
    model: Path
    every: int = 1

    @property
    def sets(self) -> list[str]:
        """Return the names of the sets.

        Raises:
          InputError: there are none.
        """
        found = sorted(path.name for path in (self.exp / "data").glob("*.list100.tsv"))
        if not found:
            raise InputError("no data: run ./run.sh --subset dev --stop-stage 4", path=self.exp)
        return [name.removesuffix(".list100.tsv") for name in found]

    @property
    def tokens(self) -> Path:
        """Return the token table."""
        return _first(self.exp / "data/tokens.txt", self.model / "tokens.txt")

    @property
    def tuned(self) -> Path | None:
        """Return the options that the systems begin with, None for the defaults."""
        path = self.model / "decode.toml"
        return path if self.tokens.parent == self.model and path.is_file() else None

    def lm(self, name: str) -> Path:
        """Return the language model of a set."""
        return _first(self.exp / f"data/{name}.lm.arpa.gz", self.exp / "lm.arpa")

    def log_probs(self, name: str, list_name: str, *, adapter: bool) -> Path:
        """Return what is decoded with a list."""
        adapted = [self.exp / f"log_probs/{name}.adapted.{list_name}.npz"] if adapter else []
        plain = (self.exp / f"{folder}/{name}.npz" for folder in ("data", "log_probs"))
        return _first(*adapted, *plain)

    def phones(self, name: str) -> Path:
        """Return the phone log-probabilities of a set."""
        return _first(self.exp / f"log_probs/{name}.phones.npz")

    def knowledge(self) -> PhoneKnowledge:
        """Read how words are said."""
        lexicon, costs = self.model / "lexicon.txt", self.model / "phone_costs.tsv"
        files = PhoneFiles(
            self.model / "phones.txt",
            (lexicon,) if lexicon.is_file() else (),
            costs if costs.is_file() else None,
        )
        return files.read()


def _first(*paths: Path) -> Path:
    for path in paths:
        if path.is_file():
            return path
    raise InputError("no such file: run ./run.sh --subset dev --stop-stage 4", path=paths[-1])


class SetWithList:
    """Decode one set with one list as a system does, and count what is wrong."""

    def __init__(self, files: DevelopmentFiles, name: str, list_name: str, system: System) -> None:
        own = list_name if list_name != "shared" else "list100"
        references = read_entities_tsv(files.exp / f"data/{name}.{own}.tsv")
        self._references = dict(list(references.items())[:: files.every])
        self._has_list = system.list
        self._shared_path = files.exp / f"data/{name}.shared.txt" if own != list_name else None
        self._shared: ScoredList | None = None
        if self._shared_path is not None:
            self._shared = read_shared_list(self._shared_path)
        self._log_probs = self._read(files.log_probs(name, list_name, adapter=system.adapter))
        needs_phones = options_of(system, files.tuned).needs_phones
        self._phones = self._read(files.phones(name)) if needs_phones else None

    def count(self, decoder: Decoder) -> Counts:
        """Return what a decoder's texts come to."""
        results = decoder.decode(self._log_probs, self._lists(decoder), None, self._phones)
        condition = Condition(self._references)
        return sum((count_result(condition, each, self._shared) for each in results), Counts())

    def _lists(self, decoder: Decoder) -> dict[str, CompiledList] | CompiledList | None:
        if not self._has_list:
            return None
        if self._shared_path is not None:
            return decoder.read_list(self._shared_path)
        every = self._references.items()
        return {name: decoder.compile_list(reference.entities) for name, reference in every}

    def _read(self, path: Path) -> dict[str, FloatArray]:
        with open_log_probs(path) as archive:
            return {name: archive[name] for name in self._references}


class Tuning:
    """Tune one system."""

    def __init__(self, files: DevelopmentFiles, name: str, out: Path) -> None:
        self.files, self.out, self.name = files, out, name
        self.system = System(ALL) if name == ALL else read_systems()[name]
        start = options_of(self.system, files.tuned)
        self.plan = Plan(start, search_space(start, has_list=self.system.list))
        self._knowledge = files.knowledge() if start.needs_phones else None
        self._graphs: dict[str, LoadedGraph] = {}
        self._parts: dict[tuple[str, str], SetWithList] = {}

    def run(self, n_trials: int) -> str:
        """Make the trials that are missing, write the best options, say what they came to."""
        self.out.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(1)
        with open_trace(
            self.out / f"{self.name}.trials.jsonl", self.plan, self._digests()
        ) as trace:
            missing = max(0, n_trials - len(trace.trials))
            for trial in islice(search(self.plan, self._evaluate, trace.trials), missing):
                trace.add(trial)
            best, first = trace.best, trace.trials[0]
            self.plan.options(best).write(self.out / f"{self.name}.toml")
        changed = {n: v for n, v in best.values.items() if v != first.values[n]}
        says = ", ".join(f"{name} {value:g}" for name, value in changed.items()) or "as it was"
        return f"{self.name}: {first.objective:.3f} -> {best.objective:.3f}: {says}"

    def _evaluate(self, options: DecodeOptions) -> dict[str, Counts]:
        counts = {}
        for name in self.files.sets:
            if name not in self._graphs:
                self._graphs[name] = self._load(name)
            decoder = Decoder(self._graphs[name], options, self._knowledge)
            for list_name in LISTS:
                part = name, list_name
                if part not in self._parts:
                    self._parts[part] = SetWithList(self.files, name, list_name, self.system)
                counts[f"{name}.{list_name}"] = self._parts[part].count(decoder)
        return counts

    def _load(self, name: str) -> LoadedGraph:
        lm = self.files.lm(name)
        if not self.system.contexts:
            backed_off = self.out / f"{name}.{self.name}.arpa.gz"
            write_arpa(without_contexts(read_arpa(lm)), backed_off)
            lm = backed_off
        return load_graph(self.files.tokens, lm)

    def _digests(self) -> dict[str, str]:
        files, adapter = self.files, self.system.adapter
        digests = {"every": str(files.every), "tokens": digest_of(files.tokens)}
        for name in files.sets:
            digests[f"{name}.lm"] = digest_of(files.lm(name))
            for list_name in LISTS:
                path = files.log_probs(name, list_name, adapter=adapter)
                digests[f"{name}.{list_name}"] = digest_of(path)
        return digests


def search_space(start: DecodeOptions, *, has_list: bool = True) -> Space:
    """Return the options that are searched: those that the options use, around their values."""
    on = {
        "boost": has_list,
        "adaptive": has_list and start.adaptive.gap_scale > 0,
        "g2g": has_list and start.g2g.tables is not None,
        "phone_spot": start.phone_spot.is_on,
        "phone_rescore": start.phone_rescore.is_on,
        "lexicon_lookup": start.lexicon_lookup.is_on,
    }
    known = built_in_ranges()
    space: dict[str, Range] = {}
    for name in SEARCHED:
        value = value_of(start, name)
        if on.get(name.split(".")[0], True) and value:
            low, high = sorted((value * (1 - WIDTH), value * (1 + WIDTH)))
            space[name] = Range(low, high, known[name].is_whole)
    return space


def _tune(files: DevelopmentFiles, name: str, out: Path, n_trials: int) -> str:
    return Tuning(files, name, out).run(n_trials)


def main() -> None:
    systems = [*(name for name, system in read_systems().items() if system.search), ALL]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder that run.sh --subset dev has filled")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"of {', '.join(systems)}")
    parser.add_argument("--model", type=Path, default=Path("data/models/small"))
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--trials", type=int, default=10, help="of each system (%(default)s)")
    parser.add_argument("--every", type=int, default=1, help="take one utterance of so many")
    parser.add_argument("--nj", type=int, default=2, help="systems tuned at once (%(default)s)")
    arguments = parser.parse_args()
    if min(arguments.trials, arguments.every, arguments.nj) < 1:
        parser.error("--trials, --every and --nj must be at least 1")
    if unknown := sorted(set(arguments.systems) - set(systems)):
        parser.error(f"no such system: {unknown[0]}; there are {', '.join(systems)}")
    files = DevelopmentFiles(arguments.exp, arguments.model, arguments.every)
    try:
        for says in run(files, arguments.systems or systems, arguments):
            tqdm.write(says)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def run(
    files: DevelopmentFiles, systems: Sequence[str], arguments: argparse.Namespace
) -> Iterator[str]:
    """Tune systems beside each other; yield what each came to."""
    with ProcessPoolExecutor(arguments.nj, get_context("spawn")) as pool:
        tasks = [
            pool.submit(_tune, files, name, arguments.out, arguments.trials) for name in systems
        ]
        for task in tqdm(as_completed(tasks), "tune", len(tasks), unit="system", disable=None):
            yield task.result()


if __name__ == "__main__":
    main()
