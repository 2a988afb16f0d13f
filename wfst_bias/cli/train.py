"""`wfst-bias train`: cuts to an acoustic model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfst_bias.acoustic.train_options import LossOptions, TrainOptions
from wfst_bias.cli.flags import SeveralValues, flags_of, given
from wfst_bias.cli.inputs import FILE, make_folder
from wfst_bias.cli.training import CUTS_FLAGS, cuts_flags, read_cut_sets
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write, read_lines

if TYPE_CHECKING:
    from wfst_bias.acoustic.config import ModelConfig
    from wfst_bias.acoustic.training_run import Materials


@click.command(
    "train",
    cls=SeveralValues,
    several=CUTS_FLAGS,
    short_help="cuts -> acoustic model",
)
@cuts_flags("cuts to test on after each epoch")
@click.option(
    "--subwords", "subwords_folder", type=FILE, required=True, help="folder of `wfst-bias subwords`"
)
@click.option(
    "--lexicon",
    type=FILE,
    required=True,
    help="pronunciations of all words of the transcripts, from `wfst-bias phones`",
)
@click.option("--phones", type=FILE, required=True, help="phone table: SYMBOL ID, <blk> first")
@click.option(
    "--config",
    default="small",
    show_default=True,
    metavar="small|base|FILE.json",
    help="shape of the model",
)
@click.option(
    "--begin-with",
    type=FILE,
    metavar="MODEL",
    help="folder of a model of the same shape, subwords and phones whose weights are trained on, "
    "at once on all cuts; choose a lower --learning-rate [default: random weights]",
)
@click.option(
    "--out",
    type=FILE,
    required=True,
    help="folder of the run and of its model; a run that was cut off goes on there",
)
@flags_of(TrainOptions, LossOptions)
def train_command(config: str, begin_with: Path | None, out: Path, **flags: Any) -> None:
    """Train a Conformer with CTC heads for subwords and phones on Lhotse cuts.

    Called again with the same folder, it goes on after the newest checkpoint, so it can be killed
    at any moment. The folder holds the model as of the last epoch, averaged over the newest
    checkpoints; log.jsonl and tensorboard/ say how it went.

    \b
    Example:
      wfst-bias train --cuts train.cuts.jsonl.gz --dev-cuts dev.cuts.jsonl.gz \\
        --subwords model --lexicon lexicon.txt --phones phones.txt --out exp/small
      wfst-bias train --cuts own.cuts.jsonl.gz --dev-cuts dev.cuts.jsonl.gz \\
        --subwords data/models/small --lexicon lexicon.txt --phones data/models/small/phones.txt \\
        --begin-with data/models/small --learning-rate 5e-4 --epochs 3 --out exp/own
    """
    from wfst_bias.acoustic.train import train

    if begin_with is not None:
        _check_same_symbols(begin_with, flags["subwords_folder"], flags["phones"])
    shape, materials = _materials(config, out, **flags)
    options = TrainOptions(**given(TrainOptions, flags))
    losses = LossOptions(**given(LossOptions, flags))
    train(shape, materials, out, options, losses, begin_with)
    click.echo(f"{out}: trained {options.epochs} epochs")


def _check_same_symbols(model: Path, subwords_folder: Path, phones: Path) -> None:
    from wfst_bias.acoustic.model_folder import PHONES_FILE
    from wfst_bias.acoustic.subwords import TOKENS_FILE

    given_files = {TOKENS_FILE: subwords_folder / TOKENS_FILE, PHONES_FILE: phones}
    for name, path in given_files.items():
        if list(read_lines(path)) != list(read_lines(model / name)):
            raise InputError(
                "not the symbols of the model to begin with",
                path=path,
                remedy=f"give --subwords {model} --phones {model / PHONES_FILE}",
            )


def _materials(
    config: str,
    out: Path,
    cuts: tuple[Path, ...],
    dev_cuts: tuple[Path, ...],
    subwords_folder: Path,
    lexicon: Path,
    phones: Path,
    **_: Any,
) -> tuple[ModelConfig, Materials]:
    from dataclasses import replace

    from wfst_bias.acoustic.config import NAMED, read_config
    from wfst_bias.acoustic.run_folder import LAST_FILE
    from wfst_bias.acoustic.subwords import MODEL_FILE, TOKENS_FILE, Subwords
    from wfst_bias.acoustic.targets import targets_of
    from wfst_bias.acoustic.training_run import Materials
    from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable

    if config not in NAMED and not Path(config).exists():
        raise InputError(f"neither {' nor '.join(NAMED)} nor a file", value=config)
    shape = NAMED[config] if config in NAMED else read_config(Path(config))
    subwords, table = Subwords.read(subwords_folder / MODEL_FILE), PhoneTable.read(phones)
    train, dev = read_cut_sets(cuts, dev_cuts)
    pronunciations = PhoneLexicon.read(lexicon)
    targets = targets_of([*train, *dev], subwords, pronunciations, table)
    make_folder(out)
    sources = {name: subwords_folder / name for name in (MODEL_FILE, TOKENS_FILE)}
    _bring({**sources, "phones.txt": phones}, out, is_begun=(out / LAST_FILE).exists())
    shape = replace(shape, n_tokens=subwords.size, n_phones=table.size)
    return shape, Materials(train, dev, targets, subwords.token_table())


def _bring(sources: Mapping[str, Path], out: Path, *, is_begun: bool) -> None:
    """Copy files to the names that they have in a run's folder; one begun keeps its own."""
    contents = {name: path.read_bytes() for name, path in sources.items()}
    for name, content in contents.items():
        target = out / name
        if is_begun and target.exists() and target.read_bytes() != content:
            raise InputError(
                "the run in this folder was begun with another such file",
                path=target,
                remedy="name another folder",
            )
    for name, content in contents.items():
        with atomic_write(out / name, "wb") as stream:
            stream.write(content)  # type: ignore[arg-type]
