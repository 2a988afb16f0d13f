"""The Markdown pages: their code blocks, the commands in these, and whether programs take them."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

from wfst_bias.cli.main import commands

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = (
    "*.md", "docs/*.md", "data/*/*.md", "data/models/*/*.md", "benchmarks/*.md", "local/*/*.md",
)  # fmt: skip
PAGES = [path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]

# What begins a command that is ours; the programs of an environment are on nobody's path.
PROGRAM = re.compile(
    r"(?:\.venv/bin/)?(wfst-bias|python|pip|dask)(?= )|\./run\.sh|local/\w+\.sh|sudo(?= )"
)

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_FLAG = re.compile(r"--[a-z][a-z0-9-]*")
_ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)
_SHELL = {"|", "||", "&&", ";", ">", ">>", "2>"}


@dataclass(frozen=True)
class Command:
    """Hold a command as a shell would give it to a program.

    Attributes:
      words: the program, without the folder of an environment, and its arguments.
      stdin: the file that it reads on standard input, None for none.
    """

    words: tuple[str, ...]
    stdin: str | None = None

    @classmethod
    def parse(cls, line: str) -> Command | None:
        """Read a line of a shell, None where it holds only a comment."""
        words = shlex.split(line, comments=True)
        while words and _ASSIGNMENT.fullmatch(words[0]):
            del words[0]
        if not words:
            return None
        assert not _SHELL.intersection(words), f"more than one plain command: {line}"
        stdin = None
        if "<" in words:
            at = words.index("<")
            stdin = words[at + 1]
            del words[at : at + 2]
        return cls((words[0].removeprefix(".venv/bin/"), *words[1:]), stdin)

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Block:
    """Hold a code block: where it begins, in which language it is, and its lines."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def commands(self, text: str | None = None) -> list[Command]:
        """Return the commands of the block, or of a text in its place."""
        lines = (self.text if text is None else text).replace("\\\n", " ").splitlines()
        return [found for line in lines if (found := Command.parse(line)) is not None]


def read_page(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return the text of a page without its code blocks."""
    return _FENCED.sub("", read_page(page))


def blocks(*languages: str) -> list[Block]:
    """Return the code blocks of all pages in some languages, or in any."""
    return [
        block for page in PAGES for block in _blocks_of(page)
        if not languages or block.language in languages
    ]  # fmt: skip


def _blocks_of(page: Path) -> Iterator[Block]:
    text = read_page(page)
    for found in _FENCED.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        yield Block(page.relative_to(ROOT).as_posix(), line, found[1], found[2])


def spans(page: Path) -> list[str]:
    """Return what stands between backticks in the text of a page, in one line each.

    The program is put before its commands where these have flags: `decode --audio`.
    """
    found = [" ".join(span.split()) for span in _SPAN.findall(prose(page))]
    return [
        f"wfst-bias {span}" if span.partition(" --")[0] in commands.commands else span
        for span in found
    ]


def check_command(words: Sequence[str]) -> None:
    """Raise an error unless the program is there and would take these arguments."""
    check_flags(words)
    command = _click_command(words)
    if command is not None:
        arguments = words[3:] if words[0] == "python" else words[2:]
        command.make_context(words[0], list(arguments))
    if words[0] == "pip":
        declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        (extras,) = re.findall(r"\.\[(.*)\]", " ".join(words))
        for extra in extras.split(","):
            assert re.search(rf"^{extra} = \[", declared, re.MULTILINE), f"no extra {extra}"


def check_flags(words: Sequence[str]) -> None:
    """Raise an error unless the program is there and has these flags, whatever their values."""
    given = {flag for word in words if (flag := word.partition("=")[0]) and _FLAG.fullmatch(flag)}
    unknown = given - flags_of(tuple(words))
    assert not unknown, f"{' '.join(words)}: no such flags: {sorted(unknown)}"


@cache
def every_flag() -> frozenset[str]:
    """Return the flags of all that pages tell of."""
    programs = [("wfst-bias", name) for name in commands.commands]
    modules = ("benchmarks", "local.voxpopuli.prepare", "local.medical.prepare")
    programs += [("python", "-m", module) for module in modules]
    programs += [("./run.sh",), *((f"local/{path.name}",) for path in ROOT.glob("local/*.sh"))]
    return frozenset().union(*map(flags_of, programs))


def flags_of(words: tuple[str, ...]) -> set[str]:
    """Return the flags of the program that a command calls."""
    command = _click_command(words)
    if command is not None:
        named = (f for p in command.params for f in (*p.opts, *p.secondary_opts))
        return {*named, "--help", "--version"}
    if words[0] in ("pip", "sudo"):
        return set()
    source = _script_of(words).read_text(encoding="utf-8")
    if "\n. local/parse_options.sh\n" not in source:
        return set(_FLAG.findall(source))
    options = source.partition("\n# Options\n")[2].partition("\n\n")[0]
    names = re.findall(r"^([a-z_]+)=", options, re.MULTILINE)
    return {f"--{name.replace('_', '-')}" for name in names} | {"--help"}


def _click_command(words: Sequence[str]) -> click.Command | None:
    if words[0] == "wfst-bias":
        return commands if words[1] == "COMMAND" else commands.commands[words[1]]
    if words[0] == "dask":
        main: click.Command = importlib.import_module(f"distributed.cli.dask_{words[1]}").main
        return main
    if words[:2] != ("python", "-m"):
        return None
    module = words[2] if words[2] != "benchmarks" else "benchmarks.__main__"
    found = vars(importlib.import_module(module)).values()
    return next((each for each in found if isinstance(each, click.Command)), None)


def _script_of(words: Sequence[str]) -> Path:
    if words[:2] == ("python", "-m"):
        return ROOT / f"{words[2].replace('.', '/')}.py"
    return ROOT / (words[1] if words[0] == "python" else words[0])
