"""Decoding without a list, against kaldi-decoder's FasterDecoder on the same T∘L∘G."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.kaldi_graph import FasterDecoder, KaldiGraph, export_graph, lay_out_frames
from benchmarks.materials import Materials, SpeechSet, texts_of
from benchmarks.table import Figure, Section
from benchmarks.timing import Timings, interleave
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.dense import DenseInput
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.search import SearchOptions, search
from wfst_bias.score.wer import ErrorCounts

BEAMS = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0)
LIMIT = 1.2

NOTE = """FasterDecoder gets frames already laid out and makes the best path alone; `search` lays
out its frames and makes lattices, `decode` also n-best texts, times and confidences. The
targets hold with the smallest beam of each at which its WER is not above that of our default beam;
FasterDecoder reads all frames. Shown are also our default beam for both, and FasterDecoder on
frames with sure blanks collapsed as ours are."""


def measure_plain_decoding(materials: Materials, repetitions: int) -> Section:
    """Time the search with its lattices, and the whole of `Decoder.decode`."""
    graph = export_graph(materials.decoder, materials.work / "tlg.fst")
    figures: list[Figure] = []
    notes = [" ".join(NOTE.split())]
    for speech in materials.speech:
        sweep = _Sweep.of(materials, graph, speech)
        narrow = materials.decoder_with(_with_beam(sweep.own_beam))
        tasks = _Tasks(materials.decoder, narrow, graph, speech, sweep.peer_beam)
        figures.extend(_figures(tasks, repetitions))
        notes.append(sweep.note(speech.name))
    return Section("Decoding without a list, against FasterDecoder", figures, notes)


def _with_beam(beam: float) -> DecodeOptions:
    return DecodeOptions(search=SearchOptions(search_beam=beam))


@dataclass(frozen=True)
class _Sweep:
    """Hold word errors: with our default beam, and by beam with ours and the peer's."""

    default: int
    ours: Mapping[float, int]
    peer: Mapping[float, int]
    n_words: int

    @classmethod
    def of(cls, materials: Materials, graph: KaldiGraph, speech: SpeechSet) -> _Sweep:
        frames = lay_out_frames(DenseInput(materials.decoder.tokens, None), speech.log_probs)

        def decode(decoder: Decoder) -> ErrorCounts:
            return speech.errors(texts_of(decoder.decode(speech.log_probs))).all

        default = decode(materials.decoder)
        ours = {b: decode(materials.decoder_with(_with_beam(b))).errors for b in BEAMS}
        peer = {b: speech.errors(FasterDecoder(graph, b).decode(frames)).all.errors for b in BEAMS}
        return cls(default.errors, ours, peer, default.reference_words)

    @property
    def own_beam(self) -> float:
        """Return our smallest beam that makes no more errors than the default."""
        return self._smallest(self.ours)

    @property
    def peer_beam(self) -> float:
        """Return the peer's smallest beam that makes no more errors than our default."""
        return self._smallest(self.peer)

    def _smallest(self, errors: Mapping[float, int]) -> float:
        return min((b for b, e in errors.items() if e <= self.default), default=max(errors))

    def note(self, name: str) -> str:
        def rates(errors: Mapping[float, int]) -> str:
            return ", ".join(f"{b:g}: {100 * e / self.n_words:.2f}" for b, e in errors.items())

        return (
            f"{name}: WER in %: our default {100 * self.default / self.n_words:.2f}; by beam ours "
            f"{rates(self.ours)}; FasterDecoder {rates(self.peer)}"
        )


class _Tasks:
    """Hold what is timed on one set: ours and the peer, with the smallest beams and our default."""

    def __init__(
        self,
        decoder: Decoder,
        narrow: Decoder,
        graph: KaldiGraph,
        speech: SpeechSet,
        beam: float,
    ) -> None:
        self.decoder = decoder
        self.narrow = narrow
        self.speech = speech
        self.own_beam = decoder.options.search.search_beam
        self.peer = FasterDecoder(graph, beam)
        self.wide_peer = FasterDecoder(graph, self.own_beam)
        self.best = f"beam {beam:g}"
        self.same = f"our beam, {self.own_beam:g}"
        self.fewer = f"{self.best}, blanks collapsed"
        self.frames = lay_out_frames(DenseInput(decoder.tokens, None), speech.log_probs)
        self.collapsed = lay_out_frames(decoder.dense, speech.log_probs)

    def time(self, repetitions: int) -> Timings:
        tasks = {
            "search": self.search,
            "decode": lambda: self.narrow.decode(self.speech.log_probs),
            "decode, default beam": lambda: self.decoder.decode(self.speech.log_probs),
            self.best: lambda: self.peer.decode(self.frames),
            self.same: lambda: self.wide_peer.decode(self.frames),
            self.fewer: lambda: self.peer.decode(self.collapsed),
        }
        return interleave(tasks, repetitions)

    def search(self) -> None:
        """Lay out and search in batches of similar length, as the decoder does."""
        options = self.narrow.options
        graph = self.narrow.graph.join([])
        ordered = sorted(self.speech.log_probs.values(), key=len)
        for begin in range(0, len(ordered), options.output.batch_size):
            batch = ordered[begin : begin + options.output.batch_size]
            dense, _ = self.narrow.dense.lay_out(batch, [None] * len(batch), 1)
            search(graph, dense, options.search)


def _figures(tasks: _Tasks, repetitions: int) -> list[Figure]:
    timings, speech = tasks.time(repetitions), tasks.speech

    def figure(task: str, peer: str) -> Figure:
        return Figure(
            f"{speech.name}: `{task}`",
            f"RTF {speech.real_time_factor(timings.cpu(task).median):.5f}",
            f"RTF {speech.real_time_factor(timings.cpu(peer).median):.5f} ({peer})",
            timings.cpu_ratio(task, peer),
            timings.wall_ratio(task, peer),
        )

    return [
        figure("search", tasks.best).at_most(LIMIT),
        figure("decode", tasks.best).at_most(LIMIT),
        figure("decode, default beam", tasks.same),
        figure("decode", tasks.fewer),
    ]
