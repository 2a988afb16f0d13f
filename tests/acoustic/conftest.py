"""Tiny subwords, utterances and a model, made once for all tests of the acoustic model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wfst_bias.acoustic.subwords import Subwords
    from wfst_bias.acoustic.train import Materials


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
def subwords(model_folder: Path) -> Subwords:
    from wfst_bias.acoustic.subwords import MODEL_FILE, Subwords

    return Subwords.read(model_folder / MODEL_FILE)


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory, subwords: Subwords) -> Materials:
    """Return six utterances to train on, three of them also to test on."""
    from tones import materials_of, write_utterances

    cuts = write_utterances(tmp_path_factory.mktemp("tones"))
    return materials_of(cuts, cuts.subset(first=3), subwords)


@pytest.fixture(scope="session")
def unbroken(materials: Materials, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Return what a run without a break leaves, and how often it came to each place."""
    from runs import unbroken_run

    return unbroken_run(materials, tmp_path_factory.mktemp("unbroken"))
