"""Prepare VoxPopuli (English) from a folder that was downloaded.

python -m local.voxpopuli.prepare FOLDER --out data/voxpopuli
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from local.corpora.command import FILE, corpus_options, main, prepare_corpus
from local.corpora.options import SelectionOptions
from local.voxpopuli.annotations import NAME, read_voxpopuli
from wfst_bias.cli.flags import flags_of, with_flags


@click.command()
@corpus_options(NAME)
@click.option(
    "--annotations", type=FILE, metavar="FILE", help="asr_en.tsv.gz, where it is not in FOLDER"
)
@flags_of(SelectionOptions)
def prepare_command(folder: Path, annotations: Path | None, **flags: Any) -> None:
    """Make Lhotse manifests of VoxPopuli's English part in --out; nothing is downloaded.

    FOLDER has raw_audios/en/YEAR/SESSION_en.ogg (or raw_audios/original/YEAR/
    SESSION_original.ogg) and asr_en.tsv.gz; or transcribed_data/en/asr_SPLIT.tsv with
    transcribed_data/en/YEAR/ID.ogg.

    Written are voxpopuli_{recordings,supervisions,cuts}_{train,dev,test}.jsonl.gz, a report of
    what is kept and what is not (report.txt), and every segment left out (left_out.jsonl).
    """
    flags["options"] = with_flags(SelectionOptions(), flags)
    prepare_corpus(read_voxpopuli(folder, annotations), folder, flags)


if __name__ == "__main__":
    main(prepare_command, "local.voxpopuli.prepare")
