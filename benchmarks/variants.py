"""Decoding with spelling variants, against decoding without; and how long they take to find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.materials import Materials, SpeechSet, texts_of, wer_text
from benchmarks.table import Figure, Section
from benchmarks.timing import Task, interleave
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.g2g.forms import FormVariants
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.compiled_list import load_variants
from wfst_bias.tokens import TokenTable

TABLE = Path(__file__).resolve().parent.parent / "data/g2g/english.tsv"
OPTIONS = G2gOptions(tables=str(TABLE))
SIZES = (100, 1_000)
LIMIT = 1.2
TARGET_SECONDS = {1_000: 0.5, 10_000: 5.0, 100_000: 60.0}

NOTE = """Each utterance has a list of its own, compiled beforehand: the search is compared.
Variants are those of data/g2g/english.tsv with the default options; they are found anew, without a
cache. Seconds are of the processor."""


def measure_variants(materials: Materials, repetitions: int) -> Section:
    """Time the search with variants and without, and finding them for lists of several lengths."""
    figures, notes = [], [" ".join(NOTE.split())]
    decoders = {
        "without": materials.decoder,
        "with": materials.decoder_with(replace(DecodeOptions(), g2g=OPTIONS)),
    }
    for speech in materials.speech:
        for size in SIZES:
            figure, wers = _compare(decoders, materials, speech, size, repetitions)
            figures.append(figure)
            notes.append(f"{figure.name}: WER / U-WER / B-WER in %: {wers}")
    for size, target in TARGET_SECONDS.items():
        task = _finding(materials, materials.list_of(size))
        seconds = interleave({"find": task}, repetitions).cpu("find").median
        found = f"{seconds:.2f} s"
        figures.append(
            Figure(
                f"variants of {size:,} words",
                found,
                target=f"≤ {target:g} s",
                met=seconds <= target,
            )
        )
    return Section("Spelling variants, against none", figures, notes)


def _compare(
    decoders: dict[str, Decoder],
    materials: Materials,
    speech: SpeechSet,
    size: int,
    repetitions: int,
) -> tuple[Figure, str]:
    phrases = {
        name: materials.list_of(size, utterance.entities, name)
        for name, utterance in speech.references.items()
    }
    texts: dict[str, dict[str, str]] = {}

    def decoding(name: str) -> Task:
        decoder = decoders[name]
        lists = {u: decoder.compile_list(names) for u, names in phrases.items()}

        def decode() -> None:
            texts[name] = texts_of(decoder.decode(speech.log_probs, lists))

        return decode

    timings = interleave({name: decoding(name) for name in decoders}, repetitions)
    figure = Figure(
        f"{speech.name}: lists of {size:,}",
        f"RTF {speech.real_time_factor(timings.cpu('with').median):.5f}",
        f"RTF {speech.real_time_factor(timings.cpu('without').median):.5f} (without)",
        timings.cpu_ratio("with", "without"),
        timings.wall_ratio("with", "without"),
    ).at_most(LIMIT)
    wers = (f"{name} {wer_text(speech.errors(texts[name]))}" for name in decoders)
    return figure, "; ".join(wers)


def _finding(materials: Materials, words: list[str]) -> Task:
    asked = [(word, word) for word in words]

    def find() -> None:
        variants = load_variants(OPTIONS, TokenTable.read(materials.tokens))
        assert isinstance(variants, FormVariants), "a table is named"
        variants.of(asked, lambda word: 0.0)

    return find
