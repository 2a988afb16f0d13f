"""Training of an adapter: the model beside it is frozen, and checked to be.

In its folder a run keeps last.pt (everything it needs to go on), the newest weights for averaging
(step-*.pt), log.jsonl with an entry for each epoch, TensorBoard's events, and, after each epoch,
the adapter for use: adapter.json and adapter.pt, averaged.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from wfst_bias.acoustic import checkpoints
from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.losses import ctc
from wfst_bias.acoustic.model import CtcModel, Encoded, log_softmax
from wfst_bias.acoustic.run_folder import LAST_FILE
from wfst_bias.acoustic.training_run import Materials, TrainingRun, check_precision, no_sound
from wfst_bias.adapter.adapter_folder import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    load_adapter,
    save_adapter,
    weights_digest,
)
from wfst_bias.adapter.alignment import align
from wfst_bias.adapter.config import (
    AdapterConfig,
    AdapterOptions,
    read_adapter_config,
    write_adapter_config,
)
from wfst_bias.adapter.draws import BatchLists, Pool, draw_lists, fixed_lists
from wfst_bias.adapter.evaluate import Gain, bias_of_lists, measure_gain
from wfst_bias.adapter.module import Adapter, Bias, Candidates, adapted_log_probs
from wfst_bias.adapter.selection import Spotter
from wfst_bias.adapter.supervision import supervise
from wfst_bias.adapter.train_options import AdapterTrainOptions, DrawOptions
from wfst_bias.adapter.utterances import EntityTarget, forms_of, of_cuts
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError


@dataclass(frozen=True)
class AdapterTraining:
    """Choose all of an adapter's training."""

    shape: AdapterOptions = field(default_factory=AdapterOptions)
    run: AdapterTrainOptions = field(default_factory=AdapterTrainOptions)
    draws: DrawOptions = field(default_factory=DrawOptions)


def train_adapter(
    base: CtcModel,
    materials: Materials,
    folder: Path,
    training: AdapterTraining | None = None,
    begin_with: Path | None = None,
) -> Adapter:
    """Train an adapter of a model, going on from last.pt where the folder has one.

    Args:
      base: the model; it stays as it is.
      materials: cuts, whose targets are of `entity_targets_of`, and the model's tokens, with
        their SentencePiece model.
      folder: of the run.
      training: options.
      begin_with: the folder of an adapter of the same shape, whose weights are the first; None for
        random ones.

    Returns:
      the average of the newest checkpoints, ready for use.

    Raises:
      InputError: a checkpoint in the folder is broken, of another configuration or of another
        model, the options name a layer that the model lacks, there is nothing to train or to test
        on or to put on a list, or no sound can be read.
    """
    training = training or AdapterTraining()
    materials.check()
    check_precision(training.run.precision)
    config = AdapterConfig.attached(
        training.shape,
        base.config.n_tokens,
        base.config.width,
        base.config.n_layers,
        base.config.intermediate_layers,
    )
    run = _Run(base, config, materials, folder, training)
    if begin_with is not None:
        run.begin_with(begin_with)
    run.finish()
    return load_adapter(folder, base)


def _keep_config(config: AdapterConfig, digest: str, folder: Path) -> None:
    """Note a run's configuration and model in its folder; one begun there has to have the same."""
    path = folder / CONFIG_FILE
    is_begun = (folder / LAST_FILE).exists() and path.exists()
    if is_begun and read_adapter_config(path) != (config, digest):
        raise InputError(
            "the run in this folder has another configuration or another model",
            path=path,
            remedy="name another folder",
        )
    write_adapter_config(path, config, digest)


class _Run(TrainingRun):
    """The training of an adapter beside a frozen model."""

    def __init__(
        self,
        base: CtcModel,
        config: AdapterConfig,
        materials: Materials,
        folder: Path,
        training: AdapterTraining,
    ) -> None:
        torch.manual_seed(training.run.seed)
        self.base, self.config, self.training = base.eval().requires_grad_(False), config, training
        self.digest = weights_digest(base)
        targets = cast(Mapping[str, EntityTarget], materials.targets)
        self.pool = Pool(forms_of(of_cuts(materials.train, targets)), Speller(materials.tokens))
        if not self.pool.forms:
            raise InputError(
                "the training cuts have neither entities nor rare words",
                remedy="give cuts with entities, or a larger --rare-count",
            )
        _keep_config(config, self.digest, folder)
        self.adapter = Adapter(config)
        self.adapter.begin_with(base.head.weight)
        super().__init__(self.adapter, materials, folder, training.run)
        self.base.to(self.device)
        self.spotter = Spotter(self.pool.spelled.tokens)
        dev = forms_of(of_cuts(materials.dev, targets))
        self.dev_forms = sorted({*dev, *self.pool.forms})

    def begin_with(self, folder: Path) -> None:
        """Take the weights of an adapter; raises InputError if it is broken or of another shape."""
        path = folder / WEIGHTS_FILE
        checkpoints.fill(self.adapter, checkpoints.load(path), path)

    def losses(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return the CTC loss with lists drawn for the batch, and the loss of attention."""
        encoded = self._encode(batch)
        lists = self._draw(batch, encoded)
        bias, candidates = bias_of_lists(self.adapter, encoded, lists)
        log_probs = adapted_log_probs(encoded.layers[-1], self.base.head, bias)
        final = ctc(log_probs, encoded.lengths, *batch.tokens())
        total = self._with_intermediate(final, encoded, batch, bias)
        logged = {"final": final}
        if self.training.draws.attention_weight:
            attention = self._attention_loss(encoded, batch, lists, bias, candidates)
            total = total + self.training.draws.attention_weight * attention
            logged["attention"] = attention
        return total, {"total": total, **logged}

    def _draw(self, batch: Batch, encoded: Encoded) -> BatchLists:
        rng = random.Random(f"{self.training.run.seed} lists of step {self.place.step}")
        targets, draws = cast(Sequence[EntityTarget], batch.targets), self.training.draws
        heard = self._heard(encoded) if draws.heard_share else None
        return draw_lists(targets, self.pool, draws, rng, heard)

    def _heard(self, encoded: Encoded) -> list[list[str]]:
        """Return the forms that each utterance may hold, as they are picked of a long list."""
        count = self.training.draws.most_distractors
        rows = zip(encoded.log_probs, encoded.lengths.tolist(), strict=True)
        picked = (self.spotter.best(row[:length], count).tolist() for row, length in rows)
        return [[self.pool.forms[number] for number in each] for each in picked]

    @torch.no_grad()
    def _encode(self, batch: Batch) -> Encoded:
        features, lengths = self.disturbed(batch)
        with self.mixed_precision():
            encoded = self.base(features.to(self.device), lengths.to(self.device))
        layers = tuple(layer.float() for layer in encoded.layers)
        return replace(encoded, layers=layers, log_probs=encoded.log_probs.float())

    def _with_intermediate(
        self, final: Tensor, encoded: Encoded, batch: Batch, bias: Bias
    ) -> Tensor:
        """Mix the final loss with those of the intermediate heads, if they are adapted."""
        if not (self.config.options.intermediate_heads and self.base.config.intermediate_layers):
            return final
        between = [
            ctc(log_softmax(self.base.head(norm(layer) + bias.added)), encoded.lengths, *tokens)
            for norm, number in zip(
                self.base.intermediate_norms, self.base.config.intermediate_layers, strict=True
            )
            for layer, tokens in [(encoded.layers[number - 1], batch.tokens())]
        ]
        weight = self.training.draws.intermediate_weight
        return (1 - weight) * final + weight * torch.stack(between).mean()

    def _attention_loss(
        self,
        encoded: Encoded,
        batch: Batch,
        lists: BatchLists,
        bias: Bias,
        candidates: Candidates,
    ) -> Tensor:
        targets = [target.tokens for target in batch.targets]
        said = [[(i, lists.entities.tokens[i]) for i in each] for each in lists.said]
        supervision = supervise(
            align(encoded.log_probs, encoded.lengths.cpu(), targets),
            targets,
            said,
            candidates,
            bias.log_attention.shape[1],
            self.materials.tokens.word_start_ids,
        )
        return supervision.loss(bias.log_attention)

    def test(self) -> None:
        """Write the average of the newest weights as the adapter, and log its gain on dev."""
        if weights_digest(self.base) != self.digest:
            raise RuntimeError("the frozen model has changed in training")
        save_adapter(self.folder, self.config, self.digest, self.kept.average())
        gain = self._dev_gain()
        self.log.rates(self.place.epoch, self.place.step, gain.rates())

    def _dev_gain(self) -> Gain:
        adapter = load_adapter(self.folder, self.base).to(self.device)
        gain = measure_gain(
            self.base, adapter, self.dev_batches(), self._dev_lists, self.materials.tokens
        )
        if not gain.base.words.reference_words:
            raise no_sound(self.materials.dev)
        return gain

    def _dev_lists(self, batch: Batch) -> BatchLists:
        targets = cast(Sequence[EntityTarget], batch.targets)
        count = self.training.draws.dev_distractors
        return fixed_lists(targets, self.dev_forms, count, self.pool.speller)
