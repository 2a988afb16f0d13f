"""The static graph as an OpenFst file, and kaldi-decoder's FasterDecoder on it.

OpenFst's binary `const` format holds states and arcs as two plain tables. Input labels are columns
of the dense input + 1, so that 0 is free for epsilon, which the graph does not have. Output labels
stand for what is written: words, first tokens of spelled words, and their further tokens.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import kaldi_decoder  # type: ignore[import-untyped]
import kaldifst  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.dense import DenseInput
from wfst_bias.graph.arcs import FINAL_LABEL, ArcKind
from wfst_bias.graph.join import ArcMeaning, JoinedGraph
from wfst_bias.tokens import WORD_MARK

Frames = NDArray[np.float32]  # (T', V + 1)

_MAGIC, _VERSION, _EXPANDED = 2125659606, 2, 0x1
_STATE = np.dtype(
    [("final", "<f4"), *((name, "<u4") for name in ("first", "arcs", "inputs", "outputs"))]
)
_ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("target", "<i4")])


@dataclass(frozen=True)
class KaldiGraph:
    """Hold the graph for Kaldi's decoders.

    Attributes:
      fst: the graph.
      writings: output label - 1 -> what it adds to the text, a space in front of a new word.
    """

    fst: kaldifst.StdConstFst
    writings: tuple[str, ...]

    def text(self, labels: list[int]) -> str:
        """Return what output labels write."""
        return "".join(self.writings[label - 1] for label in labels if label).strip()


def export_graph(decoder: Decoder, path: Path) -> KaldiGraph:
    """Write the graph that a decoder searches without a list, and read it back."""
    joined = decoder.graph.join([])
    table = joined.fsa.arcs.values().numpy()
    n_states = len(joined.fsa.arcs.shape().row_splits(2)) - 1
    ending = table[:, 2] == FINAL_LABEL
    arcs = np.empty(len(table), _ARC)
    arcs["input"], arcs["target"] = table[:, 2] + 1, table[:, 1]
    arcs["weight"] = -np.ascontiguousarray(table[:, 3]).view(np.float32)
    arcs["output"] = _output_labels(joined, decoder)
    states = np.zeros(n_states, _STATE)
    states["final"] = np.inf
    states["final"][table[ending, 0]] = arcs["weight"][ending]
    counts = np.bincount(table[~ending, 0], minlength=n_states)
    states["arcs"], states["first"] = counts, np.cumsum(counts) - counts
    silent = ~ending & (arcs["output"] == 0)
    states["outputs"] = np.bincount(table[silent, 0], minlength=n_states)
    _write(path, states, arcs[~ending])
    return KaldiGraph(kaldifst.StdConstFst.read(str(path)), _writings(decoder))


def _output_labels(joined: JoinedGraph, decoder: Decoder) -> NDArray[np.int64]:
    vocabulary = decoder.context.vocabulary
    n_words, n_tokens = len(vocabulary.words), len(vocabulary.symbols)
    meaning: ArcMeaning = joined.meaning(np.arange(len(joined.fsa.arcs.values())))
    spelled = n_words + 1 + meaning.token.astype(np.int64)
    first = meaning.reads & (meaning.kind == ArcKind.SLOT)
    further = meaning.reads & (meaning.kind == ArcKind.SPELLING)
    labels = np.where(meaning.output > 0, meaning.output, 0).astype(np.int64)
    return np.where(first, spelled, np.where(further, spelled + n_tokens, labels))


def _writings(decoder: Decoder) -> tuple[str, ...]:
    vocabulary = decoder.context.vocabulary
    symbols = [symbol.replace(WORD_MARK, "") for symbol in vocabulary.symbols]
    return (*(f" {word}" for word in vocabulary.words), *(f" {s}" for s in symbols), *symbols)


def _write(path: Path, states: NDArray[np.void], arcs: NDArray[np.void]) -> None:
    names = b"".join(struct.pack("<i", len(name)) + name for name in (b"const", b"standard"))
    header = struct.pack("<iiQqqq", _VERSION, 0, _EXPANDED, 0, len(states), len(arcs))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(struct.pack("<i", _MAGIC) + names + header)
        stream.write(states.tobytes() + arcs.tobytes())


class FasterDecoder:
    """Decode frames with kaldi-decoder's FasterDecoder: the best path, no lattice."""

    def __init__(self, graph: KaldiGraph, beam: float) -> None:
        self.graph = graph
        self.search = kaldi_decoder.FasterDecoder(
            graph.fst, kaldi_decoder.FasterDecoderOptions(beam=beam)
        )

    def decode(self, frames: Mapping[str, Frames]) -> dict[str, str]:
        """Return the text of each utterance, empty where no path survives."""
        return {name: self._decode_one(rows) for name, rows in frames.items()}

    def _decode_one(self, rows: Frames) -> str:
        self.search.decode(kaldi_decoder.DecodableCtc(rows))
        found, path = self.search.get_best_path()
        if not found:
            return ""
        labels = kaldifst.get_linear_symbol_sequence(path)[2]
        return self.graph.text(labels)


def lay_out_frames(layout: DenseInput, log_probs: Mapping[str, Frames]) -> dict[str, Frames]:
    """Return the rows that the search reads without a list, by utterance id."""
    laid_out = {}
    for name, values in log_probs.items():
        dense, _ = layout.lay_out([values], [None], 1)
        # k2 puts a column for the final arc in front and a row for it at the end.
        laid_out[name] = np.ascontiguousarray(dense.scores.numpy()[:-1, 1:])
    return laid_out
