"""Named classes from one command to the next: `lm`, `compile`, `decode`, `score`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import SAID, Called, Inputs

from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.lm.arpa import read_arpa

Call = Callable[..., Called]

TEXT = "anna said yes\nanna said no\nwe said yes\nwe met sol\nwe met kim lee\nthey met <place>\n"


@pytest.fixture
def class_lm(call: Call, tmp_path: Path) -> Path:
    text, people, lm = (tmp_path / name for name in ("text.txt", "people.txt", "classes.arpa"))
    text.write_text(TEXT, encoding="utf-8")
    people.write_text("Sol\nKim Lee\n", encoding="utf-8")
    called = call(
        "lm", "--text", text, "--class", f"person={people}", "--class", "place", "--out", lm
    )
    assert called.status == 0, called.err
    assert "2 times <person>\n1 times <place>\n" in called.out
    return lm


def test_classes_are_in_the_language_model(class_lm: Path) -> None:
    assert read_arpa(class_lm).class_words == ("<unk>", "<person>", "<place>")


def test_lists_with_classes(call: Call, inputs: Inputs, class_lm: Path, tmp_path: Path) -> None:
    people, others = tmp_path / "listed.txt", tmp_path / "others.txt"
    people.write_text("Anna Kovač :20\n", encoding="utf-8")
    others.write_text("Zoë :8 <drug>\nBled <place>\n", encoding="utf-8")
    lists = ["--lm", class_lm, "--entities", f"person={people}", "--entities", others]
    called = call(*inputs.decode(tmp_path / "out", *lists))
    assert called.status == 0, called.err
    texts = read_kaldi_text(tmp_path / "out/text")
    assert texts["a-1"] == "we met Anna Kovač"
    assert texts["c-3"] == "we met Zoë"
    report = (tmp_path / "out/entities.report.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in report.splitlines()[1:]]
    assert [row[:3] for row in rows] == [
        [f"{people}:1", "changed", "Anna Kovač <person>"],
        [f"{others}:1", "changed", "Zoë <unk>"],
        [f"{others}:2", "accepted", "Bled <place>"],
    ]
    assert rows[1][-1] == "diacritics; the language model has no class <drug>: taken as <unk>"
    compiled = call(
        "compile", "--tokens", inputs.tokens, "--out", tmp_path / "compiled", *lists
    )  # fmt: skip
    assert compiled.status == 0, compiled.err
    statistics = json.loads((tmp_path / "compiled/statistics.json").read_text())
    assert statistics["graph"]["classes"] == ["<unk>", "<person>", "<place>"]
    assert statistics["entities"]["changed"] == 2
    again = (tmp_path / "compiled/entities.report.tsv").read_text(encoding="utf-8")
    assert again == report


def test_lists_of_utterances_with_classes(
    call: Call, inputs: Inputs, class_lm: Path, tmp_path: Path
) -> None:
    tsv, out = tmp_path / "lists.tsv", tmp_path / "out"
    lists = {"a-1": ["Anna Kovač <person>"], "c-3": ["Zoë <drug>"], "b-2": [], "a-0": []}
    tsv.write_text(
        "".join(
            f"{name}\t{SAID[name]}\t{json.dumps(phrases)}\t{json.dumps(phrases)}\n"
            for name, phrases in lists.items()
        ),
        encoding="utf-8",
    )
    called = call(*inputs.decode(out, "--lm", class_lm, "--entities-tsv", tsv, "--lattices"))
    assert called.status == 0, called.err
    rows = [line.split("\t") for line in (out / "entities.report.tsv").read_text().splitlines()]
    assert [row[3] for row in rows[1:]] == ["Anna Kovač <person>", "Zoë <unk>"]
    written = (out / "lattices/words.txt").read_text(encoding="utf-8")
    assert "Zoë" in written
    assert "<drug>" not in written
    scored = tmp_path / "scored.json"
    score = call("score", "--ref", tsv, "--hyp", out / "text", "--json", scored)
    assert score.status == 0, score.err
    assert json.loads(scored.read_text())["metrics"]["recall"]["rate"] == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("a b", "expected a class as NAME or NAME=FILE: 'a b'"),
        ("unk=x", "a class cannot have the name of a reserved word: '<unk>'"),
        ("person=none.txt", "none.txt: cannot be read (No such file or directory)"),
    ],
)
def test_a_bad_class_is_named(call: Call, tmp_path: Path, given: str, complaint: str) -> None:
    text = tmp_path / "text.txt"
    text.write_text(TEXT.replace("<place>", "bled"), encoding="utf-8")
    called = call("lm", "--text", text, "--class", given, "--out", tmp_path / "lm.arpa")
    assert called.complaint == complaint
    assert not (tmp_path / "lm.arpa").exists()


def test_rescoring_asks_for_the_class_of_an_entity(
    call: Call, inputs: Inputs, class_lm: Path, tmp_path: Path
) -> None:
    """The model of decoding, applied once more, gives the scores of decoding."""
    first, again = tmp_path / "first", tmp_path / "again"
    names = tmp_path / "names.txt"
    names.write_text("Anna Kovač :20 <person>\nZoë :12 <place>\n", encoding="utf-8")
    lists = ("--lm", class_lm, "--entities", names, "--lattices")
    assert call(*inputs.decode(first, *lists)).status == 0
    called = call("rescore", "--lattices", first / "lattices", "--lm", class_lm, "--out", again)
    assert called.status == 0, called.err
    assert read_kaldi_text(again / "text") == read_kaldi_text(first / "text")
    assert read_kaldi_text(again / "text")["c-3"] == "we met Zoë"
    before, after = (
        {each["id"]: each["hypotheses"][0]["score"] for each in map(json.loads, lines)}
        for lines in (
            (folder / "nbest.jsonl").read_text(encoding="utf-8").splitlines()
            for folder in (first, again)
        )
    )
    assert after == pytest.approx(before, abs=5e-3)
