"""What the commands that prepare a downloaded corpus have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from local.corpora.segments import Corpus
from wfst_bias.cli.main import run

Command = TypeVar("Command", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


def corpus_options(name: str) -> Callable[[Command], Command]:
    """Return a decorator: a command gets the folder and options that preparing any corpus has."""
    out = Path("data") / name
    decorators = (
        click.argument("folder", type=FILE),
        click.option(
            "--out", type=FILE, default=out, metavar="DIR", help=f"for the manifests [{out}]"
        ),
        click.option(
            "--tokens", type=FILE, metavar="FILE", help="whose letters to keep [a to z and ']"
        ),
    )

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def prepare_corpus(corpus: Corpus, folder: Path, flags: dict[str, Any]) -> None:
    """Prepare a corpus with the flags of `corpus_options` and of `SelectionOptions`."""
    from local.corpora.preparation import announce, prepare  # needs Lhotse
    from local.corpora.text import make_normalizer

    out = flags["out"]
    normalizer = make_normalizer(flags["tokens"])
    announce(prepare(corpus, folder, out, normalizer, flags["options"]), out)


def main(command: click.Command, program: str) -> None:
    """Run a command; exit with status 2 and one line where the input cannot be used."""
    sys.exit(run(sys.argv[1:], command, program))
