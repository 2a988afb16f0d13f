"""Scores apart for each synthesizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")

from lhotse import CutSet, SupervisionSegment
from model_folders import noise, write_audio

from local import by_voice
from local.by_voice import rows_of
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.recordings import open_recording

SAID = {  # speaker, text, names, and what was recognized without and with a list
    "a": ("flite:rms", "the wren sang", ["wren"], "the when sang", "the wren sang"),
    "b": ("flite:slt", "a crake sang", ["crake"], "a cray sang", "a cray sang"),
    "c": ("espeak-ng:m1", "it sang a lot", [], "it sang a lot", "wren sang a lot"),
}


@pytest.fixture
def exp(tmp_path: Path) -> Path:
    cuts = []
    for name, (speaker, *_) in SAID.items():
        cut = open_recording(write_audio(tmp_path / f"{name}.wav", noise(0.9)), name).to_cut()
        cut.supervisions = [SupervisionSegment(name, name, 0.0, 0.9, speaker=speaker)]
        cuts.append(cut)
    (tmp_path / "data").mkdir()
    CutSet.from_cuts(cuts).to_file(tmp_path / "data/birds.cuts.jsonl.gz")
    lines = (
        f'{name}\t{text}\t{json.dumps(names)}\t["wren", "crake"]\n'
        for name, (_, text, names, *_) in SAID.items()
    )
    write_text(tmp_path / "data/birds.list100.tsv", "".join(lines))
    write_text(tmp_path / "data/birds.shared.txt", "wren\nsang\n")
    for condition, column in (("none", 3), ("x.list100", 4), ("shared", 4)):
        text = "".join(f"{name} {each[column]}\n" for name, each in SAID.items())
        write_text(tmp_path / f"decode/birds.{condition}/text", text)
    return tmp_path


def cells(exp: Path, *conditions: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in rows_of(exp, conditions)]
    return [[cell.split(" (")[0] for cell in row[1:]] for row in rows]


def test_each_synthesizer_has_a_row_of_its_utterances(exp: Path) -> None:
    assert cells(exp, "none", "x.list100") == [
        ["none", "espeak-ng", "1", "0", "-", "-", "-", "0.0"],
        ["none", "flite", "2", "2", "-", "0.0", "0.0", "0.0"],
        ["x.list100", "espeak-ng", "1", "0", "0.0", "-", "0.0", "25.0"],
        ["x.list100", "flite", "2", "2", "100.0", "50.0", "66.7", "0.0"],
    ]


def test_a_shared_list_is_what_counts(exp: Path) -> None:
    assert [row[1:4] for row in cells(exp, "shared")] == [
        ["espeak-ng", "1", "1"],
        ["flite", "2", "3"],
    ]


def test_what_is_missing_is_named(
    exp: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=r"run run\.sh first"):
        next(rows_of(exp / "decode", ["none"]))
    monkeypatch.setattr("sys.argv", ["by_voice", str(exp), "--conditions", "list5"])
    with pytest.raises(SystemExit) as ended:
        by_voice.main()
    assert ended.value.code == 2
    assert "birds.list5/text" in capsys.readouterr().err


def test_a_cut_without_a_synthesizer_is_named(exp: Path) -> None:
    manifest = exp / "data/birds.cuts.jsonl.gz"
    cuts = list(CutSet.from_file(manifest))
    cuts[1].supervisions[0].speaker = "Anna"
    CutSet.from_cuts(cuts).to_file(manifest)
    with pytest.raises(InputError, match="cut b has no speaker SYNTHESIZER:VOICE"):
        next(rows_of(exp, ["none"]))
