"""Prepare the corpus of simulated patient interviews from a folder that was downloaded.

python -m local.medical.prepare FOLDER --out data/medical
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from local.corpora.command import corpus_options, main, prepare_corpus
from local.corpora.options import SelectionOptions
from local.corpora.splits import split_by_recording
from local.medical.annotations import NAME, read_medical
from wfst_bias.cli.flags import flags_of, with_flags


@click.command()
@corpus_options(NAME)
@click.option(
    "--split-seed",
    type=int,
    metavar="N",
    help="draw new splits, each recording in one of them; [default: those of the lists]",
)
@flags_of(SelectionOptions)
def prepare_command(folder: Path, split_seed: int | None, **flags: Any) -> None:
    """Make Lhotse manifests of the simulated patient interviews in --out; nothing is downloaded.

    FOLDER has medical_{train,dev,test}.info and audio/*.mp3.

    Written are medical_{recordings,supervisions,cuts}_{train,dev,test}.jsonl.gz, a report of what
    is kept and what is not (report.txt), and every segment left out (left_out.jsonl).
    """
    flags["options"] = with_flags(SelectionOptions(), flags)
    corpus = read_medical(folder)
    if split_seed is not None:
        corpus = replace(corpus, segments=split_by_recording(corpus.segments, split_seed))
    prepare_corpus(corpus, folder, flags)


if __name__ == "__main__":
    main(prepare_command, "local.medical.prepare")
