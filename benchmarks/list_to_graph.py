"""From a list's file to a graph to search, against a Python Aho-Corasick graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.aho_corasick import build_context_graph
from benchmarks.materials import Materials
from benchmarks.memory_probe import probe_peak
from benchmarks.table import Figure, Section
from benchmarks.timing import Timings, interleave
from wfst_bias.decode.decoder import Decoder
from wfst_bias.entities.entity_list import EntityList, read_entity_list

TARGET_SECONDS = {1_000: 0.080, 10_000: 0.6, 100_000: 7.0}
TARGET_PEAK_MIB = 2048
TOKEN_SCORE = 1.0

NOTE = """Ours reads the list's file, normalizes, spells, compiles E and joins it to the graph. The
peer, a trie with failure links in plain Python as the beam-search toolkits build it, is given the
token sequences of the same list. Seconds are of the processor."""


def measure_list_to_graph(materials: Materials, repetitions: int) -> Section:
    """Time lists of several sizes, by part, and read the peak memory of the longest."""
    decoder = materials.decoder
    figures, notes = [], [" ".join(NOTE.split())]
    for size, target in TARGET_SECONDS.items():
        path = materials.write_list(materials.list_of(size), f"list-{size}")
        task = _Task(decoder, path)
        timings = task.time(repetitions)
        figures.append(_figure(timings, size, target))
        parts = [f"{part} {timings.cpu(part).median:.3f} s" for part in ("read", "compile", "join")]
        notes.append(f"{size:,}: {', '.join(parts)}")
    peak = probe_peak(materials, "join", path)
    name = f"{size:,} entities: peak memory, graph and libraries included"
    met = peak <= TARGET_PEAK_MIB
    figures.append(Figure(name, f"{peak:.0f} MiB", target="≤ 2 GiB", met=met))
    return Section("From a list to a graph to search", figures, notes)


def _figure(timings: Timings, size: int, target: float) -> Figure:
    seconds = timings.cpu("ours").median
    return Figure(
        f"{size:,} entities",
        f"{seconds:.3f} s",
        f"{timings.cpu('peer').median:.3f} s",
        timings.cpu_ratio("ours", "peer"),
        timings.wall_ratio("ours", "peer"),
        f"≤ {target:g} s",
        seconds <= target,
    )


@dataclass(frozen=True)
class _Task:
    """Make the graph of one list, whole and in parts; each part works on what the last left."""

    decoder: Decoder
    path: Path

    def time(self, repetitions: int) -> Timings:
        entities = self.read()
        compiled = self.decoder.compile_list(entities)
        phrases = [
            tokens
            for entity in entities
            for form in entity.forms
            for tokens in self.decoder.speller.segmentations(form)
        ]
        tasks = {
            "ours": lambda: self.decoder.graph.join([self.decoder.read_list(self.path).fsts]),
            "peer": lambda: build_context_graph(phrases, TOKEN_SCORE),
            "read": self.read,
            "compile": lambda: self.decoder.compile_list(entities),
            "join": lambda: self.decoder.graph.join([compiled.fsts]),
        }
        return interleave(tasks, repetitions)

    def read(self) -> EntityList:
        """Parse, normalize and resolve."""
        return read_entity_list(self.path, self.decoder.normalizer, speller=self.decoder.speller)
