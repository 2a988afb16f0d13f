"""`wfst-bias encode`: audio to log-probabilities."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.audio import (
    AUDIO_HELP,
    adapter_flag,
    encode_inputs,
    load_recognizer,
    model_flag,
    stdin_as_file,
    with_lists,
)
from wfst_bias.cli.decode import SOME_FAILED
from wfst_bias.cli.decode_lists import ListRequest, RunLists
from wfst_bias.cli.flags import SeveralValues
from wfst_bias.cli.inputs import (
    FILE,
    check_list_flags,
    check_out_file,
    entities_tsv_flag,
    list_flags,
)


@click.command(
    "encode",
    cls=SeveralValues,
    several=("--audio",),
    short_help="audio -> log-probabilities, to be decoded with several lists",
)
@click.option(
    "--audio", type=FILE, multiple=True, required=True, metavar="PATH...", help=AUDIO_HELP
)
@model_flag
@adapter_flag
@list_flags
@entities_tsv_flag
@click.option(
    "--out", type=FILE, required=True, metavar="NPZ", help="log-probabilities of subwords"
)
@click.option("--phones-out", type=FILE, metavar="NPZ", help="log-probabilities of phones")
@click.option(
    "--nj",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="batches encoded at once; the results do not depend on it",
)
def encode_command(
    audio: tuple[Path, ...],
    model: Path | None,
    adapter: Path | None,
    out: Path,
    phones_out: Path | None,
    nj: int,
    **lists: Any,
) -> int:
    """Encode audio once, so that it can be decoded many times.

    A file has an array (frames, tokens) of natural-log probabilities in float16 by utterance id,
    in the order of the input; a frame is 40 ms. The columns are the lines of the model's
    tokens.txt, and for phones of its phones.txt.

    The id of an audio file is its name without the suffix. Audio that cannot be read is named and
    left out, and the exit status is 1.

    With --adapter, what is heard depends on the list: encode again for another one.

    \b
    Example:
      wfst-bias encode --audio data/test.cuts.jsonl.gz --out test.npz
      wfst-bias decode --log-probs test.npz --model data/models/small --out plain
    """
    from wfst_bias.acoustic.model_folder import ModelFolder
    from wfst_bias.formats.audio_inputs import read_audio_inputs

    for path in filter(None, (out, phones_out)):
        check_out_file(path)
    check_list_flags(lists)
    if adapter is None and (lists["entities"] or lists["entities_tsv"] is not None):
        raise click.UsageError("a list changes what is encoded only with --adapter")
    recognizer = load_recognizer(ModelFolder.find(model).path, adapter)
    begin = time.perf_counter()
    with stdin_as_file(audio) as paths:
        inputs = read_audio_inputs(paths)
        read = RunLists.read(ListRequest(**lists), recognizer.tokens, inputs.ids)
        recognizer = with_lists(recognizer, read)
        faults = encode_inputs(recognizer, inputs, out, phones_out, nj)
    seconds = time.perf_counter() - begin
    minutes = sum(cut.duration for cut in inputs.cuts if cut.id not in faults) / 60
    click.echo(
        f"{len(inputs.ids) - len(faults)} utterances, {minutes:.1f} minutes, in {seconds:.1f} s"
    )
    if faults:
        click.echo(f"{len(faults)} of {len(inputs.ids)} utterances failed and are left out")
    return SOME_FAILED if faults else 0
