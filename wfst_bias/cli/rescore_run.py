"""What `rescore` does in its own process: inputs, workers, then the outputs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from wfst_bias.cli.inputs import REPORT, make_folder, read_lists
from wfst_bias.cli.rescore_work import OracleErrors, RescoredUtterance, RescoreWork
from wfst_bias.decode.lattice_files import lattice_file_name
from wfst_bias.decode.workers import WorkerPool
from wfst_bias.entities.classes import ListFile
from wfst_bias.entities.entity_list import EntityList, write_report
from wfst_bias.entities.list_file import read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.formats.outputs import check_ids, write_outputs
from wfst_bias.formats.results import Result
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.g2g.table import RuleTable
from wfst_bias.lattices.archive import (
    OPTIONS,
    TOKENS,
    UTTERANCES,
    WORDS,
    Member,
    StoredLattices,
    pack,
)
from wfst_bias.lattices.rescore import RescoreOptions
from wfst_bias.lattices.statistics import LatticeSize, average
from wfst_bias.tokens import TokenTable

LATTICES_PER_TASK = 16
OUTPUTS = ("text", "hyp.trn", "nbest.jsonl")
TIMED_OUTPUTS = ("hyp.ctm", "entities.jsonl")
ERRORS, SIZES, LATTICES = "errors.tsv", "lattices.tsv", "lattices"
NO_LATTICE = "it has no lattice"
NO_LIST = "give --entities too; those of the first pass are found as it found them"
NO_TIMES = "%s: lattices of words do not tell when they were heard, so %s are not written"
_COLUMNS = ("frames", "words", "states", "arcs", "depth", "density", "log10_paths")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RescoreRequest:
    """Hold what `rescore` is asked for; most names are those of its flags."""

    lattices: Path
    out: Path
    options: RescoreOptions
    lm: Path | None = None
    entities: tuple[ListFile, ...] = ()
    g2g: G2gOptions = field(default_factory=G2gOptions)
    list_format: str = "auto"
    strict: bool = False
    oracle: Path | None = None
    out_lattices: bool = False
    nj: int = 1


@dataclass(frozen=True)
class RescoreSummary:
    """Hold what came of a run.

    Attributes:
      utterances, failed: how many there were, and how many of them have no text.
      before, after: the size of the lattices as they came and as they are now.
      errors: the sums over utterances with a reference, None without references.
    """

    utterances: int
    failed: int
    before: LatticeSize
    after: LatticeSize
    errors: OracleErrors | None


def run_rescore(request: RescoreRequest) -> RescoreSummary:
    """Rescore all lattices of a folder and write what came of it.

    Raises:
      InputError: an input that cannot be used; nothing is rescored then.
      WorkerError: workers that cannot begin.
    """
    stored = StoredLattices.open(request.lattices)
    references = None if request.oracle is None else read_references(request.oracle)
    entities = _read_entities(request, stored)
    make_folder(request.out)
    work = RescoreWork(stored, request.options, request.lm, entities, request.g2g, references)
    with _parts(request, work) as parts:
        found = _rescore(replace(work, parts=parts), request.nj)
        names = [lattice_file_name(each.result.utterance_id) for each in found]
        check_ids(each.result.utterance_id for each in found)
        if parts is not None:
            pack(request.out / LATTICES, parts, names, request.nj)
    if entities is not None:
        write_report(entities.report, request.out / REPORT)
    _write(found, request.out)
    _write_timed(found, request)
    _warn_of_references(references, found)
    return _summary(found)


def read_references(path: Path) -> dict[str, str]:
    """Read what was said, by utterance id, from Kaldi `text` or the lists that `score` takes.

    Raises:
      InputError: the file cannot be read, or an utterance is there twice.
    """
    if any("\t" in line for line in read_lines(path)):
        return {name: each.text for name, each in read_entities_tsv(path).items()}
    return read_kaldi_text(path)


def _read_entities(request: RescoreRequest, stored: StoredLattices) -> EntityList | None:
    if not request.entities:
        if request.g2g.tables is not None:
            raise InputError("--g2g without a list", value=request.g2g.tables, remedy=NO_LIST)
        return None
    if request.g2g.tables is not None:
        RuleTable.read(*request.g2g.files)  # what is broken is told before workers begin
    tokens = TokenTable.read(stored.path / TOKENS)
    return read_lists(request.entities, request.list_format, tokens, strict=request.strict)


@contextmanager
def _parts(request: RescoreRequest, work: RescoreWork) -> Iterator[Path | None]:
    """Give a folder for single lattices, if they are asked for, beside the symbols they need."""
    if not request.out_lattices:
        yield None
        return
    folder, stored = request.out / LATTICES, work.lattices
    if folder.exists() and folder.samefile(stored.path):
        raise InputError("the lattices would replace those that are read", path=folder)
    make_folder(folder)
    symbols = stored.symbols if work.entities is None else work.new_list(work.entities).symbols
    write_text(folder / WORDS, "".join(f"{s} {n}\n" for n, s in enumerate(symbols)))
    write_text(folder / UTTERANCES, "".join(f"{name}\n" for name in stored.utterances))
    write_text(folder / TOKENS, "\n".join([*read_lines(stored.path / TOKENS), ""]))
    weights = work.options.weights(stored.options.scales)
    scales = replace(stored.options.scales, lm_scale=weights.lm_scale, word_nats=weights.word_nats)
    replace(stored.options, scales=scales).write(folder / OPTIONS)
    with TemporaryDirectory(prefix=".parts.", dir=folder) as parts:
        yield Path(parts)


def _rescore(work: RescoreWork, nj: int) -> list[RescoredUtterance]:
    """Rescore in workers; return what came of each utterance, in the order of decoding."""
    members = work.lattices.members
    starts = range(0, len(members), LATTICES_PER_TASK)
    tasks = [members[at : at + LATTICES_PER_TASK] for at in starts]
    found: dict[Member, RescoredUtterance] = {}
    pool: WorkerPool[Member, RescoredUtterance] = WorkerPool(work, max(1, min(nj, len(tasks))))
    bar = tqdm(total=len(members), desc="rescore", unit="utt", delay=2, leave=False, disable=None,
               file=sys.stderr)  # fmt: skip
    with pool, bar:
        for outcome in pool.run(tasks):
            name = work.lattices.utterance_of(outcome.item)
            failed = Result.failed(name, outcome.error or "unknown")
            each = outcome.answer or RescoredUtterance(failed)
            found[outcome.item] = each
            bar.update()
            if each.result.error is not None:
                log.error("utterance %s: %s", each.result.utterance_id, each.result.error)
    lost = [
        RescoredUtterance(Result.failed(name, NO_LATTICE)) for name in work.lattices.without_lattice
    ]
    place = {name: number for number, name in enumerate(work.lattices.utterances)}
    all_ = [*(found[member] for member in members), *lost]
    return sorted(all_, key=lambda each: place.get(each.result.utterance_id, len(place)))


def _write(found: Sequence[RescoredUtterance], out: Path) -> None:
    results = [each.result for each in found]
    write_outputs(results, out, OUTPUTS)
    if any(result.error is not None for result in results):
        write_outputs(results, out, [ERRORS])
    else:
        (out / ERRORS).unlink(missing_ok=True)  # of an earlier run
    lines = ["\t".join(("utterance", *_COLUMNS, "oracle_errors", "errors", "reference_words"))]
    for each in found:
        if each.sizes is not None:
            size = (f"{getattr(each.sizes[1], name):.6g}" for name in _COLUMNS)
            e = each.errors
            errors = ("", "", "") if e is None else (str(e.oracle), str(e.best), str(e.words))
            lines.append("\t".join((each.result.utterance_id, *size, *errors)))
    write_text(out / SIZES, "\n".join(lines) + "\n")


def _write_timed(found: Sequence[RescoredUtterance], request: RescoreRequest) -> None:
    """Write when words and entities were heard, if all lattices tell; else take old files away."""
    if all(each.is_timed for each in found):
        write_outputs([each.result for each in found], request.out, TIMED_OUTPUTS)
        return
    log.warning(NO_TIMES, request.lattices, " and ".join(TIMED_OUTPUTS))
    for name in TIMED_OUTPUTS:
        (request.out / name).unlink(missing_ok=True)  # of an earlier run


def _warn_of_references(
    references: Mapping[str, str] | None, found: Sequence[RescoredUtterance]
) -> None:
    if references is None:
        return
    names = {each.result.utterance_id for each in found}
    for what, missing in (
        ("lattices without a reference", names - references.keys()),
        ("references without a lattice, which do not count", references.keys() - names),
    ):
        if missing:
            log.warning("%d %s: %s", len(missing), what, min(missing))


def _summary(found: Sequence[RescoredUtterance]) -> RescoreSummary:
    sizes = [each.sizes for each in found if each.sizes is not None]
    counted = [each.errors for each in found if each.errors is not None]
    errors = OracleErrors(*(sum(getattr(e, name) for e in counted)
                            for name in ("oracle", "best", "words")))  # fmt: skip
    return RescoreSummary(
        len(found),
        sum(each.result.error is not None for each in found),
        average([before for before, _ in sizes]),
        average([after for _, after in sizes]),
        errors if counted else None,
    )
