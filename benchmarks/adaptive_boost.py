"""Decoding with the adaptive boost, against decoding with a constant boost."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.materials import Materials
from benchmarks.own_list_pair import OwnListPair, compiled_in_time
from benchmarks.table import Section
from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.options import DecodeOptions

LIMIT = 1.10
CONSTANT, ADAPTIVE = "constant", "adaptive"
GAP_SCALE = 0.3

NOTE = f"""Both have the same lists, one per utterance, and the same beams; compiling and joining
them is part of the time. The adaptive boost gives back {GAP_SCALE:g} of a token's gap to the best
of its frame; the constant boost is the default of both."""


def measure_adaptive_boost(materials: Materials, repetitions: int) -> Section:
    """Time both on each set with short and long lists."""
    prepare = {
        name: compiled_in_time(
            materials.decoder_with(
                replace(DecodeOptions(), adaptive=AdaptiveOptions(gap_scale=gap_scale))
            )
        )
        for name, gap_scale in ((CONSTANT, 0.0), (ADAPTIVE, GAP_SCALE))
    }
    figures, notes = OwnListPair(CONSTANT, ADAPTIVE, prepare, LIMIT).measure(materials, repetitions)
    title = "The adaptive boost, against a constant one"
    return Section(title, figures, [" ".join(NOTE.split()), *notes])
