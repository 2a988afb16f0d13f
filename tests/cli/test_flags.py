"""Flags made from the fields of options."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.cli.decode import decode_command
from wfst_bias.cli.flags import NO_VALUE, flags_of, repeat_flags, with_flags
from wfst_bias.cli.flags import given as given_flags
from wfst_bias.cli.inputs import LIST_FORMATS, read_options
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.entities.list_file import read_list
from wfst_bias.errors import InputError


def option(default: Any, text: str = "what it does") -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Every:
    whole: int = option(3)
    real_number: float = option(-0.5)
    word: str = option("x")
    switch: bool = option(True)
    choice: Literal["a", "b"] = option("a")
    maybe: float | None = option(0.9)
    several: tuple[int, ...] = option((1, 2))


def parse(*arguments: str) -> dict[str, Any]:
    """Return the values of the flags that were given; a usage error is raised."""
    found: dict[str, Any] = {}

    @click.command()
    @flags_of(Every)
    def command(**flags: Any) -> None:
        found.update(given_flags(Every, flags))

    command.main(list(arguments), standalone_mode=False)
    return found


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--whole", "-7"], {"whole": -7}),
        (["--real-number", "-1e-3"], {"real_number": -0.001}),
        (["--word", "none"], {"word": "none"}),
        (["--no-switch"], {"switch": False}),
        (["--choice", "b"], {"choice": "b"}),
        (["--maybe", "none"], {"maybe": None}),
        (["--maybe", "0.5"], {"maybe": 0.5}),
        (["--several", "3,4,5"], {"several": (3, 4, 5)}),
    ],
)
def test_each_type_of_field_has_a_flag(arguments: list[str], expected: dict[str, Any]) -> None:
    assert parse(*arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--whole", "1.5"],
        ["--real-number", "x"],
        ["--choice", "c"],
        ["--maybe", "perhaps"],
        ["--several", "3,x"],
        ["--several", ""],
    ],
)
def test_a_value_of_the_wrong_type_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError) as raised:
        parse(*arguments)
    assert arguments[0] in raised.value.format_message()


def test_a_field_may_name_its_flag() -> None:
    @dataclass(frozen=True)
    class Named:
        files: str | None = field(default=None, metadata={"help": "which", "flag": "tables"})

    found: dict[str, Any] = {}
    command = click.command()(flags_of(Named)(lambda **flags: found.update(flags)))
    command.main(["--tables", "a.tsv"], standalone_mode=False)
    assert given_flags(Named, found) == {"files": "a.tsv"}


def test_help_shows_the_defaults_of_the_fields() -> None:
    command = click.command()(flags_of(Every)(lambda **flags: None))
    shown = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    for default in ("3", "-0.5", "x", "True", "a", "0.9", "1,2"):
        assert f"what it does [default: {default}]" in shown


def test_a_flag_goes_before_the_file_and_this_before_the_default(tmp_path: Path) -> None:
    path = tmp_path / "tuned.toml"
    path.write_text("[search]\nsearch_beam = 9\noutput_beam = 5\n[scales]\nlm_scale = 0.25\n")
    options = read_options({"options_file": path, "search_beam": 8.0, "n_best": None})
    assert options.search.search_beam == 8.0
    assert options.search.output_beam == 5
    assert options.scales.lm_scale == 0.25
    assert options.search.max_active_states == SearchOptions().max_active_states
    assert options.output == DecodeOptions().output
    assert read_options({"options_file": None}) == DecodeOptions()


def test_a_flag_can_set_an_option_to_none() -> None:
    assert with_flags(DecodeOptions(), {"blank_threshold": NO_VALUE}).search.blank_threshold is None


def test_a_flag_out_of_range_names_the_option() -> None:
    with pytest.raises(InputError, match="search_beam must be a positive number: -1"):
        with_flags(DecodeOptions(), {"search_beam": -1.0})


def test_decode_has_one_flag_for_every_option() -> None:
    flags = [name for parameter in decode_command.params for name in parameter.opts]
    assert len(flags) == len(set(flags))
    for section in fields(DecodeOptions):
        for option_field in fields(section.default_factory()):  # type: ignore[misc,arg-type]
            name = option_field.metadata.get("flag", option_field.name)
            assert f"--{name.replace('_', '-')}" in flags


VALUES = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4)


@given(st.lists(VALUES, min_size=1, max_size=3), st.booleans())
def test_values_in_a_row_are_read_as_if_the_flag_stood_before_each(
    groups: list[list[str]], joined: bool
) -> None:
    arguments: list[str] = []
    for first, *rest in groups:
        arguments += [f"--text={first}"] if joined else ["--text", first]
        arguments += [*rest, "--out", "x"]
    repeated = repeat_flags(arguments, ["--text"])
    values: list[str] = []
    for at, argument in enumerate(repeated):
        if argument == "--text":
            values.append(repeated[at + 1])
        elif argument.startswith("--text="):
            values.append(argument.removeprefix("--text="))
    assert values == [value for group in groups for value in group]
    assert [a for a in repeated if a == "x"] == ["x"] * len(groups)


def test_other_arguments_stay_as_they_are() -> None:
    assert repeat_flags(["--out", "x", "y", "-", "--text"], ["--text"]) == [
        "--out", "x", "y", "-", "--text",
    ]  # fmt: skip


@pytest.mark.parametrize("list_format", LIST_FORMATS)
def test_the_list_formats_are_those_of_the_reader(tmp_path: Path, list_format: str) -> None:
    path = tmp_path / "list"
    path.write_text('["a"]' if list_format == "json" else "a")
    assert len(read_list(path, list_format)) == 1
