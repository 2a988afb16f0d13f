"""A tiny model, utterances with entities and an adapter, made once for all tests of adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_model

if TYPE_CHECKING:
    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.acoustic.training_run import Materials

one_thread = tiny_model.one_thread
model_folder = tiny_model.model_folder


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
