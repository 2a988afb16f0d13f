"""`wfst-bias report`: an experiment's folder to one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from wfst_bias.cli.inputs import FILE, check_out_file
from wfst_bias.files import write_text


@click.command("report", short_help="experiment's folder -> one HTML page")
@click.argument("exp", type=FILE, metavar="EXP")
@click.option("--out", type=FILE, required=True, metavar="HTML", help="the page")
@click.option(
    "--audio-utterances",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="utterances of each set that can be heard: those on which conditions differ most; each "
    "second adds about 5 kB",
)
@click.option(
    "--images",
    "image_folders",
    type=FILE,
    multiple=True,
    metavar="FOLDER",
    help="PNGs named by utterance, ID.png or ID.KIND.png, such as those of `attention`; repeated "
    "for several folders",
)
def report_command(
    exp: Path, out: Path, audio_utterances: int, image_folders: tuple[Path, ...]
) -> None:
    """Show an experiment as one HTML page that needs nothing else, and no network.

    EXP is a folder that run.sh has filled: data/dataset.toml, and for each set and condition
    decode/SET.CONDITION and score/SET.CONDITION.json. Conditions of any name are taken.

    The page has the table of results, F1 against the size of lists, precision against recall,
    where misses come from, what became of each entity, and each utterance with every condition's
    words, the entities on the axis of time, and audio. docs/report.md says more.

    \b
    Example:
      wfst-bias report exp/demo --audio-utterances 10 --out exp/demo/report.html
    """
    from wfst_bias.report.page import ReportOptions, make_report

    check_out_file(out)
    report = make_report(exp, ReportOptions(audio_utterances, image_folders))
    write_text(out, report.html)
    left_out = len(report.images_left_out)
    images = f", {left_out} images of no utterance here left out" if left_out else ""
    click.echo(
        f"{out}: {report.n_utterances} utterances, {report.n_with_audio} with audio, "
        f"{len(report.html.encode()) / 1e6:.1f} MB{images}"
    )
