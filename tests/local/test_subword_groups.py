"""Entities by their subwords: which group they are of, and the rows of the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from factories import token_table

from local.subword_groups import by_subwords, rows_of
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.score.entity_groups import by_length

PIECES = ["<blk>", "▁", "▁an", "na", "▁kim", "▁xy", "a", "i", "k", "m", "n", "x", "y"]
REFERENCES = """\
a\twe saw anna kim\t["anna kim"]\t["anna kim", "xy"]
b\txy came\t["xy"]\t["anna kim", "xy", "kim"]
"""


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
    groups = by_subwords(token_table(PIECES), [training])
    of = {
        name: [e for e in ("kim", "anna kim", "xy") if is_of(tuple(e.split()))]
        for name, is_of in groups.items()
    }
    assert of == {"common subwords": ["kim", "anna kim"], "a rare subword": ["xy"]}


def test_a_row_for_each_condition_and_group(training: Path, tmp_path: Path) -> None:
    write_text(tmp_path / "data/birds.list100.tsv", REFERENCES)
    for condition, text in (
        ("none", "b came\na we saw kim"),
        ("x.list100", "a we saw anna kim\nb"),
    ):
        write_text(tmp_path / f"decode/birds.{condition}/text", text + "\n")
    groups = by_length() | by_subwords(token_table(PIECES), [training])
    rows = [line.strip("| ").split(" | ") for line in rows_of(tmp_path, "list100", groups)]
    assert len(rows) == 8
    assert rows[5][:4] == ["birds", "x.list100", "several words", "1"]
    assert rows[5][4:] == ["100.0 (100.0 to 100.0)"] * 3
    assert rows[7][2:4] == ["a rare subword", "1"]
    assert rows[7][5] == "0.0 (0.0 to 0.0)"
    with pytest.raises(InputError, match="no data with list7"):
        next(rows_of(tmp_path, "list7", groups))
