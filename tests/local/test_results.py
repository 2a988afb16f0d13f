"""The table of results, and the utterances shown beside it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
import results
import show_changes

from wfst_bias.files import write_text
from wfst_bias.score.score_files import score_files
from wfst_bias.score.scores import write_scores

DATASET = """\
title = "Birds"
note = "Invented."
options = "those of the aviary"
shared = "all birds"
[sets]
first = "heard in the morning"
second = "heard at night"
"""
REFERENCES = 'a\tthe wren sang\t["wren"]\t["wren", "crake"]\nb\tthe owl\t["owl"]\t["owl"]\n'


@pytest.fixture
def exp(tmp_path: Path) -> Path:
    """Return an experiment in which the list corrects one of two names."""
    write_text(tmp_path / "data/dataset.toml", DATASET)
    texts = {"none": "a the ren sang\nb the ow\n", "list100": "a the wren sang\nb the ow\n"}
    for name, condition in itertools.product(("first", "second"), texts):
        reference = tmp_path / f"data/{name}.list100.tsv"
        hypothesis = tmp_path / f"decode/{name}.{condition}/text"
        write_text(reference, REFERENCES)
        write_text(hypothesis, texts[condition])
        scores = score_files(reference, hypothesis)
        write_scores(scores, tmp_path / f"score/{name}.{condition}.json")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr("sys.argv", ["local/results.py", *map(str, arguments)])
    results.main()


def test_report(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = exp / "results.md"
    run(monkeypatch, exp, "--out", out)
    report = out.read_text()
    assert f"`.venv/bin/python local/results.py {exp} --out {out}`" in report
    for shown in ("## Birds", "Invented.", "### first", "heard at night", "all birds"):
        assert shown in report
    rows = [line for line in report.splitlines() if line.startswith("| list of 100")]
    assert len(rows) == 4  # words and entities, of two sets
    assert rows[0].count("**20.00**") == 1
    assert "1/5" in rows[0]
    assert "0/3" in rows[0]
    assert rows[1].endswith("| 1, 1, 0 |")
    assert "shared list |" not in report


def test_overview(
    exp: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, exp, "--out", exp / "results.md")
    lines = capsys.readouterr().out.splitlines()
    assert len({len(line) for line in lines[:5]}) == 1
    assert lines[1].split() == ["first", "no", "list", "40.00", "0.00", "100.00", "-", "0.00",
                                "0.00", "0", "-"]  # fmt: skip


def test_false_alarms_per_hour_where_there_is_audio(
    exp: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = {"count": 0, "of": 0, "rate": None, "interval": [None, None]}
    alarms = {"count": 3, "of": 1.5, "rate": 2.0, "interval": [0.5, 4.25]}
    wer = {"count": 1, "of": 8, "rate": 0.125, "interval": [0, 0.25]}
    none = {"utterances": 0, "false_alarms": nothing, "wer": nothing}
    some = {"utterances": 2, "false_alarms": alarms, "wer": wer}
    write_text(exp / "score/first.none.alarms.json", json.dumps(some))
    write_text(exp / "score/first.list100.alarms.json", json.dumps(none))
    run(monkeypatch, exp, "--out", exp / "results.md")
    shown = [line.split()[-1] for line in capsys.readouterr().out.splitlines()[1:5]]
    assert shown == ["2.0", "-", "-", "-"]
    first, second = (exp / "results.md").read_text().split("### second")
    assert "| false alarms per hour | WER where no name is said |" in first
    assert "| **2.0** (0.5 to 4.2) 3 in 1.50 hours | **12.50** (0.00 to 25.00) 1/8 |" in first
    assert "| 1, 1, 0 | - | - |" in first
    assert "per hour |" not in second


def test_options_that_were_tuned_are_said_to_be(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = exp / "results.md"
    run(monkeypatch, exp, "--out", out)
    assert "Options: the defaults." in out.read_text()
    for folder in (exp / "decode").iterdir():
        write_text(folder / "options.toml", "[scales]\n")
    run(monkeypatch, exp, "--out", out)
    assert "Options: those of the aviary." in out.read_text()
    write_text(exp / "decode/first.none/options.toml", "")
    with pytest.raises(SystemExit, match="different options"):
        run(monkeypatch, exp, "--out", out)


def test_changes(exp: Path) -> None:
    assert list(show_changes.changes(exp, "first")) == [
        "  a\n    no list  the ren sang\n    list     the wren sang"
    ]
