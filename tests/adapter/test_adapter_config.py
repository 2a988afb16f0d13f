"""The shape of an adapter as a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wfst_bias.adapter.config import (
    AdapterConfig,
    AdapterOptions,
    read_adapter_config,
    write_adapter_config,
)
from wfst_bias.errors import InputError

CONFIG = AdapterConfig(40, 16, (1, 3), AdapterOptions(layers=(1, 3), entity_encoder="mean"))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    for config in (CONFIG, AdapterConfig(40, 16, (2,))):
        write_adapter_config(tmp_path / "adapter.json", config, "abc")
        assert read_adapter_config(tmp_path / "adapter.json") == (config, "abc")


def test_layers_are_the_intermediate_ones_and_the_last_unless_others_are_named() -> None:
    def layers(options: AdapterOptions) -> tuple[int, ...]:
        return AdapterConfig.attached(options, 40, 16, 12, (4, 8)).layers

    assert layers(AdapterOptions()) == (4, 8, 12)
    assert layers(AdapterOptions(layers=(12,))) == (12,)
    with pytest.raises(InputError, match="the model has 12 layers, but not layer: 13"):
        layers(AdapterOptions(layers=(12, 13)))


@pytest.mark.parametrize(
    "change",
    [
        {"n_tokens": 0},
        {"model_width": "16"},
        {"layers": []},
        {"layers": [0]},
        {"options": {"entity_encoder": "letters"}},
        {"options": {"entity_encoder": "gru"}},
        {"options": {"entity_width": 1.5}},
        {"options": {"width": 3}},
        {"options": None},
        {"depth": 3},
        {"base_digest": 7},
    ],
)
def test_a_shape_that_cannot_be_is_named_with_the_file(tmp_path: Path, change: dict) -> None:
    path = tmp_path / "adapter.json"
    write_adapter_config(path, CONFIG, "abc")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=r"adapter\.json: not the configuration of an adapter: "):
        read_adapter_config(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "3"])
def test_a_file_of_something_else_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "adapter.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"adapter\.json: not the configuration of an adapter: "):
        read_adapter_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"adapter\.json: cannot be read"):
        read_adapter_config(tmp_path / "adapter.json")
