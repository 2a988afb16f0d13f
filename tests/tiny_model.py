"""Fixtures of all tests on a tiny acoustic model; a folder's conftest takes them by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
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
