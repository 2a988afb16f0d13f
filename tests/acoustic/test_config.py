"""The shape of a model: what can be built, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfst_bias.acoustic.config import BASE, SMALL, ModelConfig, read_config, write_config
from wfst_bias.errors import InputError

FIELDS = [field.name for field in fields(ModelConfig)]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
WRITES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)


@pytest.mark.parametrize("config", [SMALL, BASE, replace(SMALL, intermediate_layers=())])
def test_a_configuration_is_read_back(tmp_path: Path, config: ModelConfig) -> None:
    write_config(tmp_path / "config.json", config)
    assert read_config(tmp_path / "config.json") == config


@WRITES
@given(values=st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, min_size=1, max_size=2))
def test_any_values_make_a_configuration_or_one_error(tmp_path: Path, values: dict) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values))
    try:
        config = read_config(path)
    except InputError as raised:
        error = str(raised)
    else:
        error = None
    if error is not None:
        assert error.startswith(f"{path}: not a model configuration: ")
    else:
        assert json.loads(json.dumps(asdict(config))) == {
            **json.loads(json.dumps(asdict(ModelConfig()))),
            **values,
        }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 20, "n_heads": 4}, "width 20 is no multiple of twice n_heads 4"),
        ({"n_heads": 0}, "n_heads must be a positive whole number, not 0"),
        ({"kernel_frames": 4}, "kernel_frames must be odd, not 4"),
        ({"intermediate_layers": (4, 13)}, "no layer 13 among 12"),
        ({"phone_layer": 0}, "a layer must be a positive whole number, not 0"),
        ({"n_layers": 2.0}, "n_layers must be a positive whole number, not 2.0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
    ],
)
def test_a_shape_that_cannot_be_built_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"widht": 8}', "unknown: widht; known: dropout, feed_forward_factor, .*, width"),
        ("[]", "expected a JSON object"),
        ('{"width": 144', "not a model configuration"),
        ("\xff", "not a model configuration"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        read_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="medium: no such file"):
        read_config(tmp_path / "medium")
