"""Decoding with the adaptive boost, against decoding with a constant boost."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.materials import Materials, SpeechSet, texts_of, wer_text
from benchmarks.table import Figure, Section
from benchmarks.timing import interleave
from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions

SIZES = (100, 1_000)
LIMIT = 1.10
CONSTANT, ADAPTIVE = "constant", "adaptive"
GAP_SCALE = 0.3

NOTE = f"""Both have the same lists, one per utterance, and the same beams; compiling and joining
them is part of the time. The adaptive boost gives back {GAP_SCALE:g} of a token's gap to the best
of its frame; the constant boost is the default of both."""


def measure_adaptive_boost(materials: Materials, repetitions: int) -> Section:
    """Time both on each set with short and long lists."""
    decoders = {
        name: materials.decoder_with(
            replace(DecodeOptions(), adaptive=AdaptiveOptions(gap_scale=gap_scale))
        )
        for name, gap_scale in ((CONSTANT, 0.0), (ADAPTIVE, GAP_SCALE))
    }
    figures, notes = [], [" ".join(NOTE.split())]
    for speech in materials.speech:
        for size in SIZES:
            figure, wers = _compare(decoders, materials, speech, size, repetitions)
            figures.append(figure)
            notes.append(f"{figure.name}: WER / U-WER / B-WER in %: {wers}")
    return Section("The adaptive boost, against a constant one", figures, notes)


def _compare(
    decoders: dict[str, Decoder],
    materials: Materials,
    speech: SpeechSet,
    size: int,
    repetitions: int,
) -> tuple[Figure, str]:
    lists = {
        name: materials.list_of(size, utterance.entities, name)
        for name, utterance in speech.references.items()
    }
    texts: dict[str, dict[str, str]] = {}

    def decode(name: str) -> None:
        decoder = decoders[name]
        compiled = {u: decoder.compile_list(phrases) for u, phrases in lists.items()}
        texts[name] = texts_of(decoder.decode(speech.log_probs, compiled))

    timings = interleave(
        {CONSTANT: lambda: decode(CONSTANT), ADAPTIVE: lambda: decode(ADAPTIVE)}, repetitions
    )
    rtf = {name: speech.real_time_factor(timings.cpu(name).median) for name in decoders}
    figure = Figure(
        f"{speech.name}: lists of {size:,}",
        f"RTF {rtf[ADAPTIVE]:.5f}",
        f"RTF {rtf[CONSTANT]:.5f} (constant)",
        timings.cpu_ratio(ADAPTIVE, CONSTANT),
        timings.wall_ratio(ADAPTIVE, CONSTANT),
    ).at_most(LIMIT)
    wers = (f"{name} {wer_text(speech.errors(texts[name]))}" for name in decoders)
    return figure, "; ".join(wers)
