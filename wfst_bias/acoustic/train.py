"""Training: a loop over batches that can be stopped at any moment and goes on where it was.

In its folder a run keeps last.pt (everything it needs to go on), the newest weights for averaging
(step-*.pt), log.jsonl with an entry for each epoch, TensorBoard's events, and, after each epoch,
the model for use: config.json and weights.pt, averaged.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from wfst_bias.acoustic import checkpoints
from wfst_bias.acoustic.batches import Batch, epoch_of_batches, load_batches
from wfst_bias.acoustic.config import ModelConfig, read_config, write_config
from wfst_bias.acoustic.evaluate import HeadErrors, head_errors
from wfst_bias.acoustic.features import N_MELS
from wfst_bias.acoustic.losses import flat_start, losses_of
from wfst_bias.acoustic.masks import MaskOptions, masked
from wfst_bias.acoustic.model import CtcModel, Encoded
from wfst_bias.acoustic.schedule import learning_rate_factor
from wfst_bias.acoustic.targets import Target
from wfst_bias.acoustic.train_options import LossOptions, TrainOptions
from wfst_bias.acoustic.training_log import TrainingLog
from wfst_bias.acoustic.warps import WarpOptions, warped
from wfst_bias.errors import InputError
from wfst_bias.tokens import TokenTable

logger = logging.getLogger(__name__)

LAST_FILE = "last.pt"

FLAT_SHARE = 0.9  # of the loss, in the steps of a flat start


@dataclass(frozen=True)
class Materials:
    """What a model is trained on: Lhotse CutSets and the targets of all their cuts."""

    train: Any
    dev: Any
    targets: Mapping[str, Target]
    tokens: TokenTable


@dataclass
class Place:
    """Where a run is: what a checkpoint holds beside weights and optimizer."""

    epoch: int = 0
    batch: int = 0  # within the epoch
    step: int = 0


def train(
    config: ModelConfig,
    materials: Materials,
    folder: Path,
    options: TrainOptions | None = None,
    loss_options: LossOptions | None = None,
) -> CtcModel:
    """Train a model, going on from last.pt where the folder has one, and return its average.

    Raises:
      InputError: a checkpoint in the folder is broken or of another configuration, there is
        nothing to train or to test on, or no sound can be read.
    """
    options = options or TrainOptions()
    _check(config, materials, options)
    _keep_config(config, folder)
    run = _Run(config, materials, folder, options, loss_options or LossOptions())
    try:
        run.resume()
        while run.place.epoch < run.options.epochs:
            run.one_epoch()
    finally:
        run.log.close()
    return checkpoints.load_model(folder)


def _check(config: ModelConfig, materials: Materials, options: TrainOptions) -> None:
    for cuts, purpose in ((materials.train, "train"), (materials.dev, "test")):
        if not len(cuts):
            raise InputError(f"there are no cuts to {purpose} on")
    if config.n_mels != N_MELS:
        raise InputError(
            f"n_mels must be {N_MELS}, as many as the features have", value=config.n_mels
        )
    if options.precision == "bfloat16" and not (torch.cuda.is_available() or _can_mix_on_cpu()):
        raise InputError(
            "bfloat16 on a CPU needs a newer torch", value=torch.__version__, remedy="use float32"
        )


def _can_mix_on_cpu() -> bool:
    """Say whether this torch normalizes bfloat16 frames with float32 weights."""
    try:
        torch.nn.LayerNorm(2)(torch.zeros(1, 2, dtype=torch.bfloat16))
    except RuntimeError:
        return False
    return True


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


class _Run:
    """A training run: the model, its optimizer and where they are."""

    def __init__(
        self,
        config: ModelConfig,
        materials: Materials,
        folder: Path,
        options: TrainOptions,
        loss_options: LossOptions,
    ) -> None:
        torch.manual_seed(options.seed)
        self.config, self.materials, self.folder = config, materials, folder
        self.options, self.loss_options = options, loss_options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = CtcModel(config).to(self.device)
        self.optimizer = _optimizer(self.model, options)
        self.place, self.loss, self.log = Place(), float("nan"), TrainingLog(folder)
        self.masks = MaskOptions(share_of_utterances=options.masked_share)
        self.warps = WarpOptions(share_of_utterances=options.warped_share)
        self.short = materials.train.filter(lambda cut: cut.duration <= options.short_seconds)
        self.short = self.short.to_eager() or materials.train

    def resume(self) -> None:
        """Go on from last.pt, if there is one; what came after it is done again."""
        path = self.folder / LAST_FILE
        if path.exists():
            self._restore(checkpoints.load(path), path)
            logger.info("going on from %s", self.place)
        for newer in self._newest():
            if newer.name > self._weights_file().name:
                newer.unlink()
        at_end = self.place.epoch > 0 and self.place.batch == 0
        if at_end and not self.log.has(self.place.epoch, self.place.step):
            self._test()

    def _restore(self, content: Mapping[str, Any], path: Path) -> None:
        if not {"model", "moments", "place"} <= content.keys():
            raise InputError("not the checkpoint of a training run", path=path)
        checkpoints.fill(self.model, content["model"], path)
        rules = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": content["moments"], "param_groups": rules})
        self.place = Place(**content["place"])

    def one_epoch(self) -> None:
        """Learn from what is left of an epoch, test on dev, and write the averaged model."""
        cuts, seconds = self.materials.train, self.options.max_duration
        if self.place.epoch == 0:
            cuts, seconds = self.short, seconds / 3
        batches = epoch_of_batches(cuts, seconds, self.options.seed, self.place.epoch)
        is_whole, is_read = self.place.batch == 0, False
        for batch in self._with_progress(batches):
            is_read |= batch is not None
            self._advance(batch, self._progress(len(batches)))
        if is_whole and not is_read:
            raise _no_sound(cuts)
        self.place.epoch, self.place.batch = self.place.epoch + 1, 0
        self.checkpoint()
        self._test()

    def _advance(self, batch: Batch | None, progress: float) -> None:
        if batch is not None:
            self._learn(batch, progress)
        self.place.batch += 1
        if batch is not None and self.place.step % self.options.checkpoint_every == 0:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Write last.pt and the weights for averaging; forget the oldest of these."""
        weights = self.model.state_dict()
        checkpoints.save(self._weights_file(), weights)
        for old in self._newest()[: -self.options.averaged]:
            old.unlink()
        content = {
            "model": weights,
            "moments": self.optimizer.state_dict()["state"],
            "place": vars(self.place).copy(),
        }
        checkpoints.save(self.folder / LAST_FILE, content)

    def _weights_file(self) -> Path:
        return self.folder / f"step-{self.place.step:08d}.pt"

    def _newest(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.pt"))

    def _with_progress(self, batches: Sequence[Any]) -> Iterator[Batch | None]:
        title = f"epoch {self.place.epoch + 1}/{self.options.epochs}"
        bar = tqdm(total=len(batches), initial=self.place.batch, desc=title, unit="batch")
        left = batches[self.place.batch :]
        with bar:
            for batch in load_batches(left, self.materials.targets, self.options.workers):
                yield batch
                bar.update()
                bar.set_postfix(loss=f"{self.loss:.3f}", refresh=False)

    def _progress(self, n_batches: int) -> float:
        """Return the share of the run that is done; epochs count alike, except the first."""
        return (self.place.epoch + self.place.batch / n_batches) / self.options.epochs

    def _learn(self, batch: Batch, progress: float) -> None:
        self.model.train()
        self._seed_step()
        factor = learning_rate_factor(self.place.step, self.options.warmup_steps, progress)
        for group in self.optimizer.param_groups:
            group["lr"] = factor * self.options.learning_rate
        encoded = self._encode(batch)
        losses = losses_of(encoded, batch, self.loss_options)
        loss = losses.total
        if self.place.step < self.options.flat_steps:
            loss = FLAT_SHARE * flat_start(encoded, batch) + (1 - FLAT_SHARE) * loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip_norm)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.place.step += 1
        self.loss = losses.total.item()
        values = {name: value.item() for name, value in vars(losses).items()}
        self.log.step(self.place.step, {**values, "rate": factor, "gradient": float(norm)})

    def _encode(self, batch: Batch) -> Encoded:
        features, lengths = batch.features, batch.lengths
        if self.place.epoch > 0:
            features, lengths = warped(features, lengths, self.warps)
            features = masked(features, lengths, self.masks)
        enabled = self.options.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=enabled):
            return self.model(features.to(self.device), lengths.to(self.device))

    def _seed_step(self) -> None:
        """Make masks and dropout of a step the same, whether the run was cut off before or not."""
        numbers = random.Random(f"{self.options.seed} step {self.place.step}")
        torch.manual_seed(numbers.getrandbits(63))

    def _test(self) -> None:
        """Average the newest weights, write them as the model, and log its errors on dev."""
        newest = [checkpoints.load(path) for path in self._newest()]
        checkpoints.save_model(self.folder, self.config, checkpoints.average(newest))
        errors = self._dev_errors()
        self.log.epoch(self.place.epoch, self.place.step, errors)

    def _dev_errors(self) -> HeadErrors:
        model = checkpoints.load_model(self.folder).to(self.device)
        batches = epoch_of_batches(
            self.materials.dev, 2 * self.options.max_duration, seed=0, epoch=0, shuffle=False
        )
        loaded = load_batches(batches, self.materials.targets, self.options.workers)
        bar = tqdm(loaded, total=len(batches), desc="dev", unit="batch", leave=False)
        errors = head_errors(model, filter(None, bar), self.materials.tokens)
        if not errors.words.denominator:
            raise _no_sound(self.materials.dev)
        return errors


def _optimizer(model: CtcModel, options: TrainOptions) -> torch.optim.AdamW:
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    fused = {"fused": True} if version >= (2, 4) else {}  # the first that fuses on CPUs too
    return torch.optim.AdamW(
        model.parameters(),
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=options.weight_decay,
        **fused,
    )


def _no_sound(cuts: Any) -> InputError:
    return InputError(
        f"none of {len(cuts)} cuts can be read, as the warnings say; the first is",
        value=next(iter(cuts)).id,
        remedy="correct the paths in the manifest, or the files",
    )
