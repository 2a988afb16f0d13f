"""Runs of a tiny model, killed where a test says, and what they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lhotse import CutSet
from model_folders import tiny_config
from tones import train_options

from wfst_bias.acoustic import checkpoints
from wfst_bias.acoustic import train as training
from wfst_bias.acoustic.train import Materials, train
from wfst_bias.acoustic.training_log import LOG_FILE, TrainingLog

CONFIG = tiny_config()
OPTIONS = train_options()


class Killed(Exception):
    """Stands for the end of the process."""


class Counted:
    """A function that counts its calls, and is killed before or after one of them."""

    def __init__(self, function: Callable, kill_at: int = 0, *, is_done: bool = False) -> None:
        self.function, self.kill_at, self.is_done, self.calls = function, kill_at, is_done, 0

    def __call__(self, *args: object) -> object:
        self.calls += 1
        if self.calls == self.kill_at and not self.is_done:
            raise Killed
        result = self.function(*args)
        if self.calls == self.kill_at:
            raise Killed
        return result


PLACES = {
    "step": (training, "losses_of"),
    "file": (checkpoints, "save"),
    "test": (training, "head_errors"),
    "log": (TrainingLog, "epoch"),
}


def watched(monkeypatch: pytest.MonkeyPatch, place: str, *args: int, **kwargs: bool) -> Counted:
    """Replace the function of a place by one that counts."""
    owner, name = PLACES[place]
    counted = Counted(getattr(owner, name), *args, **kwargs)
    bound = counted if owner is not TrainingLog else lambda *arguments: counted(*arguments)
    monkeypatch.setattr(owner, name, bound)
    return counted


def outcome(folder: Path) -> dict[str, object]:
    """Return all that a run leaves but TensorBoard's events."""
    found: dict[str, object] = {
        path.name: checkpoints.load(path) for path in sorted(folder.glob("*.pt"))
    }
    return found | {name: (folder / name).read_text() for name in (LOG_FILE, "config.json")}


def differences(ours: object, theirs: object, name: str = "") -> list[str]:
    """Return the names of what is not the same, to the bit."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if ours.keys() != theirs.keys():
            return [f"{name}: {sorted(map(str, ours.keys() ^ theirs.keys()))}"]
        return [each for k in ours for each in differences(ours[k], theirs[k], f"{name}/{k}")]
    if isinstance(ours, torch.Tensor):
        return [] if torch.equal(ours, theirs) else [name]
    return [] if ours == theirs else [name]


def unreadable(cuts: CutSet, names: set[str]) -> CutSet:
    """Return cuts some of which name a file that is not there."""

    def lose(cut):
        (source,) = cut.recording.sources
        gone = replace(source, source=f"{source.source}.gone")
        return replace(cut, recording=replace(cut.recording, sources=[gone]))

    return CutSet.from_cuts(lose(cut) if cut.id in names else cut for cut in cuts)


def unbroken_run(materials: Materials, folder: Path) -> dict:
    """Return the outcome of a run without a break, and how often it came to each place."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        counters = {place: watched(patch, place) for place in PLACES}
        train(CONFIG, materials, folder, OPTIONS)
    torch.set_num_threads(threads)
    counts = {place: counter.calls for place, counter in counters.items()}
    return {"outcome": outcome(folder), "counts": counts, "folder": folder}
