"""`wfst-bias encode`: audio to log-probabilities."""

from __future__ import annotations

import time
from dataclasses import replace
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
    ListFileType,
    check_list_flags,
    check_out_file,
    entities_tsv_flag,
    list_flags,
)
from wfst_bias.entities.classes import ListFile


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
    "--also-entities",
    type=(ListFileType(), FILE),
    multiple=True,
    metavar="LIST NPZ",
    help="with --adapter: also write what is heard with this list, from the same pass of the "
    "encoder; repeated for several",
)
@click.option(
    "--also-entities-tsv",
    type=(FILE, FILE),
    multiple=True,
    metavar="TSV NPZ",
    help="the same, with a list for each utterance",
)
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
    also_entities: tuple[tuple[ListFile, Path], ...],
    also_entities_tsv: tuple[tuple[Path, Path], ...],
    nj: int,
    **lists: Any,
) -> int:
    """Encode audio once, so that it can be decoded many times.

    A file has an array (frames, tokens) of natural-log probabilities in float16 by utterance id,
    in the order of the input; a frame is 40 ms. The columns are the lines of the model's
    tokens.txt, and for phones of its phones.txt.

    The id of an audio file is its name without the suffix. Audio that cannot be read is named and
    left out, and the exit status is 1.

    With --adapter, what is heard depends on the list. Several lists at once take little longer than
    one, since the encoder runs once; without --entities, --out is what is heard without any.

    \b
    Examples:
      wfst-bias encode --audio data/test.cuts.jsonl.gz --out test.npz
      wfst-bias decode --log-probs test.npz --model data/models/small --out plain
      wfst-bias encode --audio data/test.cuts.jsonl.gz --adapter data/models/small/adapter \
        --out test.npz --also-entities people.txt people.npz --also-entities drugs.txt drugs.npz
    """
    from wfst_bias.acoustic.model_folder import ModelFolder
    from wfst_bias.formats.audio_inputs import read_audio_inputs

    one = ListRequest(**lists)
    also = [(replace(one, entities=(p,), entities_tsv=None), npz) for p, npz in also_entities]
    also += [(replace(one, entities=(), entities_tsv=p), npz) for p, npz in also_entities_tsv]
    also_out = [npz for _, npz in also]
    written = [path for path in (out, phones_out, *also_out) if path is not None]
    for path in written:
        check_out_file(path)
        if written.count(path) > 1:
            raise click.UsageError(f"{path} is to be written twice")
    check_list_flags(lists)
    if adapter is None and (one.entities or one.entities_tsv or also):
        raise click.UsageError("a list changes what is encoded only with --adapter")
    recognizer = load_recognizer(ModelFolder.find(model).path, adapter)
    begin = time.perf_counter()
    with stdin_as_file(audio) as paths:
        inputs = read_audio_inputs(paths)
        requests = (one, *(other for other, _ in also))
        read = [RunLists.read(each, recognizer.tokens, inputs.ids) for each in requests]
        recognizer = with_lists(recognizer, *read)
        faults = encode_inputs(recognizer, inputs, out, phones_out, nj, also_out)
    seconds = time.perf_counter() - begin
    minutes = sum(cut.duration for cut in inputs.cuts if cut.id not in faults) / 60
    click.echo(
        f"{len(inputs.ids) - len(faults)} utterances, {minutes:.1f} minutes, in {seconds:.1f} s"
    )
    if faults:
        click.echo(f"{len(faults)} of {len(inputs.ids)} utterances failed and are left out")
    return SOME_FAILED if faults else 0
