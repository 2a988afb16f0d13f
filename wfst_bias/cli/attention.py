"""`wfst-bias attention`: a recording and a list to an image of what an adapter attends to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.audio import adapter_flag, model_flag, stdin_as_file
from wfst_bias.cli.inputs import FILE, check_out_file, list_flags, read_lists
from wfst_bias.errors import InputError
from wfst_bias.plotting import check_plotting


@click.command("attention", short_help="audio, list, adapter -> image of attention")
@click.argument("audio", type=FILE, metavar="AUDIO")
@model_flag
@adapter_flag
@list_flags
@click.option("--utterance", metavar="ID", help="one of several in AUDIO [default: the first]")
@click.option(
    "--most-shown",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="entities that are shown, those with the most attention",
)
@click.option("--out", type=FILE, required=True, metavar="PNG", help="the image")
def attention_command(
    audio: Path,
    model: Path | None,
    adapter: Path | None,
    utterance: str | None,
    most_shown: int,
    out: Path,
    **lists: Any,
) -> None:
    """Show which entities of a list an adapter attends to, frame by frame.

    The words on the axis are what the model writes, greedily, with the list.

    \b
    Example:
      wfst-bias attention talk.wav --adapter exp/adapter --entities names.txt --out talk.png
    """
    from wfst_bias.acoustic.model_folder import ModelFolder
    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.adapter.attention_plot import plot_attention
    from wfst_bias.adapter.listening import AdaptedRecognizer

    if adapter is None:
        raise click.UsageError("Missing option '--adapter'")
    if not lists["entities"]:
        raise click.UsageError("Missing option '--entities'")
    check_plotting()
    check_out_file(out)
    base = Recognizer.load(ModelFolder.find(model).path)
    recognizer = AdaptedRecognizer.attach(base, adapter)
    entities = read_lists(
        lists["entities"], lists["list_format"], base.tokens, strict=lists["strict"]
    )
    with stdin_as_file([audio]) as (path,):
        samples = _samples(path, utterance)
    attended = recognizer.attend(samples, entities)
    plot_attention(attended, base.tokens, out, most_shown)
    click.echo(f"{out}: {len(attended.attention)} frames, {len(attended.forms)} entities")


def _samples(path: Path, utterance: str | None) -> Any:
    from wfst_bias.acoustic.features import LEAST_SAMPLES
    from wfst_bias.acoustic.sounds import sound_of_cut
    from wfst_bias.formats.audio_inputs import read_audio_inputs

    inputs = read_audio_inputs([path])
    if not inputs.ids:
        raise InputError("no utterances in it", path=path)
    name = inputs.ids[0] if utterance is None else utterance
    if name in inputs.faults:
        raise inputs.faults[name]
    cut = next((cut for cut in inputs.cuts if cut.id == name), None)
    if cut is None:
        raise InputError("no such utterance", path=path, value=name)
    sound = sound_of_cut(cut)
    if sound.n_samples < LEAST_SAMPLES:
        raise InputError(f"utterance {name} is too short", path=path, value=sound.n_samples)
    return sound.read(0, sound.n_samples)
