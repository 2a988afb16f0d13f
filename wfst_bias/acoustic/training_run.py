"""A loop over batches that can be stopped at any moment and goes on where it was.

What is trained, and on what loss, a subclass says.
"""

from __future__ import annotations

import logging
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from wfst_bias.acoustic.batches import Batch, epoch_of_batches, load_batches
from wfst_bias.acoustic.masks import MaskOptions, masked
from wfst_bias.acoustic.run_folder import Place, RunFolder
from wfst_bias.acoustic.schedule import learning_rate_factor
from wfst_bias.acoustic.targets import Target
from wfst_bias.acoustic.train_options import RunOptions
from wfst_bias.acoustic.training_log import TrainingLog
from wfst_bias.acoustic.warps import WarpOptions, warped
from wfst_bias.errors import InputError
from wfst_bias.tokens import TokenTable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Materials:
    """What a model is trained on: Lhotse CutSets and the targets of all their cuts."""

    train: Any
    dev: Any
    targets: Mapping[str, Target]
    tokens: TokenTable

    def check(self) -> None:
        """Refuse sets without a cut; raises InputError."""
        for cuts, purpose in ((self.train, "train"), (self.dev, "test")):
            if not len(cuts):
                raise InputError(f"there are no cuts to {purpose} on")


class TrainingRun(ABC):
    """A training run: a model, its optimizer and where they are."""

    def __init__(
        self, model: nn.Module, materials: Materials, folder: Path, options: RunOptions
    ) -> None:
        self.materials, self.folder, self.run_options = materials, folder, options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.trained = model.to(self.device)
        self.optimizer = _optimizer(self.trained, options)
        self.kept = RunFolder(folder, self.trained, self.optimizer, options.averaged)
        self.place, self.loss, self.log = Place(), float("nan"), TrainingLog(folder)
        self.masks = MaskOptions(share_of_utterances=options.masked_share)
        self.warps = WarpOptions(share_of_utterances=options.warped_share)

    @abstractmethod
    def losses(self, batch: Batch) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Return what is to become less, and what is logged, `total` among it."""

    @abstractmethod
    def test(self) -> None:
        """Average the newest weights, write them as the model, and log its errors on dev."""

    def cuts_of_epoch(self) -> tuple[Any, float]:
        """Return what is learnt from in this epoch, and the seconds of a batch."""
        return self.materials.train, self.run_options.max_duration

    def finish(self) -> None:
        """Go on from where the folder is, to the end."""
        try:
            self.resume()
            while self.place.epoch < self.run_options.epochs:
                self.one_epoch()
        finally:
            self.log.close()

    def resume(self) -> None:
        """Go on from last.pt, if there is one; what came after it is done again."""
        self.place = self.kept.restore()
        if self.place.step:
            logger.info("going on from %s", self.place)
        at_end = self.place.epoch > 0 and self.place.batch == 0
        if at_end and not self.log.has(self.place.epoch, self.place.step):
            self.test()

    def one_epoch(self) -> None:
        """Learn from what is left of an epoch, and test."""
        cuts, seconds = self.cuts_of_epoch()
        batches = epoch_of_batches(cuts, seconds, self.run_options.seed, self.place.epoch)
        is_whole, is_read = self.place.batch == 0, False
        for batch in self._with_progress(batches):
            is_read |= batch is not None
            self._advance(batch, self._progress(len(batches)))
        if is_whole and not is_read:
            raise no_sound(cuts)
        self.place.epoch, self.place.batch = self.place.epoch + 1, 0
        self.kept.save(self.place)
        self.test()

    def disturbed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the features of a batch, warped and masked, and their lengths."""
        features, lengths = warped(batch.features, batch.lengths, self.warps)
        return masked(features, lengths, self.masks), lengths

    def mixed_precision(self) -> Any:
        """Give the context in which an encoder computes in the precision asked for."""
        enabled = self.run_options.precision == "bfloat16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=enabled)

    def dev_batches(self) -> Iterator[Batch]:
        """Read dev, with a progress bar."""
        batches = epoch_of_batches(
            self.materials.dev, 2 * self.run_options.max_duration, seed=0, epoch=0, shuffle=False
        )
        loaded = load_batches(batches, self.materials.targets, self.run_options.workers)
        bar = tqdm(loaded, total=len(batches), desc="dev", unit="batch", leave=False)
        return filter(None, bar)

    def _advance(self, batch: Batch | None, progress: float) -> None:
        if batch is not None:
            self._learn(batch, progress)
        self.place.batch += 1
        if batch is not None and self.place.step % self.run_options.checkpoint_every == 0:
            self.kept.save(self.place)

    def _with_progress(self, batches: Sequence[Any]) -> Iterator[Batch | None]:
        title = f"epoch {self.place.epoch + 1}/{self.run_options.epochs}"
        bar = tqdm(total=len(batches), initial=self.place.batch, desc=title, unit="batch")
        left = batches[self.place.batch :]
        with bar:
            for batch in load_batches(left, self.materials.targets, self.run_options.workers):
                yield batch
                bar.update()
                bar.set_postfix(loss=f"{self.loss:.3f}", refresh=False)

    def _progress(self, n_batches: int) -> float:
        """Return the share of the run that is done; epochs count alike, except the first."""
        return (self.place.epoch + self.place.batch / n_batches) / self.run_options.epochs

    def _learn(self, batch: Batch, progress: float) -> None:
        options = self.run_options
        self.trained.train()
        self._seed_step()
        factor = learning_rate_factor(self.place.step, options.warmup_steps, progress)
        for group in self.optimizer.param_groups:
            group["lr"] = factor * options.learning_rate
        loss, logged = self.losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.trained.parameters(), options.clip_norm)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.place.step += 1
        self.loss = logged["total"].item()
        values = {name: value.item() for name, value in logged.items()}
        self.log.step(self.place.step, {**values, "rate": factor, "gradient": float(norm)})

    def _seed_step(self) -> None:
        """Make masks and dropout of a step the same, whether the run was cut off before or not."""
        numbers = random.Random(f"{self.run_options.seed} step {self.place.step}")
        torch.manual_seed(numbers.getrandbits(63))


def check_precision(precision: str) -> None:
    """Refuse bfloat16 where torch cannot mix it with float32; raises InputError."""
    if precision == "bfloat16" and not (torch.cuda.is_available() or _can_mix_on_cpu()):
        raise InputError(
            "bfloat16 on a CPU needs a newer torch", value=torch.__version__, remedy="use float32"
        )


def no_sound(cuts: Any) -> InputError:
    """Return what is wrong where no cut could be read."""
    return InputError(
        f"none of {len(cuts)} cuts can be read, as the warnings say; the first is",
        value=next(iter(cuts)).id,
        remedy="correct the paths in the manifest, or the files",
    )


def _can_mix_on_cpu() -> bool:
    """Say whether this torch normalizes bfloat16 frames with float32 weights."""
    try:
        torch.nn.LayerNorm(2)(torch.zeros(1, 2, dtype=torch.bfloat16))
    except RuntimeError:
        return False
    return True


def _optimizer(model: nn.Module, options: RunOptions) -> torch.optim.AdamW:
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    fused = {"fused": True} if version >= (2, 4) else {}  # the first that fuses on CPUs too
    return torch.optim.AdamW(
        model.parameters(),
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=options.weight_decay,
        **fused,
    )
