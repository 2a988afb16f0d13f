"""Two ways to decode with a list for each utterance: how much longer one takes than the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.materials import Materials, SpeechSet, texts_of, wer_text
from benchmarks.table import Figure
from benchmarks.timing import Task, interleave
from wfst_bias.decode.decoder import Decoder
from wfst_bias.graph.compiled_list import CompiledList

SIZES = (100, 1_000)

Lists = Mapping[str, Sequence[str]]
Texts = dict[str, str]
# Given a set and the list of each utterance, returns what is timed: it gives the texts.
Prepare = Callable[[SpeechSet, Lists], Callable[[], Texts]]


@dataclass(frozen=True)
class OwnListPair:
    """Compare two ways to decode on lists of several sizes, one for each utterance.

    Attributes:
      peer, ours: their names in tables.
      prepare: makes each of them, by name.
      limit: of the ratio of their times.
      at_lower_wer: whether ours must also make fewer word errors.
    """

    peer: str
    ours: str
    prepare: Mapping[str, Prepare]
    limit: float
    at_lower_wer: bool = False

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
        lists = {
            name: materials.list_of(size, utterance.entities, name)
            for name, utterance in speech.references.items()
        }
        texts: dict[str, Texts] = {}

        def decoding(name: str) -> Task:
            decode = self.prepare[name](speech, lists)

            def keep_texts() -> None:
                texts[name] = decode()

            return keep_texts

        timings = interleave({name: decoding(name) for name in self.prepare}, repetitions)
        errors = {name: speech.errors(texts[name]) for name in self.prepare}
        rtf = {n: speech.real_time_factor(timings.cpu(n).median) for n in self.prepare}
        figure = Figure(
            f"{speech.name}: lists of {size:,}",
            f"RTF {rtf[self.ours]:.5f}",
            f"RTF {rtf[self.peer]:.5f} ({self.peer})",
            timings.cpu_ratio(self.ours, self.peer),
            timings.wall_ratio(self.ours, self.peer),
        ).at_most(self.limit)
        if self.at_lower_wer:
            is_lower = errors[self.ours].all.errors < errors[self.peer].all.errors
            target = f"{figure.target}, at a lower WER"
            figure = replace(figure, target=target, met=bool(figure.met) and is_lower)
        return figure, "; ".join(f"{name} {wer_text(errors[name])}" for name in self.prepare)


def compiled_in_time(decoder: Decoder) -> Prepare:
    """Return decoding in which compiling the lists is part of the time."""
    return lambda speech, lists: lambda: _decode(decoder, speech, _compile(decoder, lists))


def compiled_beforehand(decoder: Decoder) -> Prepare:
    """Return decoding with lists that are compiled before the time is taken."""

    def prepare(speech: SpeechSet, lists: Lists) -> Callable[[], Texts]:
        compiled = _compile(decoder, lists)
        return lambda: _decode(decoder, speech, compiled)

    return prepare


def _compile(decoder: Decoder, lists: Lists) -> dict[str, CompiledList]:
    return {utterance_id: decoder.compile_list(phrases) for utterance_id, phrases in lists.items()}


def _decode(decoder: Decoder, speech: SpeechSet, compiled: Mapping[str, CompiledList]) -> Texts:
    return texts_of(decoder.decode(speech.log_probs, compiled))
