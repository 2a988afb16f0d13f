"""`wfst-bias transcribe`: audio to text."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from wfst_bias.cli.audio import adapter_flag, fill_from_model, model_flag, stdin_as_file
from wfst_bias.cli.decode import SOME_FAILED, decode_request, search_flags, show_summary
from wfst_bias.cli.decode_run import run_decode
from wfst_bias.cli.inputs import FILE, list_flags, lm_flag, show_counts
from wfst_bias.entities.entity_list import REJECTED

log = logging.getLogger(__name__)


@click.command("transcribe", short_help="audio, list -> text")
@click.argument("audio", type=FILE, nargs=-1, required=True, metavar="AUDIO...")
@model_flag
@adapter_flag
@lm_flag(required=False)
@list_flags
@click.option(
    "--out",
    type=FILE,
    metavar="DIR",
    help="folder for all that `decode` writes; without it, the text goes to stdout",
)
@search_flags
def transcribe_command(**flags: Any) -> int:
    """Write what is said in audio, with a list of entities or none.

    \b
    AUDIO is any of these, in any number:
      a file          of any format that soundfile reads, any rate; the mean of its channels
      a folder        searched for audio files, in the order of their names
      a folder        with wav.scp: a Kaldi data directory
      .jsonl          or .jsonl.gz: a Lhotse manifest of cuts
      -               an audio file on stdin

    Prints a line for each utterance: ID WORD ... (Kaldi's form). The id of a file is its name
    without the suffix; in a folder that is searched, also its place there. White space in it
    becomes _, and a name that occurs again gets -2.

    Audio that cannot be read is named, the rest is recognized, and the exit status is 1. A list
    has an entity on each line; see `wfst-bias decode --help`.

    \b
    Examples:
      wfst-bias transcribe talk.flac --entities names.txt
      wfst-bias transcribe recordings --entities names.txt --out transcribed
      wfst-bias transcribe --model exp/model --lm lm.arpa - < talk.ogg
    """
    flags = fill_from_model(flags)
    begin = time.perf_counter()
    with stdin_as_file(flags["audio"]) as paths, _folder(flags["out"]) as out:
        request = decode_request({**flags, "audio": paths, "out": out})
        summary = run_decode(request)
        if flags["out"] is None:
            click.echo((out / "text").read_text(encoding="utf-8"), nl=False)
            if summary.lines.get(REJECTED):
                counts = show_counts(summary.lines)
                files = ", ".join(map(str, flags["entities"]))
                log.warning("%s: %s; --out keeps the reasons", files, counts)
        else:
            click.echo(show_summary(summary, request, time.perf_counter() - begin))
    return SOME_FAILED if summary.failed else 0


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with TemporaryDirectory(prefix="wfst_bias.") as folder:
        yield Path(folder)
