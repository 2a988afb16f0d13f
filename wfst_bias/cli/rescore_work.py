"""What `rescore` does in a worker process: lattices read, rescored, and written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wfst_bias.decode.lattice_files import lattice_file_name
from wfst_bias.entities.entity_list import EntityList
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write
from wfst_bias.formats.results import Result
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.unknown_class import UNKNOWN
from wfst_bias.lattices.archive import TOKENS, Member, StoredLattices, to_file
from wfst_bias.lattices.compose import LatticeLm
from wfst_bias.lattices.kaldi import write_beside
from wfst_bias.lattices.new_list import NewList
from wfst_bias.lattices.rescore import Rescored, RescoreOptions, Rescorer
from wfst_bias.lattices.statistics import LatticeSize
from wfst_bias.lattices.times import TimeReader
from wfst_bias.lm.arpa import BOS, EOS, NgramLm, read_arpa
from wfst_bias.lm.ngram_states import NgramStates
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.wer import align, count_errors
from wfst_bias.tokens import TokenTable


@dataclass(frozen=True)
class OracleErrors:
    """Hold the errors of a lattice and of its best text.

    Attributes:
      oracle: the fewest that any of its texts has.
      best: those of the best text.
      words: of the reference.
    """

    oracle: int
    best: int
    words: int


@dataclass(frozen=True)
class RescoredUtterance:
    """Hold what a worker tells of an utterance.

    Attributes:
      result: its texts, or why there are none.
      sizes: of the lattice as it came and as it is now; None where it could not be read.
      errors: None without a reference.
      is_timed: whether its lattice tells when words were heard; so it is where it has none.
    """

    result: Result
    sizes: tuple[LatticeSize, LatticeSize] | None = None
    errors: OracleErrors | None = None
    is_timed: bool = True


@dataclass(frozen=True)
class RescoreWork:
    """Hold what a worker needs to rescore; calling it makes it ready.

    Attributes:
      lattices: the folder of lattices.
      options: how to weigh and what to keep.
      lm: an ARPA in the place of the first pass's model, None for that one.
      entities: another list, None for none.
      g2g: under which further spellings its entities are found.
      references: by utterance id, None for none.
      parts: where lattices go, a file of each form per utterance; None for nowhere.
    """

    lattices: StoredLattices
    options: RescoreOptions
    lm: Path | None = None
    entities: EntityList | None = None
    g2g: G2gOptions = field(default_factory=G2gOptions)
    references: Mapping[str, str] | None = None
    parts: Path | None = None

    def __call__(self) -> Callable[[Sequence[Member]], list[RescoredUtterance]]:
        """Return a function that rescores lattices."""
        import torch

        torch.set_num_threads(1)
        model = None if self.lm is None else read_arpa(self.lm)
        return _Rescoring(self, self._rescorer(model)).rescore

    def _rescorer(self, model: NgramLm | None) -> Rescorer:
        weights = self.options.weights(self.lattices.options.scales)
        new_list = None if self.entities is None else self.new_list(self.entities, model)
        symbols = self.lattices.symbols if new_list is None else new_list.symbols
        lm = None
        if model is not None:
            try:
                lm = LatticeLm.of(NgramStates.of(model), model.word_ids, symbols)
            except InputError as error:
                raise InputError(str(error), path=self.lm) from error
        frame_seconds = self.lattices.options.output.frame_shift_ms / 1000
        times = TimeReader(symbols, self.lattices.tokens, frame_seconds, weights.boost_scale)
        return Rescorer(symbols, weights, self.options, lm, new_list, times)

    def new_list(self, entities: EntityList, model: NgramLm | None = None) -> NewList:
        """Make another list ready; with a model, words that it is taken for count."""
        from wfst_bias.graph.compiled_list import ListCompiler, load_variants

        tokens = TokenTable.read(self.lattices.path / TOKENS)
        normalizer = Normalizer(tokens)
        compiler = ListCompiler(
            tokens,
            Speller(tokens),
            () if model is None else _unigrams(model, normalizer),
            self.lattices.options.boost,
            (UNKNOWN,),
            load_variants(self.g2g, tokens),
        )
        return NewList.of(compiler.compile(entities), self.lattices.symbols, normalizer)


def _unigrams(model: NgramLm, normalizer: Normalizer) -> Sequence[tuple[str, float]]:
    """Return the words of a model in the letters of the acoustic model, and their log-probs."""
    rows = zip(model.ngrams[0].ids[:, 0], model.ngrams[0].log_probs, strict=True)
    marks = (BOS, EOS, *model.class_words)
    return [
        (normalizer.normalize(model.words[word]).form, float(log_prob))
        for word, log_prob in rows
        if model.words[word] not in marks
    ]


class _Rescoring:
    def __init__(self, work: RescoreWork, rescorer: Rescorer) -> None:
        self.work, self.rescorer = work, rescorer

    def rescore(self, members: Sequence[Member]) -> list[RescoredUtterance]:
        """Rescore lattices; those that cannot be read have a result that says so."""
        return [self._rescore(member) for member in members]

    def _rescore(self, member: Member) -> RescoredUtterance:
        try:
            lattice = self.work.lattices.read(member)
        except InputError as error:
            return RescoredUtterance(
                Result.failed(self.work.lattices.utterance_of(member), str(error))
            )
        utterance_id = lattice.utterance_id
        reference = (self.work.references or {}).get(utterance_id)
        found = self.rescorer.rescore(utterance_id, lattice.arcs, reference, lattice.times)
        if self.work.parts is not None and len(found.lattice):
            self._write(utterance_id, found, self.work.parts)
        errors = None if reference is None else _errors(found, reference)
        sizes, is_timed = (found.before, found.after), lattice.times is not None
        return RescoredUtterance(found.result, sizes, errors, is_timed)

    def _write(self, utterance_id: str, found: Rescored, parts: Path) -> None:
        score = self.rescorer.weights.total(found.lattice)
        path = parts / lattice_file_name(utterance_id)
        with atomic_write(path, "wb") as stream:
            content = to_file(utterance_id, found.lattice, score)
            stream.write(content)  # type: ignore[arg-type]
        write_beside(path, self.rescorer.weights)


def _errors(found: Rescored, reference: str) -> OracleErrors:
    words = comparison_words(reference)
    best = comparison_words(" ".join(word.text for word in found.result.words))
    assert found.oracle is not None, "there is a reference"
    return OracleErrors(found.oracle, count_errors(align(words, best)).errors, len(words))
