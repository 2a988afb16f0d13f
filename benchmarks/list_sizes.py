"""Decoding with one list for all utterances, against decoding without."""

from __future__ import annotations

from benchmarks.materials import Materials, SpeechSet, texts_of, wer_text
from benchmarks.table import Figure, Section
from benchmarks.timing import interleave
from wfst_bias.decode.decoder import Lists

LIMITS = {1_000: 1.10, 10_000: 1.25}

NOTE = """The list is the set's rare words among words past the 5,000 most frequent ones, compiled
beforehand; joining it is part of the time."""


def measure_list_sizes(materials: Materials, repetitions: int) -> Section:
    """Time the decoding of each set without a list and with lists of several sizes."""
    figures: list[Figure] = []
    notes = [" ".join(NOTE.split())]
    for speech in materials.speech:
        more, wers = _measure_set(materials, speech, repetitions)
        figures.extend(more)
        notes.append(wers)
    return Section("Decoding with one list for all, against decoding without", figures, notes)


def _measure_set(
    materials: Materials, speech: SpeechSet, repetitions: int
) -> tuple[list[Figure], str]:
    decoder = materials.decoder
    lists: dict[int, Lists] = {0: None}
    for size in LIMITS:
        words = materials.list_of(size, speech.rare_words, speech.name)
        lists[size] = decoder.compile_list(words)
    tasks = {
        f"{size}": lambda entities=entities: decoder.decode(speech.log_probs, entities)
        for size, entities in lists.items()
    }
    timings = interleave(tasks, repetitions)
    rtf = {task: speech.real_time_factor(timings.cpu(task).median) for task in tasks}
    figures = [
        Figure(
            f"{speech.name}: list of {size:,}",
            f"RTF {rtf[f'{size}']:.5f}",
            f"RTF {rtf['0']:.5f} (no list)",
            timings.cpu_ratio(f"{size}", "0"),
            timings.wall_ratio(f"{size}", "0"),
        ).at_most(limit)
        for size, limit in LIMITS.items()
    ]
    wers = [
        f"{size:,}: {wer_text(speech.errors(texts_of(decoder.decode(speech.log_probs, entities))))}"
        for size, entities in lists.items()
    ]
    return figures, f"{speech.name}: WER / U-WER / B-WER in % by size of list: {'; '.join(wers)}"
