"""The log of a run: TensorBoard's events, and a line for each epoch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

for _package in ("torch", "lhotse", "tensorboard"):
    pytest.importorskip(_package)

from wfst_bias.acoustic.evaluate import HeadErrors  # noqa: E402
from wfst_bias.acoustic.training_log import LOG_FILE, TrainingLog  # noqa: E402
from wfst_bias.score.fraction import Fraction  # noqa: E402

ERRORS = HeadErrors(Fraction(1, 4), (Fraction(2, 4), Fraction(1, 3)), Fraction(3, 9))


def test_an_epoch_is_a_line_with_the_rates_of_every_head(tmp_path: Path, capsys) -> None:
    log = TrainingLog(tmp_path / "run")
    log.epoch(1, 25, ERRORS)
    log.epoch(2, 50, ERRORS)
    log.close()
    lines = (tmp_path / "run" / LOG_FILE).read_text().splitlines()
    rates = {"wer": 0.25, "per": 0.33333, "wer_1": 0.5, "wer_2": 0.33333}
    assert list(map(json.loads, lines)) == [
        {"epoch": 1, "step": 25, **rates},
        {"epoch": 2, "step": 50, **rates},
    ]
    shown = "epoch 2: wer 25.00 %, per 33.33 %, wer_1 50.00 %, wer_2 33.33 %"
    assert capsys.readouterr().out.splitlines()[1] == shown


def test_it_knows_what_has_been_logged(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    assert not log.has(1, 25)
    log.epoch(1, 25, ERRORS)
    log.close()
    again = TrainingLog(tmp_path)
    assert again.has(1, 25)
    assert not any(again.has(*other) for other in ((1, 2), (1, 24), (2, 25), (1, 250), (11, 25)))
    again.close()


def test_events_hold_steps_and_epochs(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = TrainingLog(tmp_path)
    log.step(1, {"total": 3.0, "rate": 0.5})
    log.step(2, {"total": 2.0, "rate": 1.0})
    log.epoch(1, 2, ERRORS)
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    totals = [(event.step, event.value) for event in events.Scalars("train/total")]
    assert totals == [(1, 3.0), (2, 2.0)]
    assert [(e.step, e.value) for e in events.Scalars("dev/wer")] == [(2, 0.25)]
    assert set(events.Tags()["scalars"]) == {
        "train/total", "train/rate", "dev/wer", "dev/per", "dev/wer_1", "dev/wer_2",
    }  # fmt: skip
