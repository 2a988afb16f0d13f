"""What a training run keeps in its folder, so that it can be stopped at any moment and goes on.

last.pt has everything that it needs to go on; step-*.pt are the newest weights, for averaging.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from wfst_bias.acoustic import checkpoints
from wfst_bias.errors import InputError

LAST_FILE = "last.pt"


@dataclass
class Place:
    """Where a run is: what a checkpoint holds beside weights and optimizer."""

    epoch: int = 0
    batch: int = 0  # within the epoch
    step: int = 0


class RunFolder:
    """Keep the checkpoints of one run.

    Args:
      path: the folder.
      model: what is trained.
      optimizer: what trains it.
      averaged: how many of the newest weights are kept.
    """

    def __init__(
        self, path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, averaged: int
    ) -> None:
        self.path, self.model, self.optimizer, self.averaged = path, model, optimizer, averaged

    @property
    def is_begun(self) -> bool:
        """Say whether there is something to go on from."""
        return (self.path / LAST_FILE).exists()

    def restore(self) -> Place:
        """Fill model and optimizer from last.pt, if there is one; forget weights that came later.

        Raises:
          InputError: last.pt is broken or of another model.
        """
        place = self._read(self.path / LAST_FILE) if self.is_begun else Place()
        for newer in self._newest():
            if newer.name > self._weights_file(place).name:
                newer.unlink()
        return place

    def save(self, place: Place) -> None:
        """Write last.pt and the weights for averaging; forget the oldest of these."""
        weights = self.model.state_dict()
        checkpoints.save(self._weights_file(place), weights)
        for old in self._newest()[: -self.averaged]:
            old.unlink()
        content = {
            "model": weights,
            "moments": self.optimizer.state_dict()["state"],
            "place": vars(place).copy(),
        }
        checkpoints.save(self.path / LAST_FILE, content)

    def average(self) -> dict[str, Tensor]:
        """Return the mean of the newest weights; of those in last.pt where no others are left."""
        newest = [checkpoints.load(path) for path in self._newest()]
        return checkpoints.average(newest or [self.model.state_dict()])

    def _read(self, path: Path) -> Place:
        content = checkpoints.load(path)
        if not {"model", "moments", "place"} <= content.keys():
            raise InputError("not the checkpoint of a training run", path=path)
        checkpoints.fill(self.model, content["model"], path)
        rules = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": content["moments"], "param_groups": rules})
        return Place(**content["place"])

    def _weights_file(self, place: Place) -> Path:
        return self.path / f"step-{place.step:08d}.pt"

    def _newest(self) -> list[Path]:
        return sorted(self.path.glob("step-*.pt"))
