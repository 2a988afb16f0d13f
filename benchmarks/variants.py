"""Decoding with spelling variants, against decoding without; and how long they take to find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.materials import Materials
from benchmarks.own_list_pair import OwnListPair, compiled_beforehand
from benchmarks.table import Figure, Section
from benchmarks.timing import Task, interleave
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.g2g.forms import FormVariants
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.compiled_list import load_variants
from wfst_bias.tokens import TokenTable

TABLE = Path(__file__).resolve().parent.parent / "data/g2g/english.tsv"
OPTIONS = G2gOptions(tables=str(TABLE))
LIMIT = 1.2
WITHOUT, WITH = "without", "with"
TARGET_SECONDS = {1_000: 0.5, 10_000: 5.0, 100_000: 60.0}

NOTE = """Each utterance has a list of its own, compiled beforehand: the search is compared.
Variants are those of data/g2g/english.tsv with the default options; they are found anew, without a
cache. Seconds are of the processor."""


def measure_variants(materials: Materials, repetitions: int) -> Section:
    """Time the search with variants and without, and finding them for lists of several lengths."""
    with_variants = materials.decoder_with(replace(DecodeOptions(), g2g=OPTIONS))
    prepare = {
        WITHOUT: compiled_beforehand(materials.decoder),
        WITH: compiled_beforehand(with_variants),
    }
    figures, notes = OwnListPair(WITHOUT, WITH, prepare, LIMIT).measure(materials, repetitions)
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
    return Section("Spelling variants, against none", figures, [" ".join(NOTE.split()), *notes])


def _finding(materials: Materials, words: list[str]) -> Task:
    asked = [(word, word) for word in words]

    def find() -> None:
        variants = load_variants(OPTIONS, TokenTable.read(materials.tokens))
        assert isinstance(variants, FormVariants), "a table is named"
        variants.of(asked, lambda word: 0.0)

    return find
