"""Best alignments of texts with phone log-probabilities, many texts in one call of k2.

What k2's intersection asks of its input: utterances from the longest to the shortest, texts in the
order of their utterances, arcs sorted. A text that does not fit into the frames comes back empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import k2
import numpy as np
import torch
from numpy.typing import NDArray

from wfst_bias.sound.heard import LOWEST, LogProbs
from wfst_bias.sound.phone_graph import CtcGraphs, PhoneArcs, Unit, ctc_graphs, phone_arcs

# Arcs times frames of a call, some 100 MB.
MOST_WORK = 1 << 23

# Only the best path is wanted; what is lost by rounding must not lose it.
_BEAM = 0.5


@dataclass(frozen=True)
class WordFrames:
    """Place a word that was said.

    Attributes:
      unit: which unit of the text it belongs to.
      word: which word of the unit's phrase it is.
      begin: the frame in which its first phone begins.
      end: the frame after the last in which its last phone is read.
      cost_nats: by how much the path is less probable than the best of all in these frames.
      n_phones: of the pronunciation chosen, none where it may sound like anything.
    """

    unit: int
    word: int
    begin: int
    end: int
    cost_nats: float
    n_phones: int


@dataclass(frozen=True)
class Alignment:
    """Hold how a text is best said in an utterance.

    Attributes:
      cost_nats: by how much the best path that says the text is less probable than the best of
        all, at least 0.
      words: in the order of time, none of them empty.
    """

    cost_nats: float
    words: tuple[WordFrames, ...]

    @property
    def n_phones(self) -> int:
        """Return how many phones the text is said with."""
        return sum(word.n_phones for word in self.words)

    def nats_per_phone(self, unit: int) -> float:
        """Return what the phones of a unit of the text cost on average, 0 if it has none."""
        said = [word for word in self.words if word.unit == unit]
        return sum(word.cost_nats for word in said) / max(1, sum(word.n_phones for word in said))


@dataclass(frozen=True)
class Utterance:
    """Hold what the phone head heard, and the texts to align with it.

    Attributes:
      log_probs: `(T, P)`, natural-log probabilities of the blank, column 0, and the phones.
      texts: the units of each.
    """

    log_probs: LogProbs
    texts: Sequence[Sequence[Unit]]


def align(utterances: Sequence[Utterance]) -> list[list[Alignment | None]]:
    """Return the best alignment of each text of each utterance, None where it does not fit.

    All utterances have the same columns. A phone less probable than `LOWEST` is taken as that.
    """
    found: list[list[Alignment | None]] = [[None] * len(u.texts) for u in utterances]
    wanted = [i for i, u in enumerate(utterances) if u.texts and len(u.log_probs)]
    longest_first = sorted(wanted, key=lambda i: -len(utterances[i].log_probs))
    for rows, texts in _calls(utterances, longest_first):
        aligned = _align([utterances[i].log_probs for i in rows], utterances, texts, rows)
        for (i, j), alignment in zip(texts, aligned, strict=True):
            found[i][j] = alignment
    return found


def _calls(
    utterances: Sequence[Utterance], order: Sequence[int]
) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
    """Divide the work: the utterances of a call, and its texts as utterance and number."""
    rows: list[int] = []
    texts: list[tuple[int, int]] = []
    work = 0
    for i in order:
        for j, units in enumerate(utterances[i].texts):
            own = len(utterances[i].log_probs) * _expected_arcs(units)
            if texts and work + own > MOST_WORK:
                yield rows, texts
                rows, texts, work = [], [], 0
            rows += [i] * (i not in rows[-1:])
            texts.append((i, j))
            work += own
    if texts:
        yield rows, texts


def _expected_arcs(units: Sequence[Unit]) -> int:
    phones = sum(len(way) for u in units for phrase in u for ways in phrase for way in ways)
    return 4 * phones + 2 * len(units) + 2


def _align(
    heard: Sequence[LogProbs],
    utterances: Sequence[Utterance],
    texts: Sequence[tuple[int, int]],
    rows: Sequence[int],
) -> list[Alignment | None]:
    row_of = {i: row for row, i in enumerate(rows)}
    n_columns = heard[0].shape[1]
    phones = phone_arcs([utterances[i].texts[j] for i, j in texts], n_columns)
    graphs = ctc_graphs(phones)
    dense, best = _lay_out(heard)
    row = [row_of[i] for i, _ in texts]
    lattices = k2.intersect_dense(
        _fsa_vec(graphs),
        dense,
        output_beam=_BEAM,
        a_to_b_map=torch.tensor(row, dtype=torch.int32),
        frame_idx_name="frame",
    )
    paths = k2.shortest_path(lattices, use_double_scores=True)
    return _read(paths, graphs, phones, best[row])


def _lay_out(heard: Sequence[LogProbs]) -> tuple[k2.DenseFsaVec, NDArray[np.float32]]:
    """Return the dense input, a column for any sound behind the phones, which is `(N, T)`."""
    n_columns = heard[0].shape[1]
    scores = np.zeros((len(heard), max(map(len, heard)), n_columns + 1), np.float32)
    for row, log_probs in zip(scores, heard, strict=True):
        row[: len(log_probs), :-1] = np.maximum(log_probs, LOWEST)
        row[: len(log_probs), -1] = row[: len(log_probs), :-1].max(axis=1)
    segments = [(i, 0, len(log_probs)) for i, log_probs in enumerate(heard)]
    dense = k2.DenseFsaVec(torch.from_numpy(scores), torch.tensor(segments, dtype=torch.int32))
    return dense, scores[:, :, -1]


def _fsa_vec(graphs: CtcGraphs) -> k2.Fsa:
    """Return the graphs as an FsaVec whose arcs carry their numbers as `graph_arc`."""
    n_arcs, n_states = len(graphs.label), int(graphs.states_of.sum())
    first_state = np.cumsum(graphs.states_of) - graphs.states_of
    source = graphs.source + np.repeat(first_state, graphs.arcs_of)
    columns = (graphs.source, graphs.target, graphs.label, np.zeros(n_arcs))  # scores are 0
    arcs = torch.from_numpy(np.stack(columns, axis=1).astype(np.int32))
    by_text = _shape(np.append(first_state, n_states), n_states)
    by_state = _shape(np.searchsorted(source, np.arange(n_states + 1)), n_arcs)
    fsa = k2.Fsa(k2.fsa.RaggedArc(by_text.compose(by_state), arcs))
    required = k2.fsa_properties.VALID | k2.fsa_properties.ARC_SORTED
    assert fsa.properties & required == required, k2.fsa_properties.to_str(fsa.properties)
    fsa.graph_arc = torch.arange(n_arcs, dtype=torch.int32)
    return fsa


def _shape(splits: NDArray[np.int64], n_elements: int) -> k2.RaggedShape:
    return k2.ragged.create_ragged_shape2(
        torch.from_numpy(splits.astype(np.int32)), None, n_elements
    )


def _read(
    paths: k2.Fsa, graphs: CtcGraphs, phones: PhoneArcs, best: NDArray[np.float32]
) -> list[Alignment | None]:
    """Return what the paths say, one linear FSA each.

    Args:
      paths: empty for a text that does not fit.
      graphs: what `graph_arc` counts.
      phones: what the places of graphs are.
      best: `(texts, T)`, the scores of the best path of all through the text's utterance.
    """
    shape = paths.arcs.shape()
    first = shape.row_splits(2)[shape.row_splits(1).long()].numpy()
    text = np.repeat(np.arange(len(best)), np.diff(first))
    frame = paths.frame.numpy()
    # The last arc of a path reads no frame, and costs nothing.
    in_time = np.minimum(frame, best.shape[1] - 1)
    costs = np.where(paths.labels.numpy() < 0, 0.0, best[text, in_time] - paths.scores.numpy())
    before = np.append(0.0, np.cumsum(costs, dtype=np.float64))  # the costs of all arcs before
    arc = paths.graph_arc.numpy()
    said = np.flatnonzero(graphs.place[arc] >= 0)  # arcs that read a phone
    place = graphs.place[arc[said]]
    counted = graphs.begins[arc[said]] & (phones.label[place] != phones.anything)
    words = _words(phones, phones.word[place], frame[said], said, before, counted)
    whole = before[first[1:]] - before[first[:-1]]
    return [
        Alignment(max(0.0, float(whole[i])), tuple(words.get(i, ())))
        if first[i] < first[i + 1]
        else None
        for i in range(len(best))
    ]


def _words(
    phones: PhoneArcs,
    word: NDArray[np.int64],
    frame: NDArray[np.int32],
    arc: NDArray[np.int64],
    before: NDArray[np.float64],
    counted: NDArray[np.bool_],
) -> dict[int, list[WordFrames]]:
    """Return the words by text.

    Args:
      phones: what words are of which text and unit.
      word, frame, arc: of all arcs that read a phone, in their order; an arc for each frame.
      before: by arc, the costs of all arcs before.
      counted: of the arcs that read a phone, those in which one begins.
    """
    begins = np.flatnonzero(np.diff(word, prepend=-1))
    ends = np.append(begins[1:], len(word))[: len(begins)] - 1
    costs = before[arc[ends] + 1] - before[arc[begins]]
    n_before = np.append(0, np.cumsum(counted))
    n_phones = n_before[ends + 1] - n_before[begins]
    found: dict[int, list[WordFrames]] = {}
    for (text, unit, number), begin, end, cost, n in zip(
        phones.words[word[begins]].tolist(),
        frame[begins].tolist(),
        frame[ends].tolist(),
        costs.tolist(),
        n_phones.tolist(),
        strict=True,
    ):
        found.setdefault(text, []).append(WordFrames(unit, number, begin, end + 1, cost, n))
    return found
