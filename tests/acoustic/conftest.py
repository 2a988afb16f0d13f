"""Tiny subwords, utterances and a model, made once for all tests of the acoustic model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_model

if TYPE_CHECKING:
    from wfst_bias.acoustic.subwords import Subwords
    from wfst_bias.acoustic.training_run import Materials

one_thread = tiny_model.one_thread
model_folder = tiny_model.model_folder


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
