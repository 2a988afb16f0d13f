"""What `decode` does in its own process: lists and graph first, workers, then the outputs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from tqdm import tqdm

from wfst_bias.cli.decode_lists import ListRequest, RunLists
from wfst_bias.cli.decode_times import TIMES, DecodeTimes
from wfst_bias.cli.decode_work import Decoded, DecodeWork, LatticeFolder, Utterance
from wfst_bias.cli.inputs import GRAPHS, make_folder
from wfst_bias.cli.sound import SoundRequest
from wfst_bias.cli.sources import AudioRequest, open_source
from wfst_bias.decode.lattice_files import LatticeSymbols, lattice_file_name, write_symbols
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.workers import Outcome, WorkerPool, Workers
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.outputs import OUTPUTS, check_ids, write_outputs
from wfst_bias.formats.results import Result
from wfst_bias.graph.load import load_graph
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.lattices.archive import OPTIONS, UTTERANCES, pack
from wfst_bias.lattices.arcs import Weights
from wfst_bias.tokens import TokenTable

ERRORS = "errors.tsv"
LATTICES = "lattices"
UTTERANCES_PER_TASK = 32
PACKAGES = ("torch", "k2", "pynini")  # that workers import
MOST_FAILURES_SHOWN = 10

# Makes so many workers that decode.
Engine = Callable[[DecodeWork, int], Workers[Utterance, Decoded]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DecodeRequest:
    """Hold what `decode` is asked for; most names are those of its flags."""

    source: Path | AudioRequest  # log-probabilities, or what they are made of
    tokens: Path
    lm: Path
    out: Path
    cache: Path
    lists: ListRequest
    lattices: bool
    nj: int
    options: DecodeOptions
    sound: SoundRequest = field(default_factory=SoundRequest)
    dask: str | None = None


@dataclass(frozen=True)
class DecodeSummary:
    """Hold what came of a run.

    Attributes:
      utterances: how many there were.
      failed: how many of them could not be decoded.
      frames: of those that were decoded.
      lines: what became of the lines of all lists.
    """

    utterances: int
    failed: int
    frames: int
    lines: dict[str, int]


def run_decode(request: DecodeRequest, work_type: type[DecodeWork] = DecodeWork) -> DecodeSummary:
    """Decode all utterances of a source and write what came of it.

    Utterances that cannot be decoded are reported, in warnings and in `errors.tsv`.

    Args:
      request: what to decode, and how.
      work_type: what the workers do.

    Raises:
      InputError: an input file or option that cannot be used; nothing is decoded then.
      ImportError: a package that searching needs is not installed.
      WorkerError: workers that cannot begin, or a Dask scheduler that is gone.
    """
    check_packages()
    phones = request.sound.read_for(request.source, needs_phones=request.options.needs_phones)
    needs_phones = request.options.needs_phones and request.sound.log_probs is None
    tokens = TokenTable.read(request.tokens)
    source = open_source(request.source)
    check_ids(source.ids)
    make_folder(request.out)
    lists = RunLists.read(request.lists, tokens, source.ids)
    with _engine(request.dask) as engine, graph_folder(request.cache) as cache:
        graph = load_graph(request.tokens, request.lm, cache)
        lists = lists.in_classes(graph.classes).as_said(phones)
        _prepare_variants(request, tokens, lists, cache)
        with (
            _lattice_folder(request, tokens, graph.words, lists, source.ids) as lattices,
            source.log_probs(request.out, request.nj, lists, needs_phones) as found,
        ):
            work = work_type(
                request.tokens,
                request.lm,
                found.tokens,
                cache,
                request.options,
                None if lists.shared is None else replace(lists.shared, report=()),
                lattices,
                found.phones or request.sound.log_probs,
                phones,
            )
            make = partial(engine, work if request.dask is None else work.absolute())
            decoded = _decode(make, lists.utterances(source.ids), request.nj, found.faults)
    _write_results([d.result for d in decoded], request.out)
    lines = lists.write_report(decoded, request.out)
    failed = sum(d.result.error is not None for d in decoded)
    n_frames = sum(d.n_frames for d in decoded)
    seconds = n_frames * request.options.output.frame_shift_ms / 1000
    sum((d.times for d in decoded), DecodeTimes()).write(
        request.out / TIMES, len(decoded) - failed, seconds
    )
    return DecodeSummary(len(decoded), failed, n_frames, lines)


def check_packages() -> None:
    """Fail at once, not in a worker after the graph is compiled."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)


@contextmanager
def graph_folder(cache: Path) -> Iterator[Path]:
    """Give the folder where workers find the graph: a temporary one if the cache cannot be used."""
    try:
        make_folder(cache)
    except InputError as error:
        if not any(cache.glob(GRAPHS)):
            log.warning("%s, so the graph is not kept; name another with --cache", error)
            with TemporaryDirectory(prefix="wfst_bias.") as folder:
                yield Path(folder)
            return
    yield cache


def _prepare_variants(
    request: DecodeRequest, tokens: TokenTable, lists: RunLists, cache: Path
) -> None:
    """Read the tables of rules, and find the variants of the run's list once for all workers."""
    from wfst_bias.graph.compiled_list import load_variants

    variants = load_variants(request.options.g2g, tokens, cache)
    if variants is not None and lists.shared is not None:
        variants.prepare(lists.shared)


@contextmanager
def _lattice_folder(
    request: DecodeRequest,
    tokens: TokenTable,
    lm_words: Sequence[str],
    lists: RunLists,
    ids: Sequence[str],
) -> Iterator[LatticeFolder | None]:
    """Give the folder for single lattices, if they are asked for, and make archives of them."""
    if not request.lattices:
        yield None
        return
    ordered = [tokens.symbols[column] for column in TokenNumbers.of(tokens).columns]
    symbols = LatticeSymbols.of(lm_words, ordered, lists.written(), lists.classes)
    scales = request.options.scales
    folder = request.out / LATTICES
    make_folder(folder)
    with TemporaryDirectory(prefix=".parts.", dir=folder) as parts:
        weights = Weights(scales.lm_scale, scales.word_nats)
        yield LatticeFolder(Path(parts), symbols, weights)
        write_symbols(folder, symbols)
        write_text(folder / UTTERANCES, "".join(f"{name}\n" for name in ids))
        request.options.write(folder / OPTIONS)
        pack(folder, Path(parts), list(map(lattice_file_name, ids)), request.nj)


@contextmanager
def _engine(dask: str | None) -> Iterator[Engine]:
    """Give what makes workers: processes of this machine, or those that Dask has there."""
    if dask is None:
        yield WorkerPool
        return
    from wfst_bias.decode.dask_cluster import dask_cluster

    with dask_cluster(dask) as cluster:
        tqdm.write(f"Dask dashboard: {cluster.dashboard}", file=sys.stderr)
        yield cluster.pool


def _decode(
    make_workers: Callable[[int], Workers[Utterance, Decoded]],
    utterances: Sequence[Utterance],
    nj: int,
    faults: Mapping[str, str],
) -> list[Decoded]:
    """Decode in workers; return what came of each utterance, in their order.

    Those with a fault have failed already. What is in a task depends on `nj` in no way, so that
    the results do not either.
    """
    decoded = {name: Decoded(Result.failed(name, fault), 0) for name, fault in faults.items()}
    left = [utterance for utterance in utterances if utterance.utterance_id not in faults]
    starts = range(0, len(left), UTTERANCES_PER_TASK)
    tasks = [left[at : at + UTTERANCES_PER_TASK] for at in starts]
    failures = 0
    pool = make_workers(max(1, min(nj, len(tasks))))
    with pool, _progress_bar(len(left)) as bar:
        for outcome in pool.run(tasks):
            found = _found(outcome)
            decoded[found.result.utterance_id] = found
            bar.update()
            if found.result.error is not None:
                failures += 1
                _show_failure(found.result, failures)
    return [decoded[utterance.utterance_id] for utterance in utterances]


def _progress_bar(total: int) -> tqdm[NoReturn]:
    return tqdm(
        total=total, desc="decode", unit="utt", delay=2, leave=False, disable=None, file=sys.stderr
    )


def _found(outcome: Outcome[Utterance, Decoded]) -> Decoded:
    if outcome.answer is not None:
        return outcome.answer
    return Decoded(Result.failed(outcome.item.utterance_id, outcome.error or "unknown"), 0)


def _show_failure(result: Result, failures: int) -> None:
    if failures <= MOST_FAILURES_SHOWN:
        log.error("utterance %s: %s", result.utterance_id, result.error)
    elif failures == MOST_FAILURES_SHOWN + 1:
        log.error("more utterances fail, see %s", ERRORS)


def _write_results(results: Sequence[Result], out: Path) -> None:
    write_outputs(results, out, [name for name in OUTPUTS if name != ERRORS])
    if any(result.error is not None for result in results):
        write_outputs(results, out, [ERRORS])
    else:
        (out / ERRORS).unlink(missing_ok=True)  # of an earlier run
