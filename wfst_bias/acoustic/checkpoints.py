"""Checkpoints: what a training run needs to go on, and a model's weights for use.

A training checkpoint is one file with everything (weights, optimizer, place in the data, random
numbers). A model is a folder: config.json, weights.pt (half precision), bpe.model, tokens.txt,
phones.txt.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wfst_bias.acoustic.config import ModelConfig, read_config, write_config
from wfst_bias.acoustic.model import CtcModel
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write

CONFIG_FILE, WEIGHTS_FILE = "config.json", "weights.pt"
_ARCHIVE_START, _TORCHSCRIPT_FILE = b"PK\x03\x04", "constants.pkl"

Weights = Mapping[str, Tensor]


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint; a run killed in the middle leaves the one before."""
    with atomic_write(path, "wb") as stream:
        torch.save(dict(content), stream)


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint of tensors and plain values; no code in it is run.

    Raises:
      InputError: no such file, or one that is cut off or no checkpoint.
    """
    _check_archive(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    except (RuntimeError, EOFError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise InputError("cut off, or not a checkpoint", path=path) from error
    if not isinstance(content, dict):
        raise InputError("not a checkpoint", path=path)
    return content


def _check_archive(path: Path) -> None:
    """Refuse what torch.load would read by older or other rules, which can run code."""
    try:
        with path.open("rb") as stream:
            is_archive = stream.read(len(_ARCHIVE_START)) == _ARCHIVE_START
        names = zipfile.ZipFile(path).namelist() if is_archive else []
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    except zipfile.BadZipFile:
        names = []
    if not names or any(Path(name).name == _TORCHSCRIPT_FILE for name in names):
        raise InputError("cut off, or not a checkpoint", path=path)


def average(checkpoints: Sequence[Weights]) -> dict[str, Tensor]:
    """Return the mean of each tensor over checkpoints; whole numbers are the last one's."""
    last = checkpoints[-1]
    return {
        name: torch.stack([each[name].double() for each in checkpoints]).mean(0).to(tensor.dtype)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in last.items()
    }


def save_model(folder: Path, config: ModelConfig, weights: Weights) -> None:
    """Write config.json and weights.pt, in half precision, to a folder."""
    write_config(folder / CONFIG_FILE, config)
    save(folder / WEIGHTS_FILE, in_half_precision(weights))


def in_half_precision(weights: Weights) -> dict[str, Tensor]:
    """Return weights as float16, whole numbers as they are."""
    return {n: t.half() if t.is_floating_point() else t for n, t in weights.items()}


def load_model(folder: Path) -> CtcModel:
    """Read a model from its folder, ready for use: in float32, on the CPU, not training.

    Raises:
      InputError: a file is missing, cut off, or of another configuration.
    """
    config = read_config(folder / CONFIG_FILE)
    model = CtcModel(config)
    fill(model, load(folder / WEIGHTS_FILE), folder / WEIGHTS_FILE)
    return model.eval()


def fill(model: nn.Module, weights: Weights, path: Path) -> None:
    """Copy weights into a model; raises InputError where names or shapes do not fit."""
    own = model.state_dict()
    for name in sorted(own.keys() | weights.keys()):
        if name not in own or own[name].shape != getattr(weights.get(name), "shape", None):
            raise InputError(
                "weights of another configuration: they differ in", path=path, value=name
            )
    model.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in weights.items()})
