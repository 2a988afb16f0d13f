"""The command `python -m benchmarks`."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.machine import use_one_core

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("plain-decoding", "list-sizes", "own-lists", "adaptive-boost", "variants", "by-sound",
         "adapter", "rescoring", "list-to-graph", "peak-memory", "dask-scaling")  # fmt: skip
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="run these; all by default")
@click.option("--set", "sets", multiple=True, help="measure on this set of `realspeech`")
@click.option("--shared", type=FOLDER, default=ROOT.parent / "shared", show_default="../shared",
              help="folder with `realspeech` and `text`")  # fmt: skip
@click.option("--lm", type=click.Path(path_type=Path), help="ARPA; by default made from `text`")
@click.option("--repetitions", type=click.IntRange(1), default=5, show_default=True)
@click.option("--work", type=FOLDER, default=ROOT / "exp" / "benchmarks",
              show_default="exp/benchmarks", help="folder for LM, graph and lists")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "benchmarks" / "RESULTS.md",
              show_default="benchmarks/RESULTS.md", help="where the page goes")  # fmt: skip
def main(
    only: tuple[str, ...],
    sets: tuple[str, ...],
    shared: Path,
    lm: Path | None,
    repetitions: int,
    work: Path,
    out: Path,
) -> None:
    """Measure against peers on one core, print the page of results and write it."""
    use_one_core()  # before anything imports torch
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from wfst_bias.errors import InputError
    from wfst_bias.files import write_text

    page = ""
    try:
        for page in _measure(only, sets, shared, lm, repetitions, work):
            write_text(out, page)  # what is measured stays, whatever comes
    except InputError as error:
        click.echo(f"benchmarks: {error}", err=True)
        sys.exit(2)
    click.echo(page)


def _measure(
    only: tuple[str, ...],
    sets: tuple[str, ...],
    shared: Path,
    lm: Path | None,
    repetitions: int,
    work: Path,
) -> Iterator[str]:
    from benchmarks.materials import SETS, Materials
    from wfst_bias.errors import InputError

    try:
        from benchmarks.suite import run_suite
    except ModuleNotFoundError as error:
        remedy = "pip install -e '.[benchmarks]'"
        raise InputError("a package is missing", value=error.name, remedy=remedy) from error
    materials = Materials(shared, work, sets or SETS, lm)
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    return run_suite(materials, only, repetitions, command)


if __name__ == "__main__":
    main()
