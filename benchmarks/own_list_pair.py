"""Two decoders with the same list for each utterance: how much longer one takes than the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.materials import Materials, SpeechSet, texts_of, wer_text
from benchmarks.table import Figure
from benchmarks.timing import Task, interleave
from wfst_bias.decode.decoder import Decoder
from wfst_bias.graph.compiled_list import CompiledList

SIZES = (100, 1_000)


@dataclass(frozen=True)
class OwnListPair:
    """Compare two decoders on lists of several sizes, one for each utterance.

    Attributes:
      peer, ours: their names in tables.
      decoders: by name.
      limit: of the ratio of their times.
      compiles: whether compiling the lists is part of the time, or done beforehand.
    """

    peer: str
    ours: str
    decoders: Mapping[str, Decoder]
    limit: float
    compiles: bool

    def measure(self, materials: Materials, repetitions: int) -> tuple[list[Figure], list[str]]:
        """Time both on each set; return a figure for each size, and notes of the error rates."""
        figures, notes = [], []
        for speech in materials.speech:
            for size in SIZES:
                figure, wers = self._compare(materials, speech, size, repetitions)
                figures.append(figure)
                notes.append(f"{figure.name}: WER / U-WER / B-WER in %: {wers}")
        return figures, notes

    def _compare(
        self, materials: Materials, speech: SpeechSet, size: int, repetitions: int
    ) -> tuple[Figure, str]:
        phrases = {
            name: materials.list_of(size, utterance.entities, name)
            for name, utterance in speech.references.items()
        }
        texts: dict[str, dict[str, str]] = {}

        def decoding(name: str) -> Task:
            decoder = self.decoders[name]
            beforehand = None if self.compiles else _compiled(decoder, phrases)

            def decode() -> None:
                lists = _compiled(decoder, phrases) if beforehand is None else beforehand
                texts[name] = texts_of(decoder.decode(speech.log_probs, lists))

            return decode

        timings = interleave({name: decoding(name) for name in self.decoders}, repetitions)
        rtf = {n: speech.real_time_factor(timings.cpu(n).median) for n in self.decoders}
        figure = Figure(
            f"{speech.name}: lists of {size:,}",
            f"RTF {rtf[self.ours]:.5f}",
            f"RTF {rtf[self.peer]:.5f} ({self.peer})",
            timings.cpu_ratio(self.ours, self.peer),
            timings.wall_ratio(self.ours, self.peer),
        ).at_most(self.limit)
        wers = (f"{name} {wer_text(speech.errors(texts[name]))}" for name in self.decoders)
        return figure, "; ".join(wers)


def _compiled(decoder: Decoder, phrases: Mapping[str, list[str]]) -> dict[str, CompiledList]:
    return {utterance_id: decoder.compile_list(own) for utterance_id, own in phrases.items()}
