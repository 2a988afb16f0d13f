"""Decoding with a list per utterance, compiling and joining included, against pyctcdecode."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.ctc_beam_search import CtcBeamSearch
from benchmarks.materials import Materials, SpeechSet, texts_of, wer_text
from benchmarks.table import Figure, Section
from benchmarks.timing import interleave
from wfst_bias.decode.decoder import Decoder

SIZES = (100, 1_000)
LIMIT = 1.0

NOTE = """Lists of 100 are the published ones; to those of 1,000 each utterance draws its own
distractors. Ours starts from phrases; pyctcdecode gets them as hotwords of weight 10, the best
tried, with a beam of 50 and its default weights of the LM."""

_Phrases = dict[str, list[str]]


def measure_own_lists(materials: Materials, repetitions: int) -> Section:
    """Time both on each set with short and long lists; ours must also make fewer word errors."""
    peer = CtcBeamSearch(materials.decoder.tokens, materials.lm)
    figures: list[Figure] = []
    notes = [" ".join(NOTE.split())]
    for speech in materials.speech:
        for size in SIZES:
            lists = {
                name: materials.list_of(size, utterance.entities, name)
                for name, utterance in speech.references.items()
            }
            figure, wers = _compare(materials.decoder, peer, speech, lists, repetitions)
            figures.append(figure)
            notes.append(f"{figure.name}: WER / U-WER / B-WER in %: {wers}")
    return Section("Decoding with a list per utterance, against pyctcdecode", figures, notes)


def _compare(
    decoder: Decoder, peer: CtcBeamSearch, speech: SpeechSet, lists: _Phrases, repetitions: int
) -> tuple[Figure, str]:
    texts: dict[str, dict[str, str]] = {}

    def decode() -> None:
        compiled = {name: decoder.compile_list(phrases) for name, phrases in lists.items()}
        texts["ours"] = texts_of(decoder.decode(speech.log_probs, compiled))

    def decode_peer() -> None:
        texts["peer"] = peer.decode(speech.log_probs, lists)

    timings = interleave({"ours": decode, "peer": decode_peer}, repetitions)
    ours, theirs = speech.errors(texts["ours"]), speech.errors(texts["peer"])
    rtf = {task: speech.real_time_factor(timings.cpu(task).median) for task in texts}
    figure = Figure(
        f"{speech.name}: lists of {len(next(iter(lists.values()))):,}",
        f"RTF {rtf['ours']:.5f}",
        f"RTF {rtf['peer']:.5f}",
        timings.cpu_ratio("ours", "peer"),
        timings.wall_ratio("ours", "peer"),
    ).at_most(LIMIT)
    figure = replace(
        figure,
        target=f"{figure.target}, at a lower WER",
        met=bool(figure.met) and ours.all.errors < theirs.all.errors,
    )
    return figure, f"ours {wer_text(ours)}; pyctcdecode {wer_text(theirs)}"
