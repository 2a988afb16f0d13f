"""The folder of a trained adapter: adapter.json, with the model it belongs to, and adapter.pt."""

from __future__ import annotations

import hashlib
from pathlib import Path

from torch import nn

from wfst_bias.acoustic import checkpoints
from wfst_bias.acoustic.checkpoints import Weights, in_half_precision
from wfst_bias.adapter.config import AdapterConfig, read_adapter_config, write_adapter_config
from wfst_bias.adapter.module import Adapter
from wfst_bias.errors import InputError

CONFIG_FILE, WEIGHTS_FILE = "adapter.json", "adapter.pt"


def weights_digest(model: nn.Module) -> str:
    """Return the SHA-256 of a model's weights, to the bit, wherever they are computed with."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_adapter(folder: Path, config: AdapterConfig, base_digest: str, weights: Weights) -> None:
    """Write an adapter's configuration and its weights, in half precision, to a folder."""
    write_adapter_config(folder / CONFIG_FILE, config, base_digest)
    checkpoints.save(folder / WEIGHTS_FILE, in_half_precision(weights))


def load_adapter(folder: Path, base: nn.Module) -> Adapter:
    """Read an adapter from its folder, ready for use: in float32, on the CPU, not training.

    Args:
      folder: as training writes it.
      base: the model that it is for.

    Raises:
      InputError: a file is missing, cut off or of another configuration, or the adapter was
        trained on another model.
    """
    config, base_digest = read_adapter_config(folder / CONFIG_FILE)
    if base_digest != weights_digest(base):
        raise InputError(
            "the adapter belongs to another model",
            path=folder / CONFIG_FILE,
            remedy="name the model that it was trained on, or train an adapter on this one",
        )
    adapter = Adapter(config)
    checkpoints.fill(adapter, checkpoints.load(folder / WEIGHTS_FILE), folder / WEIGHTS_FILE)
    return adapter.eval()
