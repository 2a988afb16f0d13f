"""`wfst-bias tune`: a development set to options of decoding."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from wfst_bias.cli.audio import AUDIO_HELP, fill_from_model, model_flag, stdin_as_file
from wfst_bias.cli.decode import check_source_flags, default_cache
from wfst_bias.cli.flags import SeveralValues, flags_of, given
from wfst_bias.cli.inputs import FILE, lm_flag, read_options, tokens_flag
from wfst_bias.cli.sound import SoundRequest, phone_file_flags, phone_log_probs_flag
from wfst_bias.cli.sources import AudioRequest
from wfst_bias.cli.tune_run import Budget, TuneRequest, run_tune
from wfst_bias.tune.objective import Weights
from wfst_bias.tune.search import Plan
from wfst_bias.tune.space import fixed_values, search_space, with_values


@click.command(
    "tune",
    cls=SeveralValues,
    several=("--audio", "--ref", "--search", "--fix"),
    short_help="development set, lists -> options for decode",
)
@click.option(
    "--log-probs", type=FILE, metavar="NPZ", help="the development set, in the forms of `decode`"
)
@click.option(
    "--audio", type=FILE, multiple=True, metavar="PATH...", help=f"in their place: {AUDIO_HELP}"
)
@phone_log_probs_flag
@model_flag
@tokens_flag(required=False)
@lm_flag(required=False)
@click.option(
    "--ref",
    "refs",
    type=FILE,
    required=True,
    multiple=True,
    metavar="TSV...",
    help="references with lists: id, text, rare words, list; each file has all utterances, with "
    "other lists",
)
@click.option(
    "--search",
    multiple=True,
    metavar="NAME[=LOW:HIGH]...",
    help="options to search, as scales.lm_scale=0:1, or scales for a whole section "
    "[default: scales, boost and adaptive, as far as they have a range that is built in]",
)
@click.option("--fix", multiple=True, metavar="NAME=VALUE...", help="options that are not searched")
@click.option(
    "--start",
    "options_file",
    type=FILE,
    metavar="TOML",
    help="options of the first trial, and for what is not searched "
    "[default: decode.toml of the model, or the defaults of `decode`]",
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="how many, those of earlier runs included",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="begin no trial after so many of this run [default: no limit]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="of what is tried; with equal inputs it makes equal trials",
)
@flags_of(Weights)
@phone_file_flags
@click.option(
    "--cache",
    type=FILE,
    default=default_cache,
    metavar="DIR",
    help="folder of compiled graphs, as for `decode`",
)
@click.option(
    "--nj",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="worker processes; the results do not depend on it",
)
@click.option(
    "--out",
    type=FILE,
    default=Path("tuned.toml"),
    show_default=True,
    metavar="TOML",
    help="the best options so far; the trials lie beside it",
)
def tune_command(**flags: Any) -> None:
    """Search the options of decoding that make the fewest errors on a development set.

    The set is decoded without lists and with the lists of each --ref. What is made small is the
    mean over these conditions of the weighed errors per 100 words: those of U-WER, those of B-WER,
    and entities that nobody said; with --f1-weight also what entity F1 falls short of. Utterances
    without rare words are welcome: they show what a list makes up.

    The first trial is the start, the next 9 are random, the others are what Optuna makes of those
    before (a tree-structured Parzen estimator). A condition is decoded only if what changed can
    change its result. Beams are searched only if named: wider ones make fewer errors and take
    longer. A narrow range around a good start needs fewer trials than a wide one.

    \b
    Writes:
      OUT.toml           the best options so far, for --options of `decode`
      OUT.trials.jsonl   what is searched, then a line per trial: its options, the objective, and
                         the counts by condition

    A run that was cut off goes on from OUT.trials.jsonl when it is called again; so does one that
    is to have more --trials. A gain of a few words is soon chance: see `score --compare`, on
    another set.

    \b
    Examples:
      wfst-bias tune --log-probs dev.npz --tokens tokens.txt --lm lm.arpa \\
        --ref dev.list100.tsv dev.list1000.tsv --nj 2 --out tuned.toml
      wfst-bias tune --audio dev.cuts.jsonl.gz --model data/models/small --ref dev.tsv \\
        --search boost boost.per_word_nats=10:25 --fix boost.size_scale=2 --trials 50
    """
    check_source_flags(flags)
    if flags["audio"] or flags["model"] is not None:
        flags = fill_from_model(flags)
    fixed = fixed_values(flags["fix"])
    start = with_values(read_options(flags), fixed)
    space = search_space(flags["search"], start, fixed)
    weights = Weights(**given(Weights, flags))
    with stdin_as_file(flags["audio"]) as paths:
        request = TuneRequest(
            source=AudioRequest(paths, flags["model"]) if paths else flags["log_probs"],
            plan=Plan(start, space, weights, flags["seed"]),
            sound=SoundRequest.of(flags),
            budget=Budget(**{f.name: flags[f.name] for f in fields(Budget)}),
            **{name: flags[name] for name in ("tokens", "lm", "refs", "cache", "nj", "out")},
        )
        trials = run_tune(request)
    click.echo("\n".join(trials))
