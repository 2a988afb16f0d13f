"""The command `score`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called

Call = Callable[..., Called]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    contents = {
        "ref": 'a\tann met bob\t["bob"]\t["bob", "eve"]\nb\tyes\t[]\t["eve"]\n',
        "hyp": "b yes\na ann met rob\n",
        "better": "a Ann met Bob\nb yes\n",
        "list": "Ann\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    return {name: tmp_path / name for name in contents}


def test_the_table_and_the_same_as_json(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    report = tmp_path / "new/scores"  # JSON whatever its name
    called = call("score", "--ref", files["ref"], "--hyp", files["hyp"], "--json", report)
    assert called.status == 0, called.err
    assert called.out.splitlines()[1].split()[:2] == ["WER", "25.00"]
    metrics = json.loads(report.read_text())["metrics"]
    assert metrics["WER"]["rate"] == 0.25
    assert metrics["B-WER"]["rate"] == 1.0
    assert metrics["recall"]["rate"] == 0.0


def test_a_list_of_its_own(call: Call, files: dict[str, Path]) -> None:
    called = call(
        "score", "--ref", files["ref"], "--hyp", files["hyp"], "--entities", files["list"]
    )
    (recall,) = (line for line in called.out.splitlines() if line.startswith("recall"))
    assert "1 hits, 0 misses, 0 false alarms" in recall


def test_entities_that_a_language_model_does_not_know(
    call: Call, files: dict[str, Path], tmp_path: Path
) -> None:
    lm = tmp_path / "lm.arpa"
    words = "".join(f"-1\t{word}\n" for word in ("<s>", "</s>", "<unk>", "Bob"))
    lm.write_text(f"\\data\\\nngram 1=4\n\\1-grams:\n{words}\\end\\\n")
    arguments = ["score", "--ref", files["ref"], "--hyp", files["hyp"], "--lm", lm]
    lines = call(*arguments).out.splitlines()
    shown = {line.split("  ")[0]: line.split("  ")[-1] for line in lines}
    assert shown["F1, known words"] == "0 hits, 1 misses, 0 false alarms"
    assert shown["F1, an unknown word"] == "0 hits, 0 misses, 0 false alarms"
    lm.write_text("no model")
    assert call(*arguments).complaint == f"{lm}: not an ARPA file: no line `\\data\\`"


def test_a_comparison_tells_how_much_more_the_hypotheses_have(
    call: Call, files: dict[str, Path], tmp_path: Path
) -> None:
    called = call(
        "score", "--ref", files["ref"], "--hyp", files["better"], "--compare", files["hyp"],
        "--json", tmp_path / "scores.json",
    )  # fmt: skip
    as_json = json.loads((tmp_path / "scores.json").read_text())["differences"]
    assert as_json["WER"]["value"] == -0.25
    low, high = as_json["WER"]["interval"]
    assert low <= -0.25 <= high
    differences = called.out.split("\n\n")[1].splitlines()
    assert differences[1].split()[:2] == ["WER", "-25.00"]
    assert str(files["hyp"]) in differences[0]


def test_an_utterance_on_one_side_only_is_named(call: Call, files: dict[str, Path]) -> None:
    files["hyp"].write_text("a ann met rob\n")
    complaint = call("score", "--ref", files["ref"], "--hyp", files["hyp"]).complaint
    assert complaint == f"{files['hyp']}: no utterance 'b'"


@pytest.mark.parametrize("flag", ["--ref", "--hyp", "--entities", "--compare"])
def test_a_missing_file_is_named(call: Call, files: dict[str, Path], flag: str) -> None:
    arguments = {"--ref": files["ref"], "--hyp": files["hyp"], flag: Path("nowhere")}
    complaint = call("score", *(part for pair in arguments.items() for part in pair)).complaint
    assert complaint == "nowhere: cannot be read (No such file or directory)"


def test_the_json_file_must_not_be_a_folder(
    call: Call, files: dict[str, Path], tmp_path: Path
) -> None:
    arguments = ["--ref", files["ref"], "--hyp", files["hyp"], "--json", tmp_path]
    assert "expected the name of a file" in call("score", *arguments).complaint
