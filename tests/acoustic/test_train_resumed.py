"""Training that is killed, anywhere, ends as if it had not been."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

for _package in ("torch", "lhotse", "soundfile", "tensorboard"):
    pytest.importorskip(_package)

import torch  # noqa: E402
from runs import (  # noqa: E402
    CONFIG,
    OPTIONS,
    Killed,
    differences,
    outcome,
    unreadable,
    watched,
)

from wfst_bias.acoustic import checkpoints  # noqa: E402
from wfst_bias.acoustic.model import CtcModel  # noqa: E402
from wfst_bias.acoustic.train import LAST_FILE, Materials, train  # noqa: E402
from wfst_bias.acoustic.training_log import LOG_FILE  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:We have exceeded the max_duration")


def test_a_run_has_steps_between_checkpoints(unbroken: dict) -> None:
    assert unbroken["counts"] == {"step": 7, "file": 12, "test": 2, "log": 2}
    files = set(unbroken["outcome"])
    assert {"last.pt", "weights.pt", "step-00000005.pt", "step-00000007.pt"} <= files
    entries = list(map(json.loads, unbroken["outcome"][LOG_FILE].splitlines()))
    assert [(entry["epoch"], entry["step"]) for entry in entries] == [(1, 5), (2, 7)]


@pytest.mark.parametrize(
    ("place", "is_done"),
    [("step", False), ("file", False), ("test", False), ("log", False), ("log", True)],
)
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been(
    unbroken: dict, materials: Materials, tmp_path: Path, place: str, is_done: bool
) -> None:
    for kill_at in range(1, unbroken["counts"][place] + 1):
        folder = tmp_path / str(kill_at)
        with pytest.MonkeyPatch.context() as patch:
            watched(patch, place, kill_at, is_done=is_done)
            with pytest.raises(Killed):
                train(CONFIG, materials, folder, OPTIONS)
        torch.manual_seed(kill_at)  # another process has other random numbers
        train(CONFIG, materials, folder, OPTIONS)
        assert differences(outcome(folder), unbroken["outcome"]) == [], f"killed at {kill_at}"


def test_a_run_killed_at_every_step_gets_there(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    options = replace(OPTIONS, checkpoint_every=1)
    kills = 0
    while True:
        with pytest.MonkeyPatch.context() as patch:
            watched(patch, "step", 2)
            try:
                train(CONFIG, materials, tmp_path, options)
            except Killed:
                kills += 1
            else:
                break
    assert kills == 6
    ours, theirs = outcome(tmp_path)[LAST_FILE], unbroken["outcome"][LAST_FILE]
    assert differences(ours, theirs) == []


def test_only_what_is_after_the_newest_checkpoint_is_done_again(
    materials: Materials, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        watched(patch, "step", 4)
        with pytest.raises(Killed):
            train(CONFIG, materials, tmp_path, OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        again = watched(patch, "step")
        train(CONFIG, materials, tmp_path, OPTIONS)
    assert again.calls == 5  # steps 3 to 7, after the checkpoint of step 2


def test_weights_left_by_a_run_before_are_not_averaged(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    for step in (5, 900):
        other = CtcModel(CONFIG).state_dict()
        checkpoints.save(tmp_path / f"step-{step:08d}.pt", other)
    train(CONFIG, materials, tmp_path, OPTIONS)
    assert differences(outcome(tmp_path), unbroken["outcome"]) == []


def test_batches_that_cannot_be_read_are_passed_over_also_when_killed(
    materials: Materials, tmp_path: Path
) -> None:
    options = replace(OPTIONS, max_duration=0.7, checkpoint_every=1, averaged=20)
    some = replace(materials, train=unreadable(materials.train, {"tone-1", "tone-3", "tone-4"}))
    train(CONFIG, some, tmp_path / "unbroken", options)
    expected = outcome(tmp_path / "unbroken")
    assert expected[LAST_FILE]["place"] == {"epoch": 2, "batch": 0, "step": 6}
    for kill_at in (2, 3, 5):
        folder = tmp_path / str(kill_at)
        with pytest.MonkeyPatch.context() as patch:
            watched(patch, "step", kill_at)
            with pytest.raises(Killed):
                train(CONFIG, some, folder, options)
        train(CONFIG, some, folder, options)
        assert differences(outcome(folder), expected) == []
