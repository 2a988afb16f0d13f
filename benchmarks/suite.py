"""Which figures there are, and the page of results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import torch

from benchmarks.adapter import measure_adapter
from benchmarks.adaptive_boost import measure_adaptive_boost
from benchmarks.by_sound import measure_by_sound
from benchmarks.dask_scaling import measure_dask_scaling
from benchmarks.list_sizes import measure_list_sizes
from benchmarks.list_to_graph import measure_list_to_graph
from benchmarks.machine import describe_machine
from benchmarks.materials import Materials
from benchmarks.own_lists import measure_own_lists
from benchmarks.peak_memory import measure_peak_memory
from benchmarks.plain_decoding import measure_plain_decoding
from benchmarks.rescoring import measure_rescoring
from benchmarks.table import Section, to_markdown
from benchmarks.variants import measure_variants

log = logging.getLogger(__name__)

BENCHMARKS: dict[str, Callable[[Materials, int], Section]] = {
    "plain-decoding": measure_plain_decoding,
    "list-sizes": measure_list_sizes,
    "own-lists": measure_own_lists,
    "adaptive-boost": measure_adaptive_boost,
    "variants": measure_variants,
    "by-sound": measure_by_sound,
    "adapter": measure_adapter,
    "rescoring": measure_rescoring,
    "list-to-graph": measure_list_to_graph,
    "peak-memory": measure_peak_memory,
    "dask-scaling": measure_dask_scaling,
}


def run_suite(
    materials: Materials, names: Sequence[str], repetitions: int, command: str
) -> Iterator[str]:
    """Run benchmarks and yield the page of results so far after each.

    Args:
      materials: what they work on.
      names: which of BENCHMARKS; none for all.
      repetitions: rounds of each.
      command: the command line, for the page.

    Raises:
      InputError: a file is missing.
    """
    materials.check()
    torch.set_num_threads(1)
    sections = []
    for name in names or BENCHMARKS:
        log.info("%s ...", name)
        sections.append(BENCHMARKS[name](materials, repetitions))
        yield _page(sections, repetitions, command)


def _page(sections: Sequence[Section], repetitions: int, command: str) -> str:
    facts = [
        f"`{command}`, {date.today().isoformat()}",
        f"median (lowest to highest) of {repetitions} interleaved rounds; ratios of processor "
        "time, paired by round",
        *describe_machine(),
    ]
    listed = "\n".join(f"- {fact}" for fact in facts)
    return f"# Results of the benchmarks\n\n{listed}\n\n{to_markdown(sections)}"
