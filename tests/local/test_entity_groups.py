"""Entities by kind: which group they are of, and that groups divide all entities."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from factories import token_table

from local.entity_groups import groups_of, rates
from wfst_bias.entities.list_file import UtteranceList

PIECES = ["<blk>", "▁", "▁an", "na", "▁kim", "▁xy", "a", "i", "k", "m", "n", "x", "y"]
REFERENCES = {
    "a": UtteranceList("a", "we saw anna kim", ("anna kim",), ("anna kim", "xy")),
    "b": UtteranceList("b", "xy came", ("xy",), ("anna kim", "xy", "kim")),
}


@pytest.fixture
def training(tmp_path: Path) -> Path:
    lines = []
    for number in range(40):
        name = f"{'anna ' * (number % 3)}kim".strip()
        entities = [{"text": name + " anna" * number, "kind": "person"}]
        lines.append(f"t-{number}\t{name}\t{name}\t{json.dumps(entities)}\n")
    path = tmp_path / "train.tsv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_groups(training: Path) -> None:
    groups = groups_of(token_table(PIECES), [training])
    of = {
        name: [e for e in ("kim", "anna kim", "xy") if is_of(e)] for name, is_of in groups.items()
    }
    assert of == {
        "of one word": ["kim", "xy"],
        "of several words": ["anna kim"],
        "of common subwords": ["kim", "anna kim"],
        "with a rare subword": ["xy"],
    }


def test_only_entities_of_the_group_count() -> None:
    texts = {"a": "we saw anna kim", "b": "kim came"}
    said, precision, recall, _ = rates(REFERENCES, texts, lambda name: " " in name)
    assert (said, precision[:5], recall[:5]) == ("1", "100.0", "100.0")
    said, precision, recall, _ = rates(REFERENCES, texts, lambda name: " " not in name)
    assert (said, precision[:4], recall[:4]) == ("1", "0.0 ", "0.0 ")
