"""A trained adapter as files: what comes back, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from adapters import SHAPES, random_adapter  # noqa: E402

from wfst_bias.adapter.adapter_folder import (  # noqa: E402
    CONFIG_FILE,
    WEIGHTS_FILE,
    load_adapter,
    save_adapter,
    weights_digest,
)
from wfst_bias.adapter.config import AdapterConfig  # noqa: E402
from wfst_bias.adapter.module import Adapter  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402


def base_model(seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    adapter = random_adapter()
    save_adapter(tmp_path, adapter.config, weights_digest(base_model()), adapter.state_dict())
    return tmp_path


def test_an_adapter_comes_back_as_it_was_in_half_precision(folder: Path) -> None:
    adapter, read = random_adapter(), load_adapter(folder, base_model())
    assert read.config == adapter.config
    assert not read.training
    for name, tensor in adapter.state_dict().items():
        assert torch.equal(read.state_dict()[name], tensor.half().float())


def test_the_adapter_of_the_models_of_the_project_is_small(tmp_path: Path) -> None:
    adapter = Adapter(AdapterConfig(n_tokens=500, model_width=256, layers=(6, 12, 18)))
    save_adapter(tmp_path, adapter.config, "", adapter.state_dict())
    assert (tmp_path / WEIGHTS_FILE).stat().st_size < 4_000_000


def test_another_model_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"adapter\.json: the adapter belongs to another model"):
        load_adapter(folder, base_model(seed=1))


def test_every_weight_counts_for_the_digest() -> None:
    digests = {weights_digest(base_model())}
    for name in base_model().state_dict():
        changed = base_model()
        changed.state_dict()[name].add_(1)
        digests.add(weights_digest(changed))
    assert len(digests) == 1 + len(base_model().state_dict())


def test_a_file_cut_off_anywhere_is_refused(folder: Path) -> None:
    path = folder / WEIGHTS_FILE
    content = path.read_bytes()
    for size in (0, 3, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match=r"adapter\.pt: cut off, or not a checkpoint"):
            load_adapter(folder, base_model())


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(InputError, match=r"adapter\.pt: cannot be read"):
        load_adapter(folder, base_model())
    (folder / CONFIG_FILE).unlink()
    with pytest.raises(InputError, match=r"adapter\.json: cannot be read"):
        load_adapter(folder, base_model())


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    other = random_adapter(SHAPES[-1])
    halves = other.state_dict()
    save_adapter(folder, random_adapter().config, weights_digest(base_model()), halves)
    with pytest.raises(InputError, match=r"adapter\.pt: weights of another configuration"):
        load_adapter(folder, base_model())
