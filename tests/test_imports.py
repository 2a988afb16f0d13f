"""Which room imports which: knowledge flows one way, and heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import wfst_bias

PACKAGE = Path(wfst_bias.__file__).parent
EVERYWHERE = {"errors", "files"}
# Room -> the rooms it may import, beside itself and those that everyone may.
UPSTREAM: dict[str, set[str]] = {
    "errors": set(),
    "files": set(),
    "tokens": set(),
    "openfst": set(),
    "plotting": set(),
    "phones": set(),
    "sound": {"phones"},
    "g2g": {"tokens", "entities", "phones", "openfst"},
    "lm": {"tokens", "entities"},
    "formats": {"tokens"},
    "entities": {"tokens"},
    "score": {"tokens", "entities", "formats"},
    "report": {"entities", "formats", "score", "misses"},
    "graph": {"tokens", "lm", "entities", "g2g", "openfst"},
    "decode": {
        "tokens",
        "lm",
        "entities",
        "formats",
        "g2g",
        "graph",
        "phones",
        "sound",
        "plotting",
    },
    "lattices": {"tokens", "lm", "entities", "formats", "graph", "decode", "score"},
    "misses": {"tokens", "entities", "formats", "score", "lattices"},
    "acoustic": {"tokens", "phones", "entities", "formats", "score"},
    "adapter": {"tokens", "entities", "score", "acoustic", "plotting"},
    "transcribe": {"acoustic", "adapter", "decode", "graph", "formats", "sound"},
    "tune": {"tokens", "entities", "formats", "graph", "decode", "score", "sound"},
    "cli": {
        "tokens",
        "lm",
        "entities",
        "formats",
        "g2g",
        "graph",
        "decode",
        "lattices",
        "misses",
        "score",
        "report",
        "sound",
        "phones",
        "acoustic",
        "adapter",
        "plotting",
        "tune",
    },
}
# Room -> the libraries it must do without.
FORBIDDEN: dict[str, set[str]] = {
    "errors": {"torch", "k2", "pynini", "pywrapfst", "numpy"},
    "files": {"torch", "k2", "pynini", "pywrapfst", "numpy"},
    "tokens": {"torch", "k2", "pynini", "pywrapfst"},
    "plotting": {"torch", "k2", "pynini", "pywrapfst"},
    "phones": {"torch", "k2", "pynini", "pywrapfst", "numpy"},
    "lm": {"torch", "k2", "pynini", "pywrapfst"},
    "formats": {"torch", "k2", "pynini", "pywrapfst"},
    "entities": {"torch", "k2"},
    "openfst": {"torch", "k2"},
    "g2g": {"torch", "k2"},
    "score": {"torch", "k2", "pynini", "pywrapfst"},
    "report": {"torch", "k2", "pynini", "pywrapfst"},
    "lattices": {"k2", "pynini", "pywrapfst"},
    "misses": {"torch", "k2", "pynini", "pywrapfst"},
    "acoustic": {"k2", "pynini", "pywrapfst"},
    "adapter": {"k2", "pynini", "pywrapfst"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports anywhere, those inside functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def rooms(modules: set[str]) -> set[str]:
    return {m.split(".")[1] for m in modules if m.startswith("wfst_bias.")}


def test_every_room_is_in_the_table():
    assert {room_of(path) for path in FILES} - {"__init__"} == UPSTREAM.keys()


def test_no_room_is_upstream_of_itself():
    for room in UPSTREAM:
        reached: set[str] = set()
        agenda = set(UPSTREAM[room])
        while agenda:
            reached |= agenda
            agenda = set().union(*(UPSTREAM[r] for r in agenda)) - reached
        assert room not in reached


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_rooms_upstream(path):
    room = room_of(path)
    if room == "__init__":
        assert not rooms(imported(path))
        return
    downstream = rooms(imported(path)) - UPSTREAM[room] - EVERYWHERE - {room}
    # Names that the package itself defines, such as its version, belong to no room.
    assert not {name for name in downstream if name in UPSTREAM}
    libraries = {module.split(".")[0] for module in imported(path)}
    assert not libraries & FORBIDDEN.get(room, set())
