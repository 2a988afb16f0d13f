"""Decoding with a list per utterance, compiling and joining included, against pyctcdecode."""

from __future__ import annotations

from benchmarks.ctc_beam_search import CtcBeamSearch
from benchmarks.materials import Materials
from benchmarks.own_list_pair import OwnListPair, compiled_in_time
from benchmarks.table import Section

LIMIT = 1.0
PEER, OURS = "pyctcdecode", "ours"

NOTE = """Lists of 100 are the published ones; to those of 1,000 each utterance draws its own
distractors. Ours starts from phrases; pyctcdecode gets them as hotwords of weight 10, the best
tried, with a beam of 50 and its default weights of the LM."""


def measure_own_lists(materials: Materials, repetitions: int) -> Section:
    """Time both on each set with short and long lists; ours must also make fewer word errors."""
    peer = CtcBeamSearch(materials.decoder.tokens, materials.lm)
    prepare = {
        OURS: compiled_in_time(materials.decoder),
        PEER: lambda speech, lists: lambda: peer.decode(speech.log_probs, lists),
    }
    pair = OwnListPair(PEER, OURS, prepare, LIMIT, at_lower_wer=True)
    figures, notes = pair.measure(materials, repetitions)
    title = "Decoding with a list per utterance, against pyctcdecode"
    return Section(title, figures, [" ".join(NOTE.split()), *notes])
