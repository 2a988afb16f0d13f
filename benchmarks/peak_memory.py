"""What a list adds to the memory that decoding takes."""

from __future__ import annotations

from benchmarks.materials import Materials
from benchmarks.memory_probe import probe_peak
from benchmarks.table import Figure, Section
from benchmarks.timing import Spread

SIZE = 10_000
LIMIT = 1.3


def measure_peak_memory(materials: Materials, repetitions: int) -> Section:
    """Compare the peaks of fresh processes that decode all sets with a list and without."""
    wanted = [word for speech in materials.speech for word in speech.rare_words]
    path = materials.write_list(materials.list_of(SIZE, wanted), f"list-decode-{SIZE}")
    rounds = [
        (probe_peak(materials, "decode", path), probe_peak(materials, "decode", None))
        for _ in range(repetitions)
    ]
    ratio = Spread.of([with_list / without for with_list, without in rounds])
    with_list, without = (Spread.of(peaks).median for peaks in zip(*rounds, strict=True))
    figure = Figure(
        f"decoding with a list of {SIZE:,}: peak memory",
        f"{with_list:.0f} MiB",
        f"{without:.0f} MiB (no list)",
        ratio,
    ).at_most(LIMIT)
    loaded = probe_peak(materials, "load", None)
    note = f"Of this, {loaded:.0f} MiB are reached before the first frame: libraries and graph."
    return Section("Peak memory", [figure], [note])
