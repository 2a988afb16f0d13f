"""The command `compile`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pynini
import pytest
import pywrapfst
from cli_calls import Called, Inputs

Call = Callable[..., Called]


def arguments(inputs: Inputs, out: Path, *more: object) -> list[object]:
    return ["compile", "--tokens", inputs.tokens, "--lm", inputs.lm, "--out", out, *more]


def lowest_cost(fst: pynini.Fst) -> float:
    return float(pynini.shortestdistance(fst, reverse=True)[fst.start()])


def test_it_writes_graph_list_report_and_statistics(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    called = call(*arguments(inputs, tmp_path, "--entities", inputs.entities))
    assert called.status == 0, called.err
    assert "entities: 0 accepted, 2 changed, 1 rejected" in called.out
    assert len(list(tmp_path.glob("graph-*.pickle"))) == 1
    report = (tmp_path / "entities.report.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[:2] for line in report[1:]] == [
        ["2", "changed"], ["3", "changed"], ["4", "rejected"],
    ]  # fmt: skip
    statistics = json.loads((tmp_path / "statistics.json").read_text())
    assert statistics["entities"]["rejected"] == 1
    assert statistics["graph"]["arcs"] > statistics["graph"]["states"] > 100


def test_the_entity_fst_reads_tokens_and_writes_forms(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("Anna Kovač :20\nZoë :3\nzoo :-2\n", encoding="utf-8")
    called = call(*arguments(inputs, tmp_path, "--entities", listed))
    assert called.status == 0, called.err
    fst = pynini.Fst.read(str(tmp_path / "entities.fst"))
    tokens = pywrapfst.SymbolTable.read_text(str(tmp_path / "tokens.txt"))
    forms = pywrapfst.SymbolTable.read_text(str(tmp_path / "forms.txt"))
    assert {form: number for number, form in forms} == {"<eps>": 0, "anna▁kovac": 1, "zoe": 2}
    for form, boost in (("anna▁kovac", 20), ("zoe", 3)):
        spelled = pynini.accep(" ".join(f"▁{form}"), token_type=tokens)
        found = pynini.shortestpath(pynini.compose(spelled, fst))
        assert found.string(token_type=forms) == form
        assert lowest_cost(found) == pytest.approx(-boost)
    assert fst.input_symbols().labeled_checksum() == tokens.labeled_checksum()


def test_boosts_come_from_flags_and_from_the_options_file(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    listed, tuned = tmp_path / "list.txt", tmp_path / "tuned.toml"
    listed.write_text("zoltan\n")
    tuned.write_text("[boost]\nper_letter_nats = 1000\n")
    boosts = []
    for more in ([], ["--options", tuned], ["--options", tuned, "--per-letter-nats", "2000"]):
        assert call(*arguments(inputs, tmp_path, "--entities", listed, *more)).status == 0
        fst = pynini.Fst.read(str(tmp_path / "entities.fst"))
        boosts.append(-lowest_cost(fst))
    assert boosts[0] < 100 < boosts[1]
    assert boosts[2] == pytest.approx(2 * boosts[1], rel=0.1)


def test_without_a_list_there_is_only_the_graph(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    assert call(*arguments(inputs, tmp_path / "new/folder")).status == 0
    names = {path.suffix for path in (tmp_path / "new/folder").iterdir()}
    assert names == {".pickle", ".json"}


def test_words_that_cannot_be_spelled_are_listed(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    lm = tmp_path / "lm.arpa"
    lm.write_text(inputs.lm.read_text().replace("yes", "y3s"))
    called = call(*arguments(inputs, tmp_path, "--lm", lm))
    assert called.status == 0, called.err
    assert "1 words cannot be spelled" in called.out
    assert (tmp_path / "unspeakable.txt").read_text() == "y3s\n"


def test_strict_refuses_a_rejected_line(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    complaint = call(
        *arguments(inputs, tmp_path, "--entities", inputs.entities, "--strict")
    ).complaint
    assert complaint.startswith(f"{inputs.entities}:4: digits cannot be spoken")


def test_an_empty_list_is_a_list(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.touch()
    called = call(*arguments(inputs, tmp_path, "--entities", listed))
    assert called.status == 0, called.err
    assert "entities: 0 accepted, 0 changed, 0 rejected" in called.out


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("tokens.txt", "a 0\n▁ 1\n", "expected one blank named <blk>"),
        ("tokens.txt", "<blk> 0\n▁ 2\n", "IDs must run from 0 without a gap; missing: 1"),
        ("tokens.txt", "<blk>\n", ":1: expected `SYMBOL ID`"),
        ("tokens.txt", "<blk> 0\n▁ 1\nω 2\n", "the two do not belong together"),
        ("lm.arpa", "hello", "not an ARPA file"),
        ("lm.arpa", None, "cannot be read (No such file or directory)"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    call: Call, inputs: Inputs, tmp_path: Path, name: str, content: str | None, complaint: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    flag = "--tokens" if name == "tokens.txt" else "--lm"
    found = call(*arguments(inputs, tmp_path, flag, path)).complaint
    assert complaint in found
    assert "do not belong together" in found or str(path) in found


def test_an_arpa_that_is_cut_off_is_named(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / "cut.arpa"
    content = inputs.lm.read_text()
    path.write_text(content[: len(content) // 2])
    assert f"{path}:" in call(*arguments(inputs, tmp_path, "--lm", path)).complaint


def test_a_model_without_a_class_gets_one(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / "closed.arpa"
    path.write_text(inputs.lm.read_text().replace("<unk>", "unk"))
    called = call(*arguments(inputs, tmp_path, "--lm", path))
    assert called.status == 0
    assert called.out.startswith("graph: ")


def test_the_out_folder_must_not_be_a_file(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert (
        call(*arguments(inputs, path)).complaint == f"{path}: cannot be made a folder (File exists)"
    )
