"""`wfst-bias decode`: log-probabilities, or audio, to words and entities."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click

from wfst_bias.cli.audio import (
    AUDIO_HELP,
    adapter_flag,
    fill_from_model,
    model_flag,
    stdin_as_file,
)
from wfst_bias.cli.decode_lists import ListRequest
from wfst_bias.cli.decode_run import ERRORS, DecodeRequest, DecodeSummary, run_decode
from wfst_bias.cli.flags import SeveralValues, flags_of
from wfst_bias.cli.inputs import (
    FILE,
    REPORT,
    check_list_flags,
    entities_tsv_flag,
    list_flags,
    lm_flag,
    options_flag,
    read_options,
    show_counts,
    tokens_flag,
)
from wfst_bias.cli.sound import SoundRequest, phone_file_flags, phone_log_probs_flag
from wfst_bias.cli.sources import AudioRequest
from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.options import OutputOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.errors import InputError
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.scales import Scales
from wfst_bias.sound.options import (
    LexiconLookupOptions,
    PhoneRescoreOptions,
    PhoneSpotOptions,
)

Command = TypeVar("Command", bound=Callable[..., Any])

CACHE_VARIABLE = "WFST_BIAS_CACHE"
DASK_VARIABLE = "WFST_BIAS_DASK"
SOME_FAILED = 1


def default_cache() -> Path:
    """Return `$WFST_BIAS_CACHE`, or `~/.cache/wfst_bias` where it is not set."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path("~/.cache/wfst_bias").expanduser())


def decoding_flags(command: Command) -> Command:
    """Add the flags that say how to decode, and with which cache."""
    command = flags_of(
        Scales, BoostOptions, G2gOptions, AdaptiveOptions, SearchOptions, OutputOptions,
        PhoneSpotOptions, PhoneRescoreOptions, LexiconLookupOptions,
    )(command)  # fmt: skip
    command = phone_file_flags(command)
    command = options_flag(command)
    return click.option(
        "--cache",
        type=FILE,
        default=default_cache,
        metavar="DIR",
        help="folder of compiled graphs, one by `compile --out DIR` among them "
        f"[default: ${CACHE_VARIABLE} or ~/.cache/wfst_bias]",
    )(command)


def search_flags(command: Command) -> Command:
    """Add the flags that say how to decode, with how many processes and which cache."""
    return click.option(
        "--nj",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="worker processes; the results do not depend on it",
    )(decoding_flags(command))


@click.command(
    "decode",
    cls=SeveralValues,
    several=("--audio",),
    short_help="log-probabilities or audio, list -> words, and where entities are",
)
@click.option(
    "--log-probs",
    type=FILE,
    metavar="NPZ",
    help="arrays (frames, tokens) of natural-log probabilities by utterance id: .npz, "
    "a folder of .npy, or one .npy",
)
@click.option(
    "--audio", type=FILE, multiple=True, metavar="PATH...", help=f"in their place: {AUDIO_HELP}"
)
@phone_log_probs_flag
@model_flag
@adapter_flag
@tokens_flag(required=False)
@lm_flag(required=False)
@list_flags
@entities_tsv_flag
@click.option("--out", type=FILE, required=True, metavar="DIR", help="folder for what is decoded")
@click.option("--lattices", is_flag=True, help="also write DIR/lattices/lat.JOB.zip and .gz")
@search_flags
@click.option(
    "--dask",
    metavar="WHERE",
    envvar=DASK_VARIABLE,
    help="decode with Dask: local for --nj processes here; slurm, sge, pbs, lsf, oar, moab or "
    "htcondor for --nj processes in jobs as jobqueue.yaml has them; tcp://HOST:PORT or a scheduler "
    "file for the workers of a scheduler that runs; the results do not depend on it "
    f"[default: ${DASK_VARIABLE} or none]",
)
def decode_command(**flags: Any) -> int:
    """Decode log-probabilities with a language model, and with a list of entities or none.

    Audio is encoded first, by the model; the tokens are the model's then. With --model, its files
    are the defaults of --tokens, --lm and --options, and its frame shift is used.

    \b
    A list has an entity on each line; # begins a comment:
      Ljubljana                 boosted by default, the more the longer it is
      Łukasz Kohut :12.5        boosted by 12.5 nats; a negative score is a penalty
      COVID-19 ~covid nineteen  said otherwise than written
      jos @José                 written otherwise than said
      Bled <place>              begins only where the language model expects its class <place>

    --entities place=places.txt does so for a whole file; see `wfst-bias lm --class`.

    \b
    Writes into DIR, utterances in the order of the input:
      text                 ID WORD ... (Kaldi)
      hyp.trn              WORD ... (ID), for sclite
      hyp.ctm              ID 1 START DURATION WORD CONFIDENCE, in seconds
      nbest.jsonl          the n best texts with scores in nats
      entities.jsonl       where each entity was heard, in seconds, with a confidence
      entities.report.tsv  what became of every line of the list or lists, and why
      timing.json          CPU seconds for lists and for search, and the seconds of audio
      errors.tsv           ID<TAB>REASON, if an utterance could not be decoded
      lattices/            with --lattices, for `wfst-bias rescore`: lat.JOB.zip with a file ID.pt
                           for k2.Fsa.from_dict(torch.load(...)), labels in tokens.txt, aux_labels
                           in words.txt; lat.JOB.gz with the words as Kaldi's compact lattices

    What phones were heard can leave the entities of a long list that nobody said out of the search
    (--spot-entities), rescore the n best texts (--phone-scale), and put an entity that sounds like
    what was written in its place (--lookup-words): entities.jsonl says why.

    An utterance that cannot be decoded has an empty text; the rest is decoded and the exit status
    is 1. A worker process that dies is replaced.

    With --dask, workers on other machines read and write the same files under the same names; the
    address of Dask's dashboard is shown.

    \b
    Examples:
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm lm.arpa --out plain
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm lm.arpa \\
        --entities names.txt --options tuned.toml --nj 4 --out biased
      wfst-bias decode --audio data/test --model data/models/small --out plain
      wfst-bias decode --audio data/test --model data/models/small --adapter exp/adapter \\
        --entities names.txt --out adapted
      wfst-bias decode --log-probs x.npz --phone-log-probs phones.npz --tokens tokens.txt \\
        --lm lm.arpa --entities names.txt --spot-entities 50 --lookup-words 3 --out by-sound
      wfst-bias decode --log-probs x.npz --tokens tokens.txt --lm lm.arpa --nj 64 --dask slurm \\
        --out plain
    """
    check_list_flags(flags)
    check_source_flags(flags)
    if flags["audio"] or flags["model"] is not None:
        flags = fill_from_model(flags)
    begin = time.perf_counter()
    with stdin_as_file(flags["audio"]) as paths:
        request = decode_request({**flags, "audio": paths})
        summary = run_decode(request)
    click.echo(show_summary(summary, request, time.perf_counter() - begin))
    return SOME_FAILED if summary.failed else 0


def check_source_flags(flags: Mapping[str, Any]) -> None:
    """Refuse flags that exclude each other, and ask for those without which there is no input."""
    if flags["audio"]:
        for name in ("log_probs", "tokens"):
            if flags[name] is not None:
                raise click.UsageError(f"--audio and --{name.replace('_', '-')} exclude each other")
        return
    if flags.get("adapter") is not None:
        raise InputError(
            "log-probabilities cannot be adapted to a list any more",
            path=flags["log_probs"],
            remedy="give the audio, with --audio",
        )
    if flags["log_probs"] is None:
        raise click.UsageError("Missing option '--log-probs' or '--audio'")
    for name in ("tokens", "lm"):
        if flags[name] is None and flags["model"] is None:
            raise click.UsageError(f"Missing option '--{name}' or '--model'")


def decode_request(flags: Mapping[str, Any]) -> DecodeRequest:
    """Return what is asked for by flags; those of `decode` that are missing have no value.

    Raises:
      InputError: options that cannot be used.
    """
    lists = {f.name: flags[f.name] for f in fields(ListRequest) if f.name in flags}
    audio = None
    if flags["audio"]:
        audio = AudioRequest(flags["audio"], flags["model"], flags.get("adapter"))
    return DecodeRequest(
        source=audio or flags["log_probs"],
        options=read_options(flags),
        lists=ListRequest(**lists),
        lattices=flags.get("lattices", False),
        sound=SoundRequest.of(flags),
        dask=flags.get("dask"),
        **{name: flags[name] for name in ("tokens", "lm", "out", "cache", "nj")},
    )


def show_summary(summary: DecodeSummary, request: DecodeRequest, seconds: float) -> str:
    """Say in some lines what a run came to."""
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
