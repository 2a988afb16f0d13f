"""Training of an adapter: the model stays, a run that is killed goes on, bad folders are named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from adapters import SHAPES

for _package in ("torch", "lhotse", "soundfile", "tensorboard", "scipy"):
    pytest.importorskip(_package)

import torch  # noqa: E402

from wfst_bias.acoustic import checkpoints  # noqa: E402
from wfst_bias.acoustic.checkpoints import load_model  # noqa: E402
from wfst_bias.acoustic.training_log import LOG_FILE  # noqa: E402
from wfst_bias.acoustic.training_run import Materials  # noqa: E402
from wfst_bias.adapter import train as training  # noqa: E402
from wfst_bias.adapter.adapter_folder import weights_digest  # noqa: E402
from wfst_bias.adapter.train import AdapterTraining, train_adapter  # noqa: E402
from wfst_bias.adapter.train_options import AdapterTrainOptions, DrawOptions  # noqa: E402
from wfst_bias.adapter.utterances import EntityTarget  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:We have exceeded the max_duration")

RUN = AdapterTrainOptions(
    epochs=2, max_duration=2.0, warmup_steps=1, checkpoint_every=2, averaged=2, workers=0
)
TRAINING = AdapterTraining(
    replace(SHAPES[0], intermediate_heads=True),
    RUN,
    DrawOptions(rare_count=2, most_distractors=5, dev_distractors=3),
)


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def run(model_folder: Path, materials: Materials, tmp_path_factory) -> Path:
    """Return the folder of a run without a break."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("run")
    train_adapter(load_model(model_folder), materials, folder, TRAINING)
    return folder


def kept(folder: Path) -> dict:
    return {path.name: checkpoints.load(path) for path in sorted(folder.glob("*.pt"))}


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
    return torch.equal(ours, theirs) if isinstance(ours, torch.Tensor) else ours == theirs


def test_it_leaves_an_adapter_and_a_line_for_each_epoch(run: Path) -> None:
    entries = [json.loads(line) for line in (run / LOG_FILE).read_text().splitlines()]
    assert [entry["epoch"] for entry in entries] == [1, 2]
    assert {"wer", "base_wer", "base_recall"} <= entries[-1].keys()
    assert {"adapter.json", "adapter.pt", "last.pt", "tensorboard"} <= {
        p.name for p in run.iterdir()
    }


def test_the_model_stays_and_the_adapter_does_not(
    model_folder: Path, materials: Materials, tmp_path: Path
) -> None:
    base = load_model(model_folder)
    digest = weights_digest(base)
    adapter = train_adapter(base, materials, tmp_path, TRAINING)
    assert weights_digest(base) == digest == weights_digest(load_model(model_folder))
    assert not base.training
    assert adapter.project_out.weight.any()


def test_a_model_that_changes_is_noticed(
    model_folder: Path, materials: Materials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = load_model(model_folder)
    align = training.align

    def spoil(*arguments):
        with torch.no_grad():
            base.head.bias[3] += 1e-6
        return align(*arguments)

    monkeypatch.setattr(training, "align", spoil)
    with pytest.raises(RuntimeError, match="the frozen model has changed"):
        train_adapter(base, materials, tmp_path, TRAINING)


@pytest.mark.parametrize("kill_at", [1, 3, 4])
def test_a_run_that_is_killed_ends_as_if_it_had_not_been(
    run: Path, model_folder: Path, materials: Materials, tmp_path: Path, kill_at: int
) -> None:
    align, calls = training.align, []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == kill_at:
            raise Killed
        return align(*arguments)

    base = load_model(model_folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "align", killed)
        with pytest.raises(Killed):
            train_adapter(base, materials, tmp_path, TRAINING)
    torch.manual_seed(kill_at)  # another process has other random numbers
    train_adapter(base, materials, tmp_path, TRAINING)
    assert same(kept(tmp_path), kept(run))
    assert (tmp_path / LOG_FILE).read_text() == (run / LOG_FILE).read_text()


def test_a_folder_of_another_run_is_refused(
    run: Path, model_folder: Path, materials: Materials
) -> None:
    base = load_model(model_folder)
    other = replace(TRAINING, shape=SHAPES[1])
    with pytest.raises(InputError, match="another configuration or another model"):
        train_adapter(base, materials, run, other)
    with torch.no_grad():
        base.head.bias[0] += 1
    with pytest.raises(InputError, match="another configuration or another model"):
        train_adapter(base, materials, run, TRAINING)


def test_cuts_without_anything_for_a_list_are_refused(
    model_folder: Path, materials: Materials, tmp_path: Path
) -> None:
    bare = {n: EntityTarget(t.text, t.tokens, t.phones) for n, t in materials.targets.items()}
    with pytest.raises(InputError, match="neither entities nor rare words"):
        train_adapter(
            load_model(model_folder), replace(materials, targets=bare), tmp_path, TRAINING
        )


def test_it_may_begin_with_another_adapter(
    run: Path, model_folder: Path, materials: Materials, tmp_path: Path
) -> None:
    still = replace(TRAINING, run=replace(RUN, epochs=1, learning_rate=1e-9))
    base = load_model(model_folder)
    adapter = train_adapter(base, materials, tmp_path / "on", still, begin_with=run)
    begun = training.load_adapter(run, base).state_dict()
    for name, weights in adapter.state_dict().items():
        torch.testing.assert_close(weights, begun[name], atol=1e-3, rtol=1e-2)
    other = replace(still, shape=replace(still.shape, attention_width=4))
    with pytest.raises(InputError, match=r"adapter\.pt"):
        train_adapter(base, materials, tmp_path / "off", other, begin_with=run)


def test_distractors_are_those_that_are_heard(
    model_folder: Path, materials: Materials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw_lists = training.draw_lists
    monkeypatch.setattr(
        training, "draw_lists", lambda *given: drawn.append(given[-1]) or draw_lists(*given)
    )
    hearing = replace(TRAINING, draws=replace(TRAINING.draws, heard_share=0.4))
    train_adapter(load_model(model_folder), materials, tmp_path, hearing)
    most = TRAINING.draws.most_distractors
    assert drawn
    assert all(0 < len(forms) == len(set(forms)) <= most for each in drawn for forms in each)
