"""The folder of a model: whole, cut off, incomplete, of another configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from model_folders import tiny_config, write_model

from wfst_bias.acoustic import model_folder
from wfst_bias.acoustic.checkpoints import save_model
from wfst_bias.acoustic.model import CtcModel
from wfst_bias.acoustic.model_folder import ModelFolder
from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def cut_off(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


def empty(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"")


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def other_weights(folder: Path) -> None:
    config = tiny_config(width=32)
    weights = CtcModel(config).state_dict()
    config_before = (folder / "config.json").read_text()
    save_model(folder, config, weights)
    (folder / "config.json").write_text(config_before)


def other_config(folder: Path) -> None:
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, "n_layers": 3}))


def more_phones(folder: Path) -> None:
    with (folder / "phones.txt").open("a") as stream:
        stream.write("ZH 4\n")


@pytest.mark.parametrize(
    ("spoil", "file"),
    [
        *((cut_off(n), n) for n in ("config.json", "weights.pt", "bpe.model", "tokens.txt")),
        *((empty(n), n) for n in ("config.json", "weights.pt", "bpe.model", "phones.txt")),
        *((remove(n), n) for n in ("config.json", "weights.pt", "bpe.model", "phones.txt")),
        (other_weights, "weights.pt"),
        (other_config, "weights.pt"),
        (more_phones, "phones.txt"),
    ],
)
def test_a_model_that_is_not_whole_is_refused_by_the_name_of_the_file(folder, spoil, file):
    spoil(folder)
    with pytest.raises(InputError) as raised:
        Recognizer.load(folder)
    assert str(folder / file) in str(raised.value)


def test_files_beside_the_model(folder):
    found = ModelFolder.find(folder)
    assert found.tokens == folder / "tokens.txt"
    assert found.lm == folder / "lm.arpa.gz"
    assert found.options == folder / "decode.toml"
    (folder / "decode.toml").unlink()
    (folder / "lm.arpa.gz").unlink()
    assert found.options is None
    with pytest.raises(InputError, match="no language model there; name one: --lm ARPA"):
        _ = found.lm


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no trained model there; correct the path"):
        ModelFolder.find(tmp_path / "nothing")


def test_the_default_is_in_the_repository(monkeypatch, repository, tmp_path):
    assert repository / "data/models/small" == model_folder.DEFAULT_MODEL
    monkeypatch.setattr(model_folder, "DEFAULT_MODEL", tmp_path / "nothing")
    with pytest.raises(InputError, match="no trained model there; name a model's folder: --model"):
        ModelFolder.find()
    monkeypatch.setattr(model_folder, "DEFAULT_MODEL", tmp_path)
    assert ModelFolder.find().path == tmp_path
