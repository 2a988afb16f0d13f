"""`wfst-bias boost-plot`: an utterance and a list to an image of what was boosted, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.audio import (
    AUDIO_HELP,
    adapter_flag,
    fill_from_model,
    model_flag,
    stdin_as_file,
)
from wfst_bias.cli.boost_run import BoostRequest, run_boost
from wfst_bias.cli.decode import check_source_flags, decode_request, decoding_flags
from wfst_bias.cli.flags import SeveralValues
from wfst_bias.cli.inputs import (
    FILE,
    check_list_flags,
    check_out_file,
    entities_tsv_flag,
    list_flags,
    lm_flag,
    tokens_flag,
)
from wfst_bias.cli.sound import phone_log_probs_flag
from wfst_bias.files import write_text
from wfst_bias.plotting import check_plotting


@click.command(
    "boost-plot",
    cls=SeveralValues,
    several=("--audio",),
    short_help="utterance, list -> image of the boost over time",
)
@click.option(
    "--log-probs", type=FILE, metavar="NPZ", help="natural-log probabilities, as `decode` reads"
)
@click.option(
    "--audio", type=FILE, multiple=True, metavar="PATH...", help=f"in their place: {AUDIO_HELP}"
)
@click.option("--utterance", metavar="ID", help="one of several [default: the first]")
@phone_log_probs_flag
@model_flag
@adapter_flag
@tokens_flag(required=False)
@lm_flag(required=False)
@list_flags
@entities_tsv_flag
@click.option(
    "--also",
    multiple=True,
    metavar="ENTITY",
    help="entity of the list that is shown even if it was not written, where it would fit best; "
    "repeated for several",
)
@click.option("--out", type=FILE, required=True, metavar="PNG", help="the image")
@click.option("--table", type=FILE, metavar="TSV", help="also write the numbers, a line a frame")
@decoding_flags
def boost_plot_command(out: Path, table: Path | None, also: tuple[str, ...], **flags: Any) -> None:
    """Show where the boost of entities came from, and what it was worth, frame by frame.

    The utterance is decoded as `decode` does it. Above, the image has the log-probability of each
    frame's best token and of the token that the result reads, with the words where they begin.
    Below, each entity of the list that was written is enlarged: how far its tokens are behind the
    best, what each gains in its frame by the adaptive boost, where the search pays the entity's
    own score (a share with each letter, the rest with the last), and the sum so far. An entity
    that is not completed keeps none of it.

    With --also, an entity that was not written stands where its tokens are least behind the best;
    no language model is asked there.

    \b
    Prints what each entity was behind and what it gained. The columns of --table:
      entity written frame seconds token begins log_prob best_token best_log_prob
      adaptive_nats constant_nats cumulative_nats

    \b
    Examples:
      wfst-bias boost-plot --audio talk.wav --entities names.txt --out boost.png
      wfst-bias boost-plot --log-probs x.npz --utterance talk-7 --tokens tokens.txt --lm lm.arpa \\
        --entities names.txt --also 'Zoë Kovač' --gap-scale 0.5 --out boost.png --table boost.tsv
    """
    from wfst_bias.decode.boost_plot import curve_line, plot_boosts, table_lines

    check_list_flags(flags)
    check_source_flags(flags)
    if not flags["entities"] and flags["entities_tsv"] is None:
        raise click.UsageError("Missing option '--entities' or '--entities-tsv'")
    check_plotting()
    for path in (out, table):
        if path is not None:
            check_out_file(path)
    if flags["audio"] or flags["model"] is not None:
        flags = fill_from_model(flags)
    with stdin_as_file(flags["audio"]) as paths:
        decoding = decode_request({**flags, "audio": paths, "out": out.parent, "nj": 1})
        found = run_boost(BoostRequest(decoding, flags["utterance"], also))
    plot_boosts(found.picture, out)
    if table is not None:
        write_text(table, "".join(f"{line}\n" for line in table_lines(found.picture)))
    for curve in found.picture.curves:
        click.echo(curve_line(curve, found.picture.frame_seconds))
    for remark in found.remarks:
        click.echo(remark)
