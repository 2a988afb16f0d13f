"""`wfst-bias train-adapter`: a model and cuts with entities to a contextual adapter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wfst_bias.adapter.config import AdapterOptions
from wfst_bias.adapter.train_options import AdapterTrainOptions, DrawOptions
from wfst_bias.cli.audio import model_flag
from wfst_bias.cli.flags import SeveralValues, flags_of, given
from wfst_bias.cli.inputs import FILE, make_folder
from wfst_bias.cli.training import CUTS_FLAGS, cuts_flags, read_cut_sets

if TYPE_CHECKING:
    from wfst_bias.acoustic.training_run import Materials


@click.command(
    "train-adapter",
    cls=SeveralValues,
    several=CUTS_FLAGS,
    short_help="cuts with entities, acoustic model -> adapter that raises a list's subwords",
)
@cuts_flags("cuts to test on after each epoch, their entities among distractors")
@model_flag
@click.option(
    "--out",
    type=FILE,
    required=True,
    help="folder of the run and of its adapter; a run that was cut off goes on there",
)
@click.option(
    "--begin-with",
    type=FILE,
    metavar="FOLDER",
    help="adapter of the same model and shape whose weights are trained on [default: random ones]",
)
@flags_of(AdapterOptions, AdapterTrainOptions, DrawOptions)
def train_adapter_command(
    cuts: tuple[Path, ...],
    dev_cuts: tuple[Path, ...],
    model: Path | None,
    out: Path,
    begin_with: Path | None,
    **flags: Any,
) -> None:
    """Train an adapter, which makes a trained model hear the entities of a list.

    The model stays as it is, to the bit. Entities are those that cuts, or their supervisions,
    carry as custom["entities"]: phrases, or objects with a "text". Rare words of the transcripts
    stand for entities too. Each utterance gets a list of what is said in it, or of none of that,
    and of distractors, many of them near in spelling or in sound.

    Called again with the same folder, it goes on after the newest checkpoint, so it can be killed
    at any moment. The folder holds the adapter as of the last epoch, averaged over the newest
    checkpoints; log.jsonl has the word error rate and the entities' F1 on dev by greedy decoding,
    with the adapter and without (base_), and tensorboard/ the losses.

    \b
    Example:
      wfst-bias train-adapter --cuts train.cuts.jsonl.gz --dev-cuts dev.cuts.jsonl.gz \\
        --model data/models/small --out exp/adapter
      wfst-bias transcribe talk.wav --adapter exp/adapter --entities names.txt
    """
    from wfst_bias.acoustic.checkpoints import load_model
    from wfst_bias.acoustic.model_folder import ModelFolder
    from wfst_bias.adapter.train import AdapterTraining, train_adapter

    training = AdapterTraining(
        AdapterOptions(**given(AdapterOptions, flags)),
        AdapterTrainOptions(**given(AdapterTrainOptions, flags)),
        DrawOptions(**given(DrawOptions, flags)),
    )
    folder = ModelFolder.find(model)
    base = load_model(folder.path)
    materials = _materials(cuts, dev_cuts, folder.path, training.draws.rare_count)
    make_folder(out)
    train_adapter(base, materials, out, training, begin_with)
    click.echo(f"{out}: trained {training.run.epochs} epochs")


def _materials(
    cuts: tuple[Path, ...], dev_cuts: tuple[Path, ...], model: Path, rare_count: int
) -> Materials:
    from wfst_bias.acoustic.subwords import MODEL_FILE, TOKENS_FILE, Subwords
    from wfst_bias.acoustic.training_run import Materials
    from wfst_bias.adapter.utterances import entity_targets_of
    from wfst_bias.tokens import TokenTable

    subwords, tokens = Subwords.read(model / MODEL_FILE), TokenTable.read(model / TOKENS_FILE)
    train, dev = read_cut_sets(cuts, dev_cuts)
    return Materials(train, dev, entity_targets_of(train, dev, subwords, rare_count), tokens)
