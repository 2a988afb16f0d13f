"""Training learns, averages, and refuses what cannot be trained."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

for _package in ("torch", "lhotse", "soundfile", "tensorboard"):
    pytest.importorskip(_package)

import torch  # noqa: E402
from model_folders import tiny_config  # noqa: E402
from runs import CONFIG, OPTIONS, differences, outcome, unreadable, watched  # noqa: E402
from tones import materials_of, silent_cuts, train_options, write_utterances  # noqa: E402

from wfst_bias.acoustic import checkpoints  # noqa: E402
from wfst_bias.acoustic.batches import epoch_of_batches, load_batches  # noqa: E402
from wfst_bias.acoustic.config import ModelConfig  # noqa: E402
from wfst_bias.acoustic.losses import losses_of  # noqa: E402
from wfst_bias.acoustic.model import CtcModel  # noqa: E402
from wfst_bias.acoustic.subwords import Subwords  # noqa: E402
from wfst_bias.acoustic.train import LAST_FILE, Materials, train  # noqa: E402
from wfst_bias.acoustic.train_options import LossOptions  # noqa: E402
from wfst_bias.acoustic.training_log import LOG_FILE  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:We have exceeded the max_duration")


def test_another_seed_gives_another_model(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    train(CONFIG, materials, tmp_path, replace(OPTIONS, seed=2, epochs=1))
    assert differences(
        outcome(tmp_path)["step-00000005.pt"], unbroken["outcome"]["step-00000005.pt"]
    )


def test_a_finished_run_returns_its_model_at_once(
    unbroken: dict, materials: Materials, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = watched(monkeypatch, "step")
    folder = unbroken["folder"]
    model = train(CONFIG, materials, folder, OPTIONS)
    assert steps.calls == 0
    assert not model.training
    expected = {name: t.float() for name, t in unbroken["outcome"]["weights.pt"].items()}
    assert differences({n: t.float() for n, t in model.state_dict().items()}, expected) == []
    assert differences(outcome(folder), unbroken["outcome"]) == []


def test_more_epochs_with_other_dropout_go_on_from_a_finished_run(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    shutil.copytree(unbroken["folder"], folder)
    other = replace(CONFIG, dropout=0.0)
    assert train(other, materials, folder, replace(OPTIONS, epochs=3)).config == other
    assert checkpoints.load(folder / LAST_FILE)["place"] == {"epoch": 3, "batch": 0, "step": 9}


def test_a_run_begins_with_the_weights_of_a_model(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    slow = replace(OPTIONS, epochs=1, learning_rate=1e-9)
    known = train(CONFIG, materials, tmp_path / "on", slow, begin_with=unbroken["folder"])
    first = {name: t.float() for name, t in unbroken["outcome"]["weights.pt"].items()}
    trained = [n for n, t in known.named_parameters() if not torch.allclose(t, first[n], atol=1e-5)]
    assert not trained
    steps = checkpoints.load(tmp_path / "on" / LAST_FILE)["place"]["step"]
    whole = len(list(epoch_of_batches(materials.train, OPTIONS.max_duration, OPTIONS.seed, 0)))
    assert steps == whole  # all cuts at once, in batches of full size


def test_a_model_of_another_shape_is_nothing_to_begin_with(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    other = replace(CONFIG, width=2 * CONFIG.width)
    with pytest.raises(InputError, match=r"weights\.pt: weights of another configuration"):
        train(other, materials, tmp_path, OPTIONS, begin_with=unbroken["folder"])


def test_a_run_goes_on_without_the_weights_for_averaging(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    folder = tmp_path / "lean"
    shutil.copytree(unbroken["folder"], folder)
    for path in (*folder.glob("step-*.pt"), folder / LOG_FILE):
        path.unlink()
    train(CONFIG, materials, folder, OPTIONS)
    last = checkpoints.in_half_precision(checkpoints.load(folder / LAST_FILE)["model"])
    assert differences(checkpoints.load(folder / "weights.pt"), last) == []


def test_the_model_is_the_average_of_the_newest_checkpoints(unbroken: dict) -> None:
    saved = unbroken["outcome"]
    newest = [saved[name] for name in sorted(saved) if name.startswith("step-")]
    assert len(newest) == OPTIONS.averaged
    halves = {
        name: t.half() if t.is_floating_point() else t
        for name, t in checkpoints.average(newest).items()
    }
    assert differences(halves, saved["weights.pt"]) == []


def loss_of(model: CtcModel, materials: Materials) -> float:
    (batch,) = load_batches([materials.train], materials.targets, 0)
    assert batch is not None
    with torch.no_grad():
        losses = losses_of(model.eval()(batch.features, batch.lengths), batch, LossOptions())
    return float(losses.total)


def test_six_utterances_are_learnt(materials: Materials, tmp_path: Path) -> None:
    config = replace(CONFIG, dropout=0.0)
    options = train_options(
        epochs=20, flat_steps=0, max_duration=10.0, learning_rate=1e-2, warmup_steps=5, averaged=1,
        checkpoint_every=100,
    )  # fmt: skip
    torch.manual_seed(options.seed)
    before = loss_of(CtcModel(config), materials)
    model = train(config, materials, tmp_path, options)
    assert loss_of(model, materials) < before / 2
    entries = [json.loads(line) for line in (tmp_path / LOG_FILE).read_text().splitlines()]
    assert [entry["epoch"] for entry in entries] == list(range(1, 21))


def test_the_first_epoch_has_the_short_cuts(materials: Materials, tmp_path: Path) -> None:
    options = replace(OPTIONS, max_duration=0.7, short_seconds=0.7)
    train(CONFIG, materials, tmp_path, replace(options, epochs=1))
    assert checkpoints.load(tmp_path / LAST_FILE)["place"]["step"] == 3  # cuts of 1 or 2 words
    train(CONFIG, materials, tmp_path, replace(options, epochs=2))
    assert checkpoints.load(tmp_path / LAST_FILE)["place"]["step"] == 3 + 6


def test_without_short_cuts_the_first_epoch_has_all(materials: Materials, tmp_path: Path) -> None:
    train(CONFIG, materials, tmp_path, replace(OPTIONS, epochs=1, short_seconds=0.1))
    assert checkpoints.load(tmp_path / LAST_FILE)["place"]["step"] == 5


@pytest.mark.parametrize(
    "other",
    [
        tiny_config(width=24),
        tiny_config(n_heads=4),
        tiny_config(intermediate_layers=(2,)),
        tiny_config(phone_layer=1),
    ],
)
def test_the_folder_of_another_configuration_is_refused(
    unbroken: dict, materials: Materials, other: ModelConfig
) -> None:
    folder = unbroken["folder"]
    with pytest.raises(InputError, match=r"config\.json: the run in this folder has another conf"):
        train(other, materials, folder, OPTIONS)
    assert differences(outcome(folder), unbroken["outcome"]) == []


def test_weights_of_another_configuration_are_refused_without_its_name(
    unbroken: dict, materials: Materials, tmp_path: Path
) -> None:
    shutil.copy(unbroken["folder"] / LAST_FILE, tmp_path / LAST_FILE)
    with pytest.raises(InputError, match=r"last\.pt: weights of another configuration"):
        train(tiny_config(width=24), materials, tmp_path, OPTIONS)


@pytest.mark.parametrize("damage", ["cut off", "other file"])
def test_a_broken_checkpoint_is_refused(
    unbroken: dict, materials: Materials, tmp_path: Path, damage: str
) -> None:
    path, whole = tmp_path / LAST_FILE, unbroken["folder"] / LAST_FILE
    if damage == "cut off":
        path.write_bytes(whole.read_bytes()[:-3000])
    else:
        shutil.copy(unbroken["folder"] / "weights.pt", path)
    with pytest.raises(InputError, match=r"last\.pt: (cut off, or )?not (a|the) checkpoint"):
        train(CONFIG, materials, tmp_path, OPTIONS)


ALL = {f"tone-{i}" for i in range(6)}


@pytest.mark.parametrize("kind", ["train", "dev"])
def test_sound_that_cannot_be_read_at_all_is_an_error(
    materials: Materials, tmp_path: Path, kind: str
) -> None:
    lost = unreadable(getattr(materials, kind), ALL)
    message = f"none of {len(lost)} cuts can be read, as the warnings say; the first is: 'tone-0'"
    with pytest.raises(InputError, match=message):
        train(CONFIG, replace(materials, **{kind: lost}), tmp_path, OPTIONS)
    train(CONFIG, materials, tmp_path, OPTIONS)  # once the files are back, it goes on
    assert len((tmp_path / LOG_FILE).read_text().splitlines()) == 2


@pytest.mark.parametrize(("kind", "purpose"), [("train", "train"), ("dev", "test")])
def test_nothing_to_learn_from_or_to_test_on_is_an_error(
    materials: Materials, tmp_path: Path, kind: str, purpose: str
) -> None:
    empty = replace(materials, **{kind: silent_cuts([])})
    with pytest.raises(InputError, match=f"there are no cuts to {purpose} on"):
        train(CONFIG, empty, tmp_path, OPTIONS)
    assert not list(tmp_path.iterdir())


def test_features_have_eighty_channels(materials: Materials, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="n_mels must be 80, as many as the features have: 40"):
        train(tiny_config(n_mels=40), materials, tmp_path, OPTIONS)


def test_bfloat16_trains_or_says_that_it_cannot(materials: Materials, tmp_path: Path) -> None:
    options = replace(OPTIONS, epochs=1, precision="bfloat16")
    if torch.__version__.startswith("1."):
        with pytest.raises(InputError, match=r"bfloat16 on a CPU needs a newer torch: '1.*float32"):
            train(CONFIG, materials, tmp_path, options)
    else:
        weights = train(CONFIG, materials, tmp_path, options).state_dict()
        assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_an_impossible_or_silent_utterance_does_no_harm(subwords: Subwords, tmp_path: Path) -> None:
    cuts = write_utterances(tmp_path, ["anna said yes", "anna met"])
    materials = materials_of(cuts, cuts, subwords)
    longer = replace(materials.targets["tone-1"], tokens=materials.targets["tone-1"].tokens * 20)
    impossible = replace(materials, targets={**materials.targets, "tone-1": longer})
    model = train(CONFIG, impossible, tmp_path / "run", replace(OPTIONS, epochs=1))
    assert all(torch.isfinite(tensor).all() for tensor in model.state_dict().values())


def test_warnings_name_the_cut(
    materials: Materials, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    some = replace(materials, train=unreadable(materials.train, {"tone-1"}))
    logger = logging.getLogger("wfst_bias")
    logger.addHandler(caplog.handler)
    try:
        train(CONFIG, some, tmp_path, replace(OPTIONS, epochs=1))
    finally:
        logger.removeHandler(caplog.handler)
    assert any("cut tone-1 is left out: " in record.getMessage() for record in caplog.records)
