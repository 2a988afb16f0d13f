"""Decoding by two workers of Dask, against one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.machine import every_core
from benchmarks.materials import Materials, SpeechSet
from benchmarks.table import Figure, Section
from benchmarks.timing import interleave
from wfst_bias.cli.decode_run import UTTERANCES_PER_TASK
from wfst_bias.cli.decode_work import Decoded, DecodeWork, Utterance
from wfst_bias.decode.dask_cluster import LOCAL, dask_cluster
from wfst_bias.decode.options import DecodeOptions

LEAST_SPEED_UP = 1.7
UTTERANCES = 1_500  # decoded in each round, the set's again and again: half a minute or so
ONE, TWO = "1 worker", "2 workers"

NOTE = """Each utterance with its published list of 100, in tasks as `wfst-bias decode --dask local`
makes them; the workers have started and read the graph. All cores are used, for k2 prunes in a
thread of its own: by one worker too. Both give the same texts."""


def measure_dask_scaling(materials: Materials, repetitions: int) -> Section:
    """Time one and two workers on the same tasks."""
    assert materials.decoder, "the graph is compiled before workers read it"
    with every_core():
        figures = [_measure_set(materials, speech, repetitions) for speech in materials.speech]
    return Section(
        "Decoding by two workers of Dask, against one", figures, [" ".join(NOTE.split())]
    )


def _measure_set(materials: Materials, speech: SpeechSet, repetitions: int) -> Figure:
    tasks = _tasks(speech)
    log_probs = materials.speech_file(f"{speech.name}.npz")
    work = DecodeWork(
        materials.tokens, materials.lm, log_probs, materials.work, DecodeOptions()
    ).absolute()
    texts: dict[str, list[str]] = {}

    def decoding(name: str, n_workers: int) -> Callable[[], None]:
        cluster = stack.enter_context(dask_cluster(LOCAL))
        pool = stack.enter_context(cluster.pool(work, n_workers))
        cluster.client.wait_for_workers(n_workers)

        def decode() -> None:
            texts[name] = sorted(_text(outcome.answer) for outcome in pool.run(tasks))

        return decode

    with ExitStack() as stack:
        timings = interleave({ONE: decoding(ONE, 1), TWO: decoding(TWO, 2)}, repetitions)
    assert texts[ONE] == texts[TWO], "the number of workers changes what is decoded"
    ratio = timings.wall_ratio(TWO, ONE)
    return Figure(
        f"{speech.name}: {sum(map(len, tasks)):,} utterances",
        f"{timings.wall(TWO).median:.1f} s on the wall ({TWO})",
        f"{timings.wall(ONE).median:.1f} s ({ONE})",
        wall_ratio=ratio,
        target=f"≤ 1 / {LEAST_SPEED_UP:g}",
        met=ratio.median <= 1 / LEAST_SPEED_UP,
    )


def _tasks(speech: SpeechSet) -> list[list[Utterance]]:
    one_pass = [Utterance(name, tuple(u.entities)) for name, u in speech.references.items()]
    tasks = [
        one_pass[at : at + UTTERANCES_PER_TASK]
        for at in range(0, len(one_pass), UTTERANCES_PER_TASK)
    ]
    return tasks * (UTTERANCES // len(one_pass))


def _text(decoded: Decoded | None) -> str:
    assert decoded is not None, "the work fails"
    words = " ".join(word.text for word in decoded.result.words)
    return f"{decoded.result.utterance_id} {words}"
