"""Options and data that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; HYPOTHESIS_PROFILE=explore draws new ones.
# No deadline: how long an example takes says more of the machine than of the code.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="takes more than a few seconds: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def planted() -> Path:
    """Return the folder of the planted data."""
    return ROOT / "data/planted"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder beside the repository that has realspeech/ and text/, or skip."""
    folder = ROOT.parent / "shared"
    if not (folder / "realspeech").is_dir():
        pytest.skip("no ../shared/realspeech: log-probabilities of real speech are not at hand")
    return folder
