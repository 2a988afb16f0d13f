"""What `decode` does in a worker process: lists compiled, log-probabilities read and searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wfst_bias.cli.decode_times import DecodeTimes, Stopwatch
from wfst_bias.cli.inputs import count_lines
from wfst_bias.decode.lattice_files import LatticeSymbols, write_lattice
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.entity_list import EntityList, LineReport, report_lines
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import FloatArray, open_log_probs
from wfst_bias.formats.results import Result
from wfst_bias.lattices.arcs import Weights
from wfst_bias.lattices.kaldi import write_beside
from wfst_bias.sound.knowledge import PhoneKnowledge

if TYPE_CHECKING:
    from wfst_bias.decode.decoder import Decoder
    from wfst_bias.decode.piece_lattice import PieceLattice
    from wfst_bias.graph.compiled_list import CompiledList

# Log-probabilities held at once, 64 MB; an utterance that is larger is decoded alone.
MOST_NUMBERS = 1 << 24


@dataclass(frozen=True)
class Utterance:
    """Name an utterance to decode.

    Attributes:
      utterance_id: in the archive of log-probabilities.
      phrases: its own list, None for the list of the run.
    """

    utterance_id: str
    phrases: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ListReport:
    """Hold what became of the lines of an utterance's own list.

    Attributes:
      lines: the report, rendered; see `report_lines`.
      counts: how many were accepted, changed and rejected.
    """

    lines: tuple[str, ...]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, report: Sequence[LineReport]) -> ListReport:
        """Render a report."""
        return cls(tuple(report_lines(report)), count_lines(report))


@dataclass(frozen=True)
class Decoded:
    """Hold what decoding an utterance came to.

    Attributes:
      result: its words, or why there are none.
      n_frames: how long it is.
      report: of its own list, None where it has none.
      times: since the worker's last answer, of a task's first utterance; none of the others.
    """

    result: Result
    n_frames: int
    report: ListReport | None = None
    times: DecodeTimes = field(default=DecodeTimes(), compare=False)


@dataclass(frozen=True)
class LatticeFolder:
    """Say where lattices go, and how what they write is numbered.

    Attributes:
      parts: the folder for a file of each form per utterance.
      symbols: what labels and words are numbered as.
      weights: of the parts of scores.
    """

    parts: Path
    symbols: LatticeSymbols
    weights: Weights


@dataclass(frozen=True)
class DecodeWork:
    """Hold what a worker needs to make a decoder; calling it does so.

    Attributes:
      tokens, lm, log_probs: the input files.
      cache: the folder in which the compiled graph lies.
      options: how to decode.
      entities: the list of the run, None for none.
      lattices: where lattices go, None for nowhere.
      phone_log_probs: of the same utterances, None for none.
      phones: how words are said, where the options ask for it.
    """

    tokens: Path
    lm: Path
    log_probs: Path
    cache: Path
    options: DecodeOptions
    entities: EntityList | None = None
    lattices: LatticeFolder | None = None
    phone_log_probs: Path | None = None
    phones: PhoneKnowledge | None = None

    def absolute(self) -> DecodeWork:
        """Return the same with all paths from the root, for a worker in another folder."""
        g2g, lattices, phones = self.options.g2g, self.lattices, self.phone_log_probs
        tables = (
            None if g2g.tables is None else ",".join(str(Path(f).absolute()) for f in g2g.files)
        )
        return replace(
            self,
            tokens=self.tokens.absolute(),
            lm=self.lm.absolute(),
            log_probs=self.log_probs.absolute(),
            cache=self.cache.absolute(),
            options=replace(self.options, g2g=replace(g2g, tables=tables)),
            lattices=lattices and replace(lattices, parts=lattices.parts.absolute()),
            phone_log_probs=phones and phones.absolute(),
        )

    def __call__(self) -> Callable[[Sequence[Utterance]], list[Decoded]]:
        """Return a function that decodes utterances."""
        import torch

        from wfst_bias.decode.decoder import Decoder

        torch.set_num_threads(1)
        decoder = Decoder.load(self.tokens, self.lm, self.options, self.cache, self.phones)
        return _Decoding(self, decoder).decode


class _Decoding:
    def __init__(self, work: DecodeWork, decoder: Decoder) -> None:
        self.decoder = decoder
        self.archive = open_log_probs(work.log_probs)
        path = work.phone_log_probs if work.options.needs_phones else None
        self.phones = None if path is None else open_log_probs(path)
        self.lattices = work.lattices
        self.stopwatch = Stopwatch()
        self.shared = None if work.entities is None else self._compile(work.entities)

    def _compile(self, entities: EntityList | Iterable[str]) -> CompiledList:
        with self.stopwatch.compiling():
            return self.decoder.compile_list(entities)

    def decode(self, utterances: Sequence[Utterance]) -> list[Decoded]:
        """Decode utterances; those that cannot be read or decoded have a result that says so."""
        own = {
            u.utterance_id: self._compile(u.phrases) for u in utterances if u.phrases is not None
        }
        decoded: dict[str, Decoded] = {}
        for batch in self._batches(utterances, decoded):
            phones = self._phones_of(batch, decoded)
            for result in self._search(batch, own, phones):
                n_frames = 0 if result.error is not None else len(batch[result.utterance_id])
                decoded[result.utterance_id] = Decoded(result, n_frames)
        for name, compiled in own.items():
            report = ListReport.of(compiled.entities.report)
            decoded[name] = replace(decoded[name], report=report)
        in_order = [decoded[u.utterance_id] for u in utterances]
        in_order[:1] = [replace(first, times=self._times()) for first in in_order[:1]]
        return in_order

    def _times(self) -> DecodeTimes:
        self.stopwatch.joined(self.decoder.joining_seconds)
        self.decoder.joining_seconds = 0.0
        return self.stopwatch.take()

    def _batches(
        self, utterances: Iterable[Utterance], decoded: dict[str, Decoded]
    ) -> Iterator[dict[str, FloatArray]]:
        """Read log-probabilities, so many at once; put what cannot be read into `decoded`."""
        batch: dict[str, FloatArray] = {}
        for utterance in utterances:
            name = utterance.utterance_id
            try:
                batch[name] = self.archive[name]
            except InputError as error:
                decoded[name] = Decoded(Result.failed(name, str(error)), 0)
            if sum(array.size for array in batch.values()) >= MOST_NUMBERS:
                yield batch
                batch = {}
        yield batch

    def _phones_of(
        self, batch: dict[str, FloatArray], decoded: dict[str, Decoded]
    ) -> dict[str, FloatArray] | None:
        """Read the phone log-probabilities of a batch; take out of it what has none to read."""
        if self.phones is None:
            return None
        phones: dict[str, FloatArray] = {}
        for name in list(batch):
            try:
                phones[name] = self.phones[name]
            except InputError as error:
                decoded[name] = Decoded(Result.failed(name, str(error)), 0)
                del batch[name]
        return phones

    def _search(
        self,
        batch: Mapping[str, FloatArray],
        own: Mapping[str, CompiledList],
        phones: Mapping[str, FloatArray] | None,
    ) -> list[Result]:
        lists = {name: own.get(name, self.shared) for name in batch}
        known = {name: entities for name, entities in lists.items() if entities is not None}
        found: list[PieceLattice] | None = None if self.lattices is None else []
        with self.stopwatch.searching():
            results = self.decoder.decode(batch, known, found, phones)
        if self.lattices is not None and found is not None:
            self._write(found, self.lattices)
        return results

    def _write(self, found: Sequence[PieceLattice], folder: LatticeFolder) -> None:
        pieces: dict[str, list[PieceLattice]] = {}
        for piece in found:
            pieces.setdefault(piece.utterance_id, []).append(piece)
        for name, of_utterance in pieces.items():
            path = write_lattice(folder.parts, name, of_utterance, folder.symbols)
            if path is not None:
                write_beside(path, folder.weights)
