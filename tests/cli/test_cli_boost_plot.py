"""The command `boost-plot`: image, table, what it says, and bad input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called, Inputs

pytest.importorskip("matplotlib")

Call = Callable[..., Called]


def arguments(inputs: Inputs, out: Path, *more: object) -> list[object]:
    return [
        "boost-plot", "--log-probs", inputs.log_probs, "--tokens", inputs.tokens, "--lm",
        inputs.lm, "--cache", inputs.cache, "--out", out, *more,
    ]  # fmt: skip


def test_an_entity_that_was_written_and_one_that_was_not(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    out, table = tmp_path / "new/boost.png", tmp_path / "boost.tsv"
    called = call(
        *arguments(inputs, out, "--entities", inputs.entities, "--utterance", "a-1", "--table",
                   table, "--also", "zoe", "--also", "Anna Kovač", "--gap-scale", 0.5)
    )  # fmt: skip
    assert called.status == 0, called.err
    written, missing = called.out.splitlines()
    assert written.startswith("Anna Kovač: written at ")
    assert written.endswith("and 20.0 by its own score")
    assert missing.startswith("Zoë: not written, would fit at ")
    assert out.read_bytes().startswith(b"\x89PNG\r\n")
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    assert {row[0] for row in rows[1:]} == {"Anna Kovač", "Zoë"}
    assert sum(float(row[-2]) for row in rows[1:] if row[0] == "Anna Kovač") == pytest.approx(20.0)


def test_no_entity_is_said_and_the_frames_are_drawn(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    out = tmp_path / "boost.png"
    called = call(*arguments(inputs, out, "--entities", inputs.entities))
    assert called.status == 0, called.err
    assert called.out == "no entity of the list was written, so nothing was boosted\n"
    assert out.stat().st_size > 1000


def test_lists_of_utterances(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    out, tsv = tmp_path / "boost.png", inputs.tsv
    called = call(*arguments(inputs, out, "--entities-tsv", tsv, "--utterance", "c-3"))
    assert called.out.startswith("zoe: written at ")
    called = call(*arguments(inputs, out, "--entities-tsv", tsv, "--utterance", "a-0"))
    assert called.out == "the utterance has no list, so nothing was boosted\n"


def test_bad_input_is_one_line(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    out, names = tmp_path / "boost.png", ("--entities", inputs.entities)
    nobody = call(*arguments(inputs, out, *names, "--utterance", "nobody"))
    assert nobody.complaint == f"{inputs.log_probs}: no such utterance: 'nobody'"
    unlisted = call(*arguments(inputs, out, *names, "--also", "Ljubljana"))
    assert unlisted.complaint.startswith("not an entity of the list: 'Ljubljana'")
    assert "--entities" in call(*arguments(inputs, out)).complaint
    folder = call(*arguments(inputs, tmp_path, *names))
    assert "a folder, expected the name of a file" in folder.complaint
    penalty = tmp_path / "penalty.txt"
    penalty.write_text("sol :-4\n", encoding="utf-8")
    never = call(*arguments(inputs, out, "--entities", penalty, "--also", "sol"))
    assert "negative score is never boosted" in never.complaint
    assert not out.exists()
