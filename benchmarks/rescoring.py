"""Lattices scored again by a larger language model, against the decoding that made them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from benchmarks.materials import Materials, SpeechSet, wer_text
from benchmarks.table import Figure, Section
from benchmarks.timing import interleave
from wfst_bias.cli.decode import decode_command
from wfst_bias.cli.rescore_work import RescoreWork
from wfst_bias.lattices.archive import StoredLattices
from wfst_bias.lattices.rescore import RescoreOptions

LIMIT_SECONDS = 30  # for the lattices of an hour
SECONDS_PER_HOUR = 3600

NOTE = """Lattices of decoding with the published lists of 100, read from their archives and
composed with the 4-gram. Reading the 4-gram, once a run, stands apart."""


def measure_rescoring(materials: Materials, repetitions: int) -> Section:
    """Time the rescoring of each set's lattices by a 4-gram of the same text."""
    figures, notes = [], [" ".join(NOTE.split())]
    for speech in materials.speech:
        more, note = _measure_set(materials, speech, repetitions)
        figures.extend(more)
        notes.append(note)
    return Section("Lattices rescored by a 4-gram, against decoding", figures, notes)


def _measure_set(
    materials: Materials, speech: SpeechSet, repetitions: int
) -> tuple[list[Figure], str]:
    stored = StoredLattices.open(_make_lattices(materials, speech.name))
    work = RescoreWork(stored, RescoreOptions(), materials.larger_lm)
    rescore = work()
    texts: dict[str, str] = {}

    def run() -> None:
        for each in rescore(stored.members):
            texts[each.result.utterance_id] = " ".join(word.text for word in each.result.words)

    lists = {name: list(u.entities) for name, u in speech.references.items()}
    decoder = materials.decoder

    def decode() -> None:
        compiled = {u: decoder.compile_list(phrases) for u, phrases in lists.items()}
        decoder.decode(speech.log_probs, compiled)

    timings = interleave({"rescore": run, "decode": decode, "read": work}, repetitions)
    per_hour = SECONDS_PER_HOUR / speech.seconds
    seconds = {name: timings.cpu(name).median for name in timings.samples}
    rescoring = Figure(
        f"{speech.name}: an hour's lattices",
        f"{seconds['rescore'] * per_hour:.1f} s",
        f"{seconds['decode'] * per_hour:.1f} s (decoding)",
        timings.cpu_ratio("rescore", "decode"),
        timings.wall_ratio("rescore", "decode"),
        f"≤ {LIMIT_SECONDS} s",
        seconds["rescore"] * per_hour <= LIMIT_SECONDS,
    )
    reading = Figure(f"{speech.name}: reading the 4-gram", f"{seconds['read']:.1f} s")
    return [rescoring, reading], _wers(speech, texts)


def _wers(speech: SpeechSet, texts: Mapping[str, str]) -> str:
    return f"{speech.name}: WER / U-WER / B-WER in %, rescored: {wer_text(speech.errors(texts))}"


def _make_lattices(materials: Materials, name: str) -> Path:
    """Decode a set with its published lists, and keep the lattices."""
    out = materials.work / f"lattices.{name}"
    files = {"--log-probs": ".npz", "--entities-tsv": ".is21.tsv"}
    inputs = [f"{flag}={materials.speech_file(name + end)}" for flag, end in files.items()]
    models = [f"--tokens={materials.tokens}", f"--lm={materials.lm}", f"--cache={materials.work}"]
    arguments = [*inputs, *models, "--lattices", f"--out={out}"]
    done = CliRunner().invoke(decode_command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out / "lattices"
