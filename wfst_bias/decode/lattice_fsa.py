"""The lattice of an utterance as one k2.Fsa whose arcs say what they write.

The token that begins a word of the class is on one arc, whether the word is then spelled out or
turns out to be an entity. So a state inside such a token is split by what the token turns out to
begin; the paths, their labels and scores remain the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import k2
import numpy as np
import torch
from numpy.typing import NDArray

from wfst_bias.decode.lattice import Array, Lattice
from wfst_bias.decode.lattice_files import LatticeSymbols
from wfst_bias.decode.piece_lattice import PieceLattice
from wfst_bias.graph.arcs import FINAL_LABEL, ArcKind, Floats, TokenArcs
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.join import ArcMeaning
from wfst_bias.graph.scales import Scales

NO_FRAME = -1

# What the first token of a word of the class turns out to begin: a spelled word, an entity of
# several tokens, or, as `form + 1`, an entity that ends with it. Any other state has _SPELLED.
_SPELLED, _LONGER_ENTITY = 0, -1


def lattice_fsa(pieces: Sequence[PieceLattice], symbols: LatticeSymbols) -> k2.Fsa | None:
    """Return the lattice of an utterance, top-sorted; None where no path survived the search.

    Its attributes are those that `lattice_files` describes. The pieces of a long utterance follow
    each other, joined by blanks that read no frame; a piece without a path is left out, as it is
    of the text.
    """
    parts = [_piece_arcs(piece, symbols) for piece in pieces if piece.lattice.n_states]
    if not parts:
        return None
    arcs = _chain(parts)
    columns = (arcs.source, arcs.target, arcs.label)
    table = np.stack([*(c.astype(np.int32) for c in columns), arcs.score.view(np.int32)], axis=1)
    fsa = k2.Fsa(torch.from_numpy(table))
    fsa.aux_labels = torch.from_numpy(arcs.aux_label.astype(np.int32))
    for name in ("frame", "lm_word"):
        setattr(fsa, name, torch.from_numpy(getattr(arcs, name).astype(np.int32)))
    for name in ("acoustic", "lm_score", "boost_nats", "adaptive_nats", "other_nats"):
        setattr(fsa, name, torch.from_numpy(getattr(arcs, name).astype(np.float32)))
    return fsa


@dataclass(frozen=True)
class _Arcs:
    """Hold the arcs of a lattice as they are saved, `(arcs,)` each, sorted by source."""

    source: Array
    target: Array
    label: Array
    aux_label: Array
    frame: Array
    lm_word: Array
    score: Floats
    acoustic: Floats
    lm_score: Floats
    boost_nats: Floats
    adaptive_nats: Floats
    other_nats: Floats

    def in_order(self) -> _Arcs:
        order = np.lexsort((self.aux_label, self.label, self.target, self.source))
        return _Arcs(*(getattr(self, f.name)[order] for f in fields(self)))


def _chain(parts: Sequence[_Arcs]) -> _Arcs:
    """Put lattices one after the other: each but the last ends in the start of the next."""
    moved = []
    first = 0
    for number, part in enumerate(parts, start=1):
        joins = (part.label == FINAL_LABEL) & (number < len(parts))
        moved.append(
            replace(
                part,
                source=part.source + first,
                target=part.target + first,
                label=np.where(joins, 0, part.label),
                aux_label=np.where(joins, 0, part.aux_label),
            )
        )
        first += int(part.target.max())
    return _Arcs(*(np.concatenate([getattr(m, f.name) for m in moved]) for f in fields(_Arcs)))


def _piece_arcs(piece: PieceLattice, symbols: LatticeSymbols) -> _Arcs:
    lattice = _connected(_without_end_frame(piece.lattice))
    waiting = _waiting(lattice)
    taken = np.where(waiting[lattice.source], _turn_taken(lattice.meaning), _SPELLED)
    turns = _turns(lattice, waiting, taken)
    arc = np.repeat(np.arange(len(lattice.target)), [len(turns[t]) for t in lattice.target])
    turn = np.array([k for t in lattice.target.tolist() for k in turns[t]], np.int64)
    before = np.where(lattice.meaning.reads[arc], taken[arc], turn)
    source, target = _number_states(lattice.source[arc], before, lattice.target[arc], turn)
    final = lattice.label[arc] == FINAL_LABEL
    width = len(symbols.tokens) + 1
    writer = _Writer(lattice.meaning, symbols, piece.entities)
    frame = _frames(lattice, piece)
    gained = _gained(lattice, frame, piece)
    graph, other = _graph_scores(lattice.meaning, piece.scales)
    return _Arcs(
        source,
        target,
        label=np.where(final, FINAL_LABEL, lattice.label[arc] % width),
        aux_label=np.where(final, FINAL_LABEL, writer.write(arc, turn)),
        frame=np.where(final | (frame[arc] < 0), NO_FRAME, frame[arc] + piece.first_frame),
        lm_word=writer.ask(arc, turn),
        score=lattice.score[arc].astype(np.float32),
        acoustic=(lattice.score - graph - gained)[arc].astype(np.float32),
        lm_score=lattice.meaning.lm_score[arc],
        boost_nats=(gained[arc] + writer.boost_nats(arc, turn)).astype(np.float32),
        adaptive_nats=gained[arc].astype(np.float32),
        other_nats=other[arc],
    ).in_order()


def _graph_scores(meaning: ArcMeaning, scales: Scales) -> tuple[Floats, Floats]:
    """Return `(arcs,)` each: all that the graph gave, and what it gave for unknown words."""
    arcs = TokenArcs.make(0, 0, meaning.token, meaning.lm_score, meaning.output, meaning.kind)
    other = replace(scales, lm_scale=0.0, word_nats=0.0).weigh(arcs)
    return scales.weigh(arcs) + meaning.boost_nats, other


def _gained(lattice: Lattice, frame: Array, piece: PieceLattice) -> NDArray[np.float64]:
    """Return `(arcs,)`, what entities gained by the frame, in nats."""
    gained = np.zeros(len(frame))
    at = np.flatnonzero(
        lattice.meaning.reads & (lattice.meaning.kind == ArcKind.ENTITY) & (frame >= 0)
    )
    if len(at):
        gains = piece.context.adaptive.gains(piece.log_probs[frame[at]])
        gained[at] = gains[np.arange(len(at)), piece.context.columns[lattice.meaning.token[at]]]
    return gained


def _without_end_frame(lattice: Lattice) -> Lattice:
    """Return the lattice with the arcs that read the end token as its final arcs."""
    end_score = np.full(lattice.n_states, np.nan)
    final = lattice.label == FINAL_LABEL
    end_score[lattice.source[final]] = lattice.score[final]
    after = end_score[lattice.target]
    ending = ~np.isnan(after)
    rest = np.flatnonzero(~final)
    return Lattice(
        lattice.source[rest],
        np.where(ending, lattice.n_states - 1, lattice.target)[rest],
        np.where(ending, FINAL_LABEL, lattice.label)[rest],
        (lattice.score + np.where(ending, after, 0.0))[rest],
        lattice.meaning.take(rest),
    )


def _connected(lattice: Lattice) -> Lattice:
    """Return the lattice without the arcs that lead nowhere, of which pruning leaves some."""
    leads = [False] * (lattice.n_states - 1) + [True]
    arcs = zip(lattice.source.tolist(), lattice.target.tolist(), strict=True)
    for source, target in reversed(list(arcs)):
        leads[source] = leads[source] or leads[target]
    keep = np.flatnonzero(np.array(leads)[lattice.target])
    return Lattice(
        lattice.source[keep],
        lattice.target[keep],
        lattice.label[keep],
        lattice.score[keep],
        lattice.meaning.take(keep),
    )


def _waiting(lattice: Lattice) -> NDArray[np.bool_]:
    """Return `(states,)`, whether the last token begun may turn out to begin an entity."""
    waiting = np.zeros(lattice.n_states, bool)
    begins = lattice.meaning.reads & (lattice.meaning.kind == ArcKind.SLOT)
    waiting[lattice.target[begins]] = True
    lasting = np.flatnonzero(~lattice.meaning.reads)
    for source, target in zip(lattice.source[lasting], lattice.target[lasting], strict=True):
        waiting[target] |= waiting[source]
    return waiting


def _turn_taken(meaning: ArcMeaning) -> Array:
    """Return `(arcs,)`, what a first token turned out to begin if the arc reads the token after."""
    longer = np.where(meaning.kind == ArcKind.ENTITY, _LONGER_ENTITY, _SPELLED)
    return np.where(meaning.form < 0, -meaning.form, longer).astype(np.int64)


def _turns(lattice: Lattice, waiting: NDArray[np.bool_], taken: Array) -> list[tuple[int, ...]]:
    """Return by state what the last token begun turns out to begin on one path or another."""
    found: list[set[int]] = [set() if waits else {_SPELLED} for waits in waiting]
    for arc in np.flatnonzero(waiting[lattice.source])[::-1].tolist():
        reads = lattice.meaning.reads[arc]
        ahead = {int(taken[arc])} if reads else found[lattice.target[arc]]
        found[lattice.source[arc]] |= ahead
    return [tuple(sorted(turns)) for turns in found]


def _number_states(
    source: Array, source_turn: Array, target: Array, target_turn: Array
) -> tuple[Array, Array]:
    """Number states split by turn, in the order of the states."""
    n_turns = int(max(source_turn.max(), target_turn.max())) + 2
    sources = source * n_turns + source_turn + 1
    targets = target * n_turns + target_turn + 1
    known = np.unique(np.concatenate([sources, targets]))
    return np.searchsorted(known, sources), np.searchsorted(known, targets)


class _Writer:
    """Say what arcs write, as numbers of `words.txt`."""

    def __init__(
        self, meaning: ArcMeaning, symbols: LatticeSymbols, entities: CompiledList | None
    ) -> None:
        self.meaning = meaning
        self.symbols = symbols
        self.entities = entities
        self.classes = np.array(symbols.classes, np.int64)
        self.pieces = np.array([0, *map(symbols.piece, range(1, len(symbols.tokens))), 0], np.int64)

    def write(self, arc: Array, turn: Array) -> Array:
        """Return what each arc writes, given what the state behind it turns out to be."""
        spells = self.meaning.kind[arc] == ArcKind.SPELLING
        ended = self._ended(arc, turn)
        spelled = spells | self._begins_spelling(arc, turn)
        written = np.where(spelled, self.pieces[self.meaning.token[arc]], self.meaning.output[arc])
        written = np.where(ended > 0, self._entities(ended), written)
        return np.where(self.meaning.reads[arc], written, 0)

    def ask(self, arc: Array, turn: Array) -> Array:
        """Return the word whose probability the language model gives with what is written."""
        of_class = (self._ended(arc, turn) > 0) | self._begins_spelling(arc, turn)
        of_its_class = self.classes[self.meaning.number[arc]]
        word = np.where(of_class, of_its_class, self.meaning.output[arc])
        return np.where(self.meaning.reads[arc], word, 0).astype(np.int64)

    def boost_nats(self, arc: Array, turn: Array) -> NDArray[np.float64]:
        """Return the boost of the entity that ends with each arc, 0 for none."""
        ended = np.where(self.meaning.reads[arc], self._ended(arc, turn), 0)
        if self.entities is None:
            return np.zeros(len(arc))
        of_form = np.append(0.0, self.entities.form_boost_nats)
        boosts: NDArray[np.float64] = of_form[np.maximum(ended, 0)]
        return boosts

    def _ended(self, arc: Array, turn: Array) -> Array:
        """Return by arc the form that ends with it + 1, or not above 0 for none."""
        kind, form = self.meaning.kind[arc], self.meaning.form[arc]
        ended = np.where(kind == ArcKind.ENTITY, form, 0)
        return np.where(kind == ArcKind.SLOT, turn, ended).astype(np.int64)

    def _begins_spelling(self, arc: Array, turn: Array) -> NDArray[np.bool_]:
        begins = self.meaning.kind[arc] == ArcKind.SLOT
        return np.asarray(begins & (turn == _SPELLED), np.bool_)

    def _entities(self, ended: Array) -> Array:
        """Return the numbers of the entities that end."""
        distinct, index = np.unique(ended, return_inverse=True)
        return np.array([self._entity(int(form) - 1) for form in distinct], np.int64)[index]

    def _entity(self, form: int) -> int:
        if form < 0:
            return 0
        assert self.entities is not None, "only a list has forms"
        return self.symbols.entity(self.entities.entity(form).written)


def _frames(lattice: Lattice, piece: PieceLattice) -> Array:
    """Return `(arcs,)`, the frame of the piece that each arc reads, -1 where there is none."""
    depth = np.zeros(lattice.n_states, np.int64)
    for source, target in zip(lattice.source.tolist(), lattice.target.tolist(), strict=True):
        depth[target] = depth[source] + 1
    kept = piece.frames.kept
    at = depth[lattice.source] - piece.frames.first
    real = (at >= 0) & (at < len(kept))
    frame = np.full(len(at), NO_FRAME, np.int64)
    frame[real] = kept[at[real]]
    return frame
