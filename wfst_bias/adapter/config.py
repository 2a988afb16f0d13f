"""The shape of an adapter, free of torch so that the command line can show its options."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text


@dataclass(frozen=True)
class AdapterOptions:
    """Choose the shape of an adapter; what it is attached to decides on the rest."""

    entity_encoder: Literal["lstm", "mean"] = field(
        default="lstm",
        metadata={"help": "how subwords know of each other: a bidirectional LSTM, or their mean"},
    )
    layers: tuple[int, ...] | None = field(
        default=None,
        metadata={
            "help": "layers of the model whose outputs make the query, counted from 1; "
            "none: those with intermediate CTC losses and the last"
        },
    )
    entity_width: int = field(default=96, metadata={"help": "of the LSTM, in each direction"})
    attention_width: int = field(default=64, metadata={"help": "of queries, keys and values"})
    intermediate_heads: bool = field(
        default=False,
        metadata={"help": "also add to the input of the intermediate CTC heads, in training"},
    )

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in ("entity_width", "attention_width"):
            _check_positive(name, getattr(self, name))
        for layer in self.layers or ():
            _check_positive("a layer", layer)
        if self.layers is not None and not self.layers:
            raise InputError("expected a layer or several", value=self.layers)
        _check_choice(self.entity_encoder, "lstm", "mean")


@dataclass(frozen=True)
class AdapterConfig:
    """What decides the shapes of an adapter's tensors.

    Attributes:
      n_tokens: V, columns of the CTC head.
      model_width: C, of the layers' outputs.
      layers: whose outputs make the query, counted from 1.
      options: the rest; its `layers` is not used here.
    """

    n_tokens: int
    model_width: int
    layers: tuple[int, ...]
    options: AdapterOptions = field(default_factory=AdapterOptions)

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in ("n_tokens", "model_width"):
            _check_positive(name, getattr(self, name))
        for layer in self.layers:
            _check_positive("a layer", layer)
        if not self.layers:
            raise InputError("expected a layer or several", value=self.layers)

    @classmethod
    def attached(
        cls,
        options: AdapterOptions,
        n_tokens: int,
        model_width: int,
        n_layers: int,
        intermediate_layers: tuple[int, ...] = (),
    ) -> AdapterConfig:
        """Return the shape of an adapter for a model.

        Raises:
          InputError: the options name a layer that the model lacks.
        """
        layers = options.layers or tuple(sorted({*intermediate_layers, n_layers}))
        if beyond := [layer for layer in layers if layer > n_layers]:
            raise InputError(f"the model has {n_layers} layers, but not layer", value=beyond[0])
        return cls(n_tokens, model_width, layers, options)


def write_adapter_config(path: Path, config: AdapterConfig, base_digest: str) -> None:
    """Write a shape, and the digest of the model that the adapter belongs to, as JSON."""
    write_text(path, json.dumps({**asdict(config), "base_digest": base_digest}, indent=2) + "\n")


def read_adapter_config(path: Path) -> tuple[AdapterConfig, str]:
    """Read a shape and the digest of the adapter's model.

    Raises:
      InputError: no such file, or one that holds neither.
    """
    text = "\n".join(read_lines(path))
    try:
        values = json.loads(text)
        digest = values.pop("base_digest")
        shape = {**values.pop("options")}
        options = AdapterOptions(**_as_fields(AdapterOptions, shape))
        config = AdapterConfig(options=options, **_as_fields(AdapterConfig, values))
        if not isinstance(digest, str):
            raise TypeError("base_digest is no text")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"not the configuration of an adapter: {error}", path=path) from error
    return config, digest


def _as_fields(kind: type[AdapterOptions] | type[AdapterConfig], values: dict[str, Any]) -> Any:
    """Turn what JSON makes of tuples back; raises ValueError for a name that is not a field's."""
    known = {each.name for each in fields(kind)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"unknown: {', '.join(unknown)}")
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


def _check_positive(name: str, value: object) -> None:
    if type(value) is not int or value < 1:
        raise InputError(f"{name} must be a positive whole number", value=value)


def _check_choice(value: object, *choices: str) -> None:
    if value not in choices:
        raise InputError(f"expected {' or '.join(choices)}", value=value)
