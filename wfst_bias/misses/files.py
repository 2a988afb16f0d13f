"""The misses of a set of utterances, from the files that `decode` writes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.formats.decoded import read_nbest
from wfst_bias.formats.log_probs import LogProbsArchive, check_log_probs, open_log_probs
from wfst_bias.lattices.archive import Member, StoredLattices
from wfst_bias.lattices.arcs import Weights
from wfst_bias.lattices.word_lattice import to_words
from wfst_bias.misses.causes import Miss
from wfst_bias.misses.explain import Decoded, Explainer, MissOptions, Said, entities_said
from wfst_bias.misses.forced import Forcing, LogProbs
from wfst_bias.misses.lattice_words import WordLattice
from wfst_bias.misses.report import MissReport
from wfst_bias.score.score_files import own_list, read_shared_list
from wfst_bias.tokens import TokenTable

Value = TypeVar("Value")


@dataclass(frozen=True)
class MissFiles:
    """Name the files.

    Attributes:
      ref: references with rare words and lists, as for `score`.
      nbest: `nbest.jsonl` of the same utterances.
      entities: a list for all utterances in the place of their own, None for none.
      lattices: folder of lattices, None for none.
      log_probs: what was decoded; with `tokens` or not at all, and not without lattices.
      tokens: its token table.
    """

    ref: Path
    nbest: Path
    entities: Path | None = None
    lattices: Path | None = None
    log_probs: Path | None = None
    tokens: Path | None = None

    def __post_init__(self) -> None:
        if (self.log_probs is None) != (self.tokens is None):
            raise InputError("log-probabilities go with their token table; give both or neither")
        if self.log_probs is not None and self.lattices is None:
            raise InputError(
                "log-probabilities tell what was pruned only where the lattices are known",
                path=self.log_probs,
                remedy="give the lattices too, or leave the log-probabilities out",
            )


def explain_files(files: MissFiles, options: MissOptions) -> MissReport:
    """Put the misses of all utterances down to causes.

    Raises:
      InputError: a file that cannot be used, an utterance that one of them lacks, or
        log-probabilities that are none, though there are texts of them.
    """
    references = read_entities_tsv(files.ref)
    nbest = read_nbest(files.nbest)
    texts = {
        name: tuple(" ".join(each.words) for each in entries) for name, entries in nbest.items()
    }
    _check_same(references, files.ref, texts, files.nbest)
    shared = None if files.entities is None else read_shared_list(files.entities)
    tokens = None if files.tokens is None else TokenTable.read(files.tokens)
    explainer = Explainer(options, None if tokens is None else Forcing(tokens))
    found, misses = 0, list[Miss]()
    with ExitStack() as stack:
        lattices = None if files.lattices is None else _Lattices.open(files.lattices)
        log_probs = None
        if files.log_probs is not None and tokens is not None:
            log_probs = _Arrays(stack.enter_context(open_log_probs(files.log_probs)), tokens.size)
        for name, reference in _progress(references):
            scored = shared or own_list(reference)
            said = entities_said(reference, scored, next(iter(texts[name]), ""))
            found += said.found
            decoded = _decoded(name, texts[name], said, lattices, log_probs)
            misses += explainer.explain(reference, scored, said, decoded)
    return MissReport(found, tuple(misses), options)


def _decoded(
    name: str,
    texts: tuple[str, ...],
    said: Said,
    lattices: _Lattices | None,
    log_probs: _Arrays | None,
) -> Decoded:
    """Read what an utterance left behind, no more than its misses need."""
    if not said.missed:
        return Decoded(texts)
    return Decoded(
        texts,
        None if lattices is None else lattices.read(name),
        None if log_probs is None else log_probs.read(name, was_decoded=bool(texts)),
    )


@dataclass(frozen=True)
class _Lattices:
    stored: StoredLattices
    members: Mapping[str, Member]
    weights: Weights

    @classmethod
    def open(cls, path: Path) -> _Lattices:
        stored = StoredLattices.open(path)
        scales = stored.options.scales
        members = {stored.utterance_of(member): member for member in stored.members}
        return cls(stored, members, Weights(scales.lm_scale, scales.word_nats))

    def read(self, utterance_id: str) -> WordLattice | None:
        """Return the lattice of words of an utterance, None if decoding left none of it."""
        member = self.members.get(utterance_id)
        if member is None:
            listed = self.stored.utterances
            if utterance_id not in listed:
                raise InputError("no lattice of utterance", path=self.stored.path,
                                 value=utterance_id)  # fmt: skip
            return None
        arcs = self.stored.read(member).arcs
        words = to_words(arcs, self.weights.total(arcs))
        beam = self.stored.options.search.output_beam
        return WordLattice(words, self.weights.total(words), self.stored.symbols, beam)


@dataclass(frozen=True)
class _Arrays:
    archive: LogProbsArchive
    n_tokens: int

    def read(self, utterance_id: str, *, was_decoded: bool) -> LogProbs | None:
        """Return the array of an utterance; None if it is what decoding could not use either."""
        try:
            values = self.archive[utterance_id]
            fault = check_log_probs(values, self.n_tokens)
            if fault is not None:
                raise InputError(f"utterance {utterance_id}: {fault}", path=self.archive.path)
        except InputError:
            if was_decoded:
                raise
            return None
        return values


def _check_same(
    references: Mapping[str, UtteranceList], ref: Path, texts: Mapping[str, object], nbest: Path
) -> None:
    for wanted, present, path in ((references, texts, nbest), (texts, references, ref)):
        missing = next((name for name in wanted if name not in present), None)
        if missing is not None:
            raise InputError("no such utterance", path=path, value=missing)


def _progress(
    references: Mapping[str, UtteranceList],
) -> Iterable[tuple[str, UtteranceList]]:
    return tqdm(
        references.items(), desc="misses", unit="utt", delay=2, leave=False, disable=None,
        file=sys.stderr,
    )  # fmt: skip
