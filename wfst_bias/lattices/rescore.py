"""Rescore the lattice of one utterance: weigh, another list, another model, prune, rank.

What is written is written by some path of the lattice. A text scores what the best of its paths
scores by the new weights; another language model takes the place of the first pass's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wfst_bias.errors import InputError
from wfst_bias.formats.results import EntitySpan, NbestEntry, Result, Word
from wfst_bias.graph.scales import Scales
from wfst_bias.lattices.arcs import Doubles, FrameTimes, LatticeArcs, Weights
from wfst_bias.lattices.compose import LatticeLm, compose
from wfst_bias.lattices.nbest import LatticePath, best_paths
from wfst_bias.lattices.new_list import NewList, boost
from wfst_bias.lattices.oracle import oracle_errors
from wfst_bias.lattices.paths import prune
from wfst_bias.lattices.statistics import LatticeSize, measure
from wfst_bias.lattices.times import UNTIMED, TimeReader
from wfst_bias.lattices.word_lattice import to_words

MORE_TEXTS_FOR_PENALTIES = 4  # times as many texts are ranked as in decoding
IMPOSSIBLE = "the language model makes every path of the lattice impossible"


@dataclass(frozen=True)
class RescoreOptions:
    """Choose how paths are weighed, and what is kept of them; None is as in the first pass."""

    lm_scale: float | None = field(
        default=None, metadata={"help": "weight of the language model; none: as in decoding"}
    )
    word_nats: float | None = field(
        default=None, metadata={"help": "score of each word, in nats; none: as in decoding"}
    )
    acoustic_scale: float = field(default=1.0, metadata={"help": "weight of the acoustics"})
    boost_scale: float = field(
        default=1.0, metadata={"help": "factor of what entities gained; 0 takes the list away"}
    )
    n_best: int = field(default=5, metadata={"help": "hypotheses in the n-best list"})
    prune_nats: float | None = field(
        default=None,
        metadata={"help": "keep arcs on a path within this many nats of the best; none: all"},
    )

    def __post_init__(self) -> None:
        if self.n_best < 1:
            raise InputError("n_best must be at least 1", value=self.n_best)
        if self.prune_nats is not None and not self.prune_nats >= 0:
            raise InputError("prune_nats must not be negative", value=self.prune_nats)
        self.weights(Scales())

    def weights(self, first_pass: Scales) -> Weights:
        """Return the weights; what is left open is the first pass's."""
        return Weights(
            first_pass.lm_scale if self.lm_scale is None else self.lm_scale,
            first_pass.word_nats if self.word_nats is None else self.word_nats,
            self.acoustic_scale,
            self.boost_scale,
        )


@dataclass(frozen=True)
class Rescored:
    """Hold what became of a lattice.

    Attributes:
      result: its texts; words have no times and no entities are told where frames are not known.
      lattice: of words, pruned.
      before, after: how large it was as it came and how large it is now.
      oracle: the fewest errors of a text of `lattice`, None without a reference.
    """

    result: Result
    lattice: LatticeArcs
    before: LatticeSize
    after: LatticeSize
    oracle: int | None = None


@dataclass(frozen=True)
class Rescorer:
    """Hold what rescoring needs beside the lattice.

    Attributes:
      symbols: what the numbers of words are written as; those of a new list come last.
      weights: of the parts of scores.
      options: what is kept.
      lm: a model in the place of the first pass's, None for that one.
      new_list: entities to boost beside those of the first pass, None for none.
      time_reader: what reads times of lattices that tell them, None to leave them out.
    """

    symbols: tuple[str, ...]
    weights: Weights
    options: RescoreOptions
    lm: LatticeLm | None = None
    new_list: NewList | None = None
    time_reader: TimeReader | None = None

    def rescore(
        self,
        utterance_id: str,
        arcs: LatticeArcs,
        reference: str | None = None,
        times: FrameTimes | None = None,
    ) -> Rescored:
        """Rescore a lattice of frames or of words.

        Args:
          utterance_id: of the lattice.
          arcs: the lattice.
          reference: what was said, to find the text with the fewest errors; None for none.
          times: when its arcs were heard, None for a lattice of words.
        """
        before, lattice = self._weighed(arcs)
        score = self.weights.total(lattice)
        gained = self.weights.boost_scale * lattice.boost_nats
        ranked = self._rank(lattice, score)
        best = ranked[0][1].words if ranked else ()
        path = lattice.take(ranked[0][1].arcs) if ranked else lattice
        if self.options.prune_nats is not None:
            lattice = prune(lattice, score, self.options.prune_nats)
        oracle = None if reference is None else oracle_errors(lattice, reference, self.symbols)
        sizes = measure(before, len(best)), measure(lattice, len(best))
        if not ranked:
            return Rescored(Result.failed(utterance_id, IMPOSSIBLE), lattice, *sizes, oracle)
        nbest = tuple(
            NbestEntry(path.words, total, total - path.score + float(gained[path.arcs].sum()))
            for total, path in ranked
        )
        words = tuple(Word(word, UNTIMED, UNTIMED, UNTIMED) for word in best)
        spans: tuple[EntitySpan, ...] = ()
        if times is not None and self.time_reader is not None:
            words, spans = self.time_reader.read(path, arcs, self._beside_new_lm(arcs), times)
        result = Result(utterance_id, words, spans, nbest, ranked[0][0])
        return Rescored(result, lattice, *sizes, oracle)

    def _rank(self, lattice: LatticeArcs, score: Doubles) -> list[tuple[float, LatticePath]]:
        """Return the best texts with their scores, penalties of the new list taken off."""
        penalties = None if self.new_list is None else self.new_list.penalties
        more = MORE_TEXTS_FOR_PENALTIES if penalties else 1
        paths = best_paths(lattice, score, more * self.options.n_best, self.symbols)
        scored = [(p.score + (penalties.of(p.words) if penalties else 0.0), p) for p in paths]
        scored.sort(key=lambda pair: (-pair[0], pair[1].words))
        return scored[: self.options.n_best]

    def _weighed(self, arcs: LatticeArcs) -> tuple[LatticeArcs, LatticeArcs]:
        """Return the lattice of words as it came, and with all that is new."""
        words = to_words(arcs, self._beside_new_lm(arcs))
        lattice = words
        if self.new_list is not None:
            lattice = boost(lattice, self.new_list)
        if self.lm is not None:
            lattice = compose(lattice, self.lm)
        return words, lattice

    def _beside_new_lm(self, arcs: LatticeArcs) -> Doubles:
        """Return `(arcs,)`, all of the scores that the lattice itself tells."""
        return self.weights.total(arcs) if self.lm is None else self.weights.total_beside_lm(arcs)
