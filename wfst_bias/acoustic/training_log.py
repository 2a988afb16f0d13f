"""What a training run says of itself: TensorBoard's events and a line of JSON for each epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from wfst_bias.acoustic.evaluate import HeadErrors
from wfst_bias.files import read_lines

LOG_FILE = "log.jsonl"


class TrainingLog:
    """Write the log of one run into its folder."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._path = folder / LOG_FILE
        self._events = SummaryWriter(str(folder / "tensorboard"))

    def has(self, epoch: int, step: int) -> bool:
        """Say whether the errors after an epoch, at that step, have been logged."""
        logged = read_lines(self._path) if self._path.exists() else []
        start = json.dumps({"epoch": epoch, "step": step}).removesuffix("}")
        return any(line.startswith(f"{start},") for line in logged)

    def close(self) -> None:
        """Write what is left to write."""
        self._events.close()

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Log the values of one step."""
        for name, value in values.items():
            self._events.add_scalar(f"train/{name}", value, step)

    def epoch(self, epoch: int, step: int, errors: HeadErrors) -> None:
        """Log the errors on dev after an epoch, and show them."""
        rates = {"wer": errors.words.value, "per": errors.phones.value}
        rates |= {f"wer_{i}": each.value for i, each in enumerate(errors.intermediate_words, 1)}
        self.rates(epoch, step, rates)

    def rates(self, epoch: int, step: int, rates: Mapping[str, float]) -> None:
        """Log shares, by name, after an epoch, and show them."""
        for name, value in rates.items():
            self._events.add_scalar(f"dev/{name}", value, step)
        self._events.flush()
        entry = {"epoch": epoch, "step": step, **{n: round(v, 5) for n, v in rates.items()}}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
        shown = ", ".join(f"{name} {100 * value:.2f} %" for name, value in rates.items())
        tqdm.write(f"epoch {epoch}: {shown}")
