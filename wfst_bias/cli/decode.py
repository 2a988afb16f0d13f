"""`wfst-bias decode`: log-probabilities to words and entities."""

from __future__ import annotations

import os
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.decode_lists import ListRequest
from wfst_bias.cli.decode_run import ERRORS, DecodeRequest, DecodeSummary, run_decode
from wfst_bias.cli.flags import flags_of
from wfst_bias.cli.inputs import (
    FILE,
    REPORT,
    graph_flags,
    list_flags,
    options_flag,
    read_options,
    show_counts,
)
from wfst_bias.decode.options import OutputOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.scales import Scales

CACHE_VARIABLE = "WFST_BIAS_CACHE"
SOME_FAILED = 1


def default_cache() -> Path:
    """Return `$WFST_BIAS_CACHE`, or `~/.cache/wfst_bias` where it is not set."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path("~/.cache/wfst_bias").expanduser())


@click.command("decode", short_help="log-probabilities, list -> words, and where entities are")
@click.option(
    "--log-probs",
    type=FILE,
    required=True,
    metavar="NPZ",
    help="arrays (frames, tokens) of natural-log probabilities by utterance id: .npz, "
    "a folder of .npy, or one .npy",
)
@graph_flags
@list_flags
@click.option(
    "--entities-tsv",
    type=FILE,
    metavar="TSV",
    help="a list for each utterance: id, text, rare words, list; the last two JSON arrays",
)
@click.option("--out", type=FILE, required=True, metavar="DIR", help="folder for what is decoded")
@click.option("--lattices", is_flag=True, help="also write DIR/lattices/ID.pt")
@click.option(
    "--nj",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="worker processes; the results do not depend on it",
)
@click.option(
    "--cache",
    type=FILE,
    default=default_cache,
    metavar="DIR",
    help="folder of compiled graphs, one by `compile --out DIR` among them "
    f"[default: ${CACHE_VARIABLE} or ~/.cache/wfst_bias]",
)
@options_flag
@flags_of(Scales, BoostOptions, SearchOptions, OutputOptions)
def decode_command(**flags: Any) -> int:
    """Decode log-probabilities with a language model, and with a list of entities or none.

    \b
    A list has an entity on each line; # begins a comment:
      Ljubljana                 boosted by default, the more the longer it is
      Łukasz Kohut :12.5        boosted by 12.5 nats; a negative score is a penalty
      COVID-19 ~covid nineteen  said otherwise than written
      jos @José                 written otherwise than said

    \b
    Writes into DIR, utterances in the order of the input:
      text                 ID WORD ... (Kaldi)
      hyp.trn              WORD ... (ID), for sclite
      hyp.ctm              ID 1 START DURATION WORD CONFIDENCE, in seconds
      nbest.jsonl          the n best texts with scores in nats
      entities.jsonl       where each entity was heard, in seconds, with a confidence
      entities.report.tsv  what became of every line of the list or lists, and why
      errors.tsv           ID<TAB>REASON, if an utterance could not be decoded
      lattices/            with --lattices: k2.Fsa.from_dict(torch.load("ID.pt")), labels in
                           tokens.txt, aux_labels in words.txt

    An utterance that cannot be decoded has an empty text; the rest is decoded and the exit status
    is 1. A worker process that dies is replaced.

    \b
    Examples:
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm lm.arpa --out plain
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm lm.arpa \\
        --entities names.txt --options tuned.toml --nj 4 --out biased
    """
    if flags["entities"] is not None and flags["entities_tsv"] is not None:
        raise click.UsageError("--entities and --entities-tsv exclude each other")
    options = read_options(flags)
    lists = ListRequest(**{field.name: flags[field.name] for field in fields(ListRequest)})
    names = ("log_probs", "tokens", "lm", "out", "cache", "lattices", "nj")
    request = DecodeRequest(options=options, lists=lists, **{name: flags[name] for name in names})
    begin = time.perf_counter()
    summary = run_decode(request)
    click.echo(_summary(summary, request, time.perf_counter() - begin))
    return SOME_FAILED if summary.failed else 0


def _summary(summary: DecodeSummary, request: DecodeRequest, seconds: float) -> str:
    minutes = summary.frames * request.options.output.frame_shift_ms / 60_000
    lines = [f"{summary.utterances} utterances, {minutes:.1f} minutes, in {seconds:.1f} s"]
    if summary.lines:
        lines.append(f"{show_counts(summary.lines)}, see {request.out / REPORT}")
    if summary.failed:
        lines.append(
            f"{summary.failed} of {summary.utterances} utterances failed, "
            f"see {request.out / ERRORS}"
        )
    return "\n".join(lines)
