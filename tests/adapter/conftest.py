"""A tiny model, utterances with entities and an adapter, made once for all tests of adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.acoustic.training_run import Materials


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute on one thread, so that sums have one order and a result is the same to the bit."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model with random weights, its subwords and its phones."""
    from model_folders import write_model

    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def recognizer(model_folder: Path) -> Recognizer:
    from wfst_bias.acoustic.recognizer import Recognizer

    return Recognizer.load(model_folder)


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Materials:
    """Return six utterances to train on, three of them also to test on; some have entities."""
    from adapters import adapter_materials
    from tones import write_utterances

    return adapter_materials(write_utterances(tmp_path_factory.mktemp("tones")), model_folder)
