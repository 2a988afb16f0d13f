"""What the adapter takes, against the encoder whose frames it changes."""

from __future__ import annotations

from itertools import islice

from benchmarks.demo import Demo
from benchmarks.materials import Materials
from benchmarks.table import Figure, Section
from benchmarks.timing import Task, interleave
from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.adapter.listening import AdaptedRecognizer
from wfst_bias.entities.entity_list import entities_from_strings
from wfst_bias.entities.normalize import Normalizer

SIZES = (100, 1_000, 5_000)
LIMIT = 1.15  # of the encoder's time
EMBEDDED, EMBEDDING_SECONDS = 10_000, 3.0
BATCH = 16

NOTE = """The model that comes with the project, 64 utterances in batches of 16, one list for all.
Both go from samples to the log-probabilities of tokens and of phones. Embeddings are cached, as
they are from the second utterance on; those of 10,000 names are made from nothing."""


def measure_adapter(materials: Materials, repetitions: int) -> Section:
    """Time what is heard with lists of several lengths, and how long a list takes to embed."""
    demo = Demo()
    normalizer = Normalizer(demo.recognizer.tokens)

    def listening(size: int) -> AdaptedRecognizer:
        adapted = AdaptedRecognizer.attach(demo.recognizer, demo.model.path / "adapter")
        return adapted.listening_for(entities_from_strings(demo.names[:size], normalizer))

    def embed() -> None:
        samples = next(iter(demo.recordings.values()))
        listening(EMBEDDED).hear([samples])

    adapted = {f"{size:,} entities": listening(size) for size in SIZES}
    tasks = {"encoder": demo.recognizer, **adapted}
    timings = interleave(
        {"embed": embed} | {name: _hearing(each, demo) for name, each in tasks.items()}, repetitions
    )
    rtf = {name: timings.cpu(name).median / demo.seconds for name in tasks}
    figures = [
        Figure(
            name,
            f"RTF {rtf[name]:.5f}",
            f"RTF {rtf['encoder']:.5f} (encoder)",
            timings.cpu_ratio(name, "encoder"),
            timings.wall_ratio(name, "encoder"),
        ).at_most(LIMIT)
        for name in adapted
    ]
    seconds = timings.cpu("embed").median
    embedding = Figure(
        f"{EMBEDDED:,} entities read, embedded and listened for in one utterance",
        f"{seconds:.2f} s",
        target=f"≤ {EMBEDDING_SECONDS:g} s",
        met=seconds <= EMBEDDING_SECONDS,
    )
    title = "Encoding with the adapter, against the encoder alone"
    return Section(title, [*figures, embedding], [" ".join(NOTE.split())])


def _hearing(recognizer: Recognizer, demo: Demo) -> Task:
    def hear() -> None:
        recordings = iter(demo.recordings.items())
        while batch := dict(islice(recordings, BATCH)):
            recognizer.hear(list(batch.values()), list(batch))

    return hear
