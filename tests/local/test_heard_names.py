"""What a model writes for names: which words make a pair, and the command."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")

from lhotse import CutSet, SupervisionSegment
from model_folders import noise, write_audio, write_model

from local import heard_names
from local.heard_names import pairs_at
from wfst_bias.formats.recordings import open_recording
from wfst_bias.g2g.learning import read_pairs


@pytest.mark.parametrize(
    ("places", "written", "expected"),
    [
        ({1}, "then annah said yes", [("anna", "annah")]),
        ({1, 3}, "then anna said yess", [("anna", "anna"), ("yes", "yess")]),
        ({1}, "then said yes", []),  # left out
        ({1}, "then boats said yes", []),  # something else
        ({1}, "and then anne said yes", [("anna", "anne")]),
        ({1}, "", []),
        (set(), "then anne said yes", []),
    ],
)
def test_words_of_names_and_what_stands_for_them(
    places: set[int], written: str, expected: list[tuple[str, str]]
) -> None:
    found = pairs_at(frozenset(places), ["then", "anna", "said", "yes"], written.split())
    assert list(found) == expected


@pytest.fixture
def cuts(tmp_path: Path) -> Path:
    made = []
    for name in ("a", "b"):
        cut = open_recording(write_audio(tmp_path / f"{name}.wav", noise(1.5)), name).to_cut()
        entities = [{"text": "Anna", "kind": "person"}]
        supervision = SupervisionSegment(name, name, 0.0, 1.5, text="then Anna said yes")
        supervision.custom = {"entities": entities}
        cut.supervisions = [supervision]
        made.append(cut)
    path = tmp_path / "train.cuts.jsonl.gz"
    CutSet.from_cuts(made).to_file(path)
    return path


def call(monkeypatch: pytest.MonkeyPatch, model: Path, cuts: Path, out: Path) -> None:
    arguments = [str(model), "--cuts", str(cuts), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["heard_names", *arguments])
    heard_names.main()


def test_command(
    cuts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = write_model(tmp_path / "model")
    written = iter(["then ana said yes", "then anna said"])
    monkeypatch.setattr(heard_names, "_written", lambda *_: next(written).split())
    out = tmp_path / "pairs.tsv"
    call(monkeypatch, model, cuts, out)
    assert read_pairs(out) == [("anna", "ana"), ("anna", "anna")]
    assert capsys.readouterr().out == "2 words of names, 1 of them written otherwise\n"


def test_audio_that_is_gone_is_named(
    cuts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = write_model(tmp_path / "model")
    (tmp_path / "b.wav").unlink()
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, model, cuts, tmp_path / "pairs.tsv")
    assert ended.value.code == 2
    assert "b.wav" in capsys.readouterr().err
