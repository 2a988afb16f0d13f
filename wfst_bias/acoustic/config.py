"""The shape of an acoustic model: two named configurations, and any other as a JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from wfst_bias.errors import InputError
from wfst_bias.files import write_text

_WHOLE_NUMBERS = (
    "n_tokens", "n_phones", "n_mels", "n_layers", "width", "n_heads", "feed_forward_factor",
    "kernel_frames", "subsampling_channels",
)  # fmt: skip


@dataclass(frozen=True)
class ModelConfig:
    """What decides the shapes of a model's tensors.

    Layers are counted from 1, as the layer whose output a head reads.
    """

    n_tokens: int = 500  # subwords and blank, which has index 0
    n_phones: int = 1  # phones and blank, which has index 0
    n_mels: int = 80
    n_layers: int = 12
    width: int = 144
    n_heads: int = 4
    feed_forward_factor: int = 4
    kernel_frames: int = 15  # of the convolution in a layer; a frame is 40 ms there
    subsampling_channels: int = 64
    dropout: float = 0.1
    intermediate_layers: tuple[int, ...] = (4, 8)  # with a CTC loss of their own
    phone_layer: int = 8

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in _WHOLE_NUMBERS:
            _check_positive(name, getattr(self, name))
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be at least 0 and below 1, not {self.dropout}")
        if self.width % (2 * self.n_heads):
            raise ValueError(f"width {self.width} is no multiple of twice n_heads {self.n_heads}")
        if self.kernel_frames % 2 == 0:
            raise ValueError(f"kernel_frames must be odd, not {self.kernel_frames}")
        for layer in (*self.intermediate_layers, self.phone_layer):
            _check_positive("a layer", layer)
            if layer > self.n_layers:
                raise ValueError(f"there is no layer {layer} among {self.n_layers}")

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ModelConfig:
        """Make a configuration from parsed JSON; raises ValueError for a name it does not know."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        layers = values.get("intermediate_layers", list(cls.intermediate_layers))
        if not isinstance(layers, list):
            raise ValueError(f"intermediate_layers must be a list, not {layers!r}")
        return cls(**{**values, "intermediate_layers": tuple(layers)})


def _check_positive(name: str, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} must be a positive whole number, not {value!r}")


# Trained on 2 CPU cores in hours, in which it sees everything a few times: no dropout is needed.
SMALL = ModelConfig(dropout=0.0)
# For a GPU: CTC losses at layers 6 and 12, as published for a model of this depth.
BASE = ModelConfig(
    n_layers=18,
    width=256,
    kernel_frames=31,
    subsampling_channels=128,
    intermediate_layers=(6, 12),
    phone_layer=12,
)
NAMED = {"small": SMALL, "base": BASE}


def read_config(path: Path) -> ModelConfig:
    """Read a configuration; raises InputError for a file that holds none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("expected a JSON object")
        return ModelConfig.from_json(values)
    except FileNotFoundError as error:
        raise InputError("no such file", path=path) from error
    except (ValueError, TypeError) as error:
        raise InputError(f"not a model configuration: {error}", path=path) from error


def write_config(path: Path, config: ModelConfig) -> None:
    """Write a configuration as JSON."""
    write_text(path, json.dumps(asdict(config), indent=2) + "\n")
