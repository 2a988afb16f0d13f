"""Flags from the fields of options dataclasses, so that a default exists once.

flags_of          a decorator that gives a command a flag for each field
given             the values of the flags that were given
with_flags        options with those values in place of their own
SeveralValues     a command with flags that take several values at once
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Options = TypeVar("Options", bound="DataclassInstance")

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    # subscripted since click 8.2
    ParamType = click.ParamType[Any]

NONE = "none"
NO_VALUE = object()  # what a flag has where `none` is given; None means that it is not given


def flags_of(*kinds: type[DataclassInstance]) -> Callable[[Command], Command]:
    """Return a decorator that adds a flag for each field of options dataclasses.

    `search_beam` becomes `--search-beam` unless the field's `flag` metadata names another, its help
    the `help` metadata with the default.
    The command gets the values by the names of the fields, None where a flag is not given.
    """

    def decorate(command: Command) -> Command:
        for kind in reversed(kinds):
            hints = typing.get_type_hints(kind)
            for field in reversed(fields(kind)):
                command = _flag(field, hints[field.name])(command)
        return command

    return decorate


def given(kind: type[DataclassInstance], flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of those flags that were given and belong to fields of `kind`."""
    names = (field.name for field in fields(kind))
    found = {name: flags[name] for name in names if flags.get(name) is not None}
    return {name: None if value is NO_VALUE else value for name, value in found.items()}


def with_flags(options: Options, flags: Mapping[str, Any]) -> Options:
    """Return options with the values of the flags that were given, sections included."""
    changes = given(type(options), flags)
    for field in fields(options):
        value = getattr(options, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            changes[field.name] = with_flags(value, flags)
    return replace(options, **changes)


class SeveralValues(click.Command):
    """A command whose flags in `several` take all values up to the next flag.

    `--text a b --text c` is read as `--text a --text b --text c`.
    """

    def __init__(self, *args: Any, several: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.several = several

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments after repeating the flags."""
        return super().parse_args(ctx, repeat_flags(args, self.several))


def repeat_flags(arguments: Sequence[str], several: Sequence[str]) -> list[str]:
    """Put the flag in front of each of the values that follow it."""
    repeated: list[str] = []
    flag, has_value = None, False
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            name, equals, _ = argument.partition("=")
            flag, has_value = (name if name in several else None), bool(equals)
        elif flag is not None:
            repeated += [flag] * has_value
            has_value = True
        repeated.append(argument)
    return repeated


def _flag(field: Field[Any], hint: Any) -> Callable[[Command], Command]:
    name = field.metadata.get("flag", field.name).replace("_", "-")
    assert field.default is not MISSING, "an option has a default"
    text = f"{field.metadata['help']} [default: {_show(field.default)}]"
    declaration = f"--{name}/--no-{name}" if hint is bool else f"--{name}"
    kind = None if hint is bool else _parameter_type(hint)
    return click.option(declaration, field.name, type=kind, default=None, help=text)


def _show(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return NONE if default is None else str(default)


def _parameter_type(hint: Any) -> ParamType:
    simple: dict[Any, ParamType] = {int: click.INT, float: click.FLOAT, str: click.STRING}
    if hint in simple:
        return simple[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return click.Choice(arguments)
    if origin in (Union, types.UnionType):
        (kind,) = (argument for argument in arguments if argument is not type(None))
        return _OrNone(_parameter_type(kind))
    assert origin is tuple, f"no flag for {hint}"
    return _Several(_parameter_type(arguments[0]))


class _OrNone(click.ParamType):  # type: ignore[type-arg]
    """A value or the word `none`."""

    def __init__(self, kind: ParamType) -> None:
        self.kind = kind
        self.name = f"{kind.name}|{NONE}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value is NO_VALUE or value == NONE:
            return NO_VALUE
        return self.kind.convert(value, param, ctx)


class _Several(click.ParamType):  # type: ignore[type-arg]
    """Values with commas between them."""

    def __init__(self, kind: ParamType) -> None:
        self.kind = kind
        self.name = f"{kind.name},..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        return tuple(self.kind.convert(part, param, ctx) for part in str(value).split(","))
