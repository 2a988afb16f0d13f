"""What the commands that train have in common: the cuts to learn from and to test on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wfst_bias.cli.inputs import FILE

if TYPE_CHECKING:
    from lhotse import CutSet

Command = TypeVar("Command", bound=Callable[..., Any])

CUTS_FLAGS = ("--cuts", "--dev-cuts")  # they take several values


def cuts_flags(dev_help: str) -> Callable[[Command], Command]:
    """Return a decorator that adds `--cuts` and `--dev-cuts`."""
    learnt = "Lhotse cuts or Kaldi data directories to learn from"

    def decorate(command: Command) -> Command:
        for flag, text in zip(reversed(CUTS_FLAGS), (dev_help, learnt), strict=True):
            command = click.option(
                flag, type=FILE, multiple=True, required=True, metavar="FILE...", help=text
            )(command)
        return command

    return decorate


def read_cut_sets(*sets: Sequence[Path]) -> tuple[CutSet, ...]:
    """Return a set of cuts for each sequence of files; raises InputError as `read_cuts` does."""
    from lhotse import CutSet

    from wfst_bias.formats.cuts import read_cuts

    return tuple(
        CutSet.from_cuts(cut for path in paths for cut in read_cuts(path)) for paths in sets
    )
