"""Training: a loop over batches that can be stopped at any moment and goes on where it was.

In its folder a run keeps last.pt (everything it needs to go on), the newest weights for averaging
(step-*.pt), log.jsonl with an entry for each epoch, TensorBoard's events, and, after each epoch,
the model for use: config.json and weights.pt, averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wfst_bias.acoustic import checkpoints
from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.config import ModelConfig, read_config, write_config
from wfst_bias.acoustic.evaluate import HeadErrors, head_errors
from wfst_bias.acoustic.features import N_MELS
from wfst_bias.acoustic.losses import flat_start, losses_of
from wfst_bias.acoustic.model import CtcModel, Encoded
from wfst_bias.acoustic.run_folder import LAST_FILE
from wfst_bias.acoustic.train_options import LossOptions, TrainOptions
from wfst_bias.acoustic.training_run import Materials, TrainingRun, check_precision, no_sound
from wfst_bias.errors import InputError

FLAT_SHARE = 0.9  # of the loss, in the steps of a flat start


def train(
    config: ModelConfig,
    materials: Materials,
    folder: Path,
    options: TrainOptions | None = None,
    loss_options: LossOptions | None = None,
    begin_with: Path | None = None,
) -> CtcModel:
    """Train a model, going on from last.pt where the folder has one, and return its average.

    Args:
      config: its shape.
      materials: what it is trained and tested on.
      folder: of the run, and of its model.
      options: how long and how fast; None for the defaults.
      loss_options: how the losses are weighed; None for the defaults.
      begin_with: the folder of a model of the same shape, whose weights are the first; there is
        neither a flat start then nor an epoch of short cuts. None for random weights.

    Raises:
      InputError: a checkpoint in the folder is broken or of another configuration, there is
        nothing to train or to test on, or no sound can be read.
    """
    options = options or TrainOptions()
    materials.check()
    if config.n_mels != N_MELS:
        raise InputError(
            f"n_mels must be {N_MELS}, as many as the features have", value=config.n_mels
        )
    check_precision(options.precision)
    _keep_config(config, folder)
    run = _Run(config, materials, folder, options, loss_options or LossOptions())
    if begin_with is not None:
        run.begin_with(begin_with)
    run.finish()
    return checkpoints.load_model(folder)


def _keep_config(config: ModelConfig, folder: Path) -> None:
    """Note a run's configuration in its folder; only the dropout of one begun there may differ."""
    path = folder / checkpoints.CONFIG_FILE
    is_begun = (folder / LAST_FILE).exists() and path.exists()
    if is_begun and replace(read_config(path), dropout=config.dropout) != config:
        raise InputError(
            "the run in this folder has another configuration",
            path=path,
            remedy="name another folder",
        )
    write_config(path, config)


class _Run(TrainingRun):
    """The training of a model, from random weights unless it is told to begin with others."""

    def __init__(
        self,
        config: ModelConfig,
        materials: Materials,
        folder: Path,
        options: TrainOptions,
        loss_options: LossOptions,
    ) -> None:
        torch.manual_seed(options.seed)
        self.config, self.options, self.loss_options = config, options, loss_options
        self.model = CtcModel(config)
        super().__init__(self.model, materials, folder, options)
        short = materials.train.filter(lambda cut: cut.duration <= options.short_seconds)
        self.short = short.to_eager() or materials.train
        self.knows_nothing = True

    def begin_with(self, folder: Path) -> None:
        """Take the weights of a model; raises InputError if it is broken or of another shape."""
        path = folder / checkpoints.WEIGHTS_FILE
        checkpoints.fill(self.model, checkpoints.load(path), path)
        self.knows_nothing = False

    def cuts_of_epoch(self) -> tuple[Any, float]:
        """Return short utterances in small batches first, where nothing is known yet."""
        if self.knows_nothing and self.place.epoch == 0:
            return self.short, self.options.max_duration / 3
        return super().cuts_of_epoch()

    def losses(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return the CTC losses, in the first steps mixed with that of a flat start."""
        encoded = self._encode(batch)
        losses = losses_of(encoded, batch, self.loss_options)
        loss = losses.total
        if self.knows_nothing and self.place.step < self.options.flat_steps:
            loss = FLAT_SHARE * flat_start(encoded, batch) + (1 - FLAT_SHARE) * loss
        return loss, vars(losses)

    def _encode(self, batch: Batch) -> Encoded:
        features, lengths = batch.features, batch.lengths
        if not self.knows_nothing or self.place.epoch > 0:
            features, lengths = self.disturbed(batch)
        with self.mixed_precision():
            return self.model(features.to(self.device), lengths.to(self.device))

    def test(self) -> None:
        """Average the newest weights, write them as the model, and log its errors on dev."""
        checkpoints.save_model(self.folder, self.config, self.kept.average())
        errors = self._dev_errors()
        self.log.epoch(self.place.epoch, self.place.step, errors)

    def _dev_errors(self) -> HeadErrors:
        model = checkpoints.load_model(self.folder).to(self.device)
        errors = head_errors(model, self.dev_batches(), self.materials.tokens)
        if not errors.words.denominator:
            raise no_sound(self.materials.dev)
        return errors
