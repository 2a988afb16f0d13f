"""A fresh process whose peak memory is read.

It runs as `python -m benchmarks.memory_probe TASK ...`; `probe_peak` starts it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from benchmarks.machine import peak_memory_mib, use_one_core
from benchmarks.materials import Materials
from wfst_bias.errors import InputError

TASKS = ("load", "join", "decode")


def probe_peak(materials: Materials, task: str, entities: Path | None) -> float:
    """Return the peak memory in MiB of a task in a process of its own.

    Args:
      materials: what the task works on.
      task: `load` the graph, `join` the list to it, or `decode` all sets.
      entities: a list's file; None for none.

    Raises:
      InputError: the process failed.
    """
    command = [sys.executable, "-m", "benchmarks.memory_probe", task]
    command += ["--shared", str(materials.shared), "--work", str(materials.work)]
    command += ["--lm", str(materials.lm)]
    command += [option for name in materials.sets for option in ("--set", name)]
    command += [] if entities is None else ["--entities", str(entities)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError("the memory probe failed", value=done.stderr.strip()[-500:])
    return float(done.stdout)


@click.command()
@click.argument("task", type=click.Choice(TASKS))
@click.option("--shared", type=click.Path(path_type=Path), required=True)
@click.option("--work", type=click.Path(path_type=Path), required=True)
@click.option("--lm", type=click.Path(path_type=Path), required=True)
@click.option("--set", "sets", multiple=True)
@click.option("--entities", type=click.Path(path_type=Path))
def main(
    task: str, shared: Path, work: Path, lm: Path, sets: tuple[str, ...], entities: Path | None
) -> None:
    """Run TASK and print the peak memory in MiB."""
    use_one_core()
    materials = Materials(shared, work, sets, lm)
    decoder = materials.decoder
    compiled = None if entities is None else decoder.read_list(entities)
    if task == "join":
        decoder.graph.join([] if compiled is None else [compiled.fsts])
    if task == "decode":
        for speech in materials.speech:
            decoder.decode(speech.log_probs, compiled)
    click.echo(f"{peak_memory_mib():.1f}")


if __name__ == "__main__":
    main()
