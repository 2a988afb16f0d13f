"""The small experiment, written once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_experiment import write_experiment

pytest.importorskip(
    "jinja2", reason="the report is an optional extra: pip install wfst-bias[report]"
)


@pytest.fixture(scope="session")
def exp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_experiment(tmp_path_factory.mktemp("report") / "exp")


@pytest.fixture
def own_exp(tmp_path: Path) -> Path:
    """Return an experiment that a test may spoil."""
    return write_experiment(tmp_path / "exp")
