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
    assert len(rows) == 6  # words, entities and kinds of entities, of two sets
    assert rows[0].count("**20.00**") == 1
    assert "1/5" in rows[0]
    assert "0/3" in rows[0]
    assert rows[1].endswith("| 1, 1, 0 |")
    assert rows[2] == "| list of 100 | **66.67** (0.00 to 100.00) 1 of 2 |"
    assert "shared list |" not in report
    for title in ("Why entities are missed", "Utterances that say no name", "Time"):
        assert f"\n{title}:" not in report


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
    assert "| list of 100 | - | - |" in first
    assert "per hour |" not in second


def test_causes_of_misses_where_they_are_known(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"outranked": (0, 0.0), "pruned": (3, 0.75), "not heard": (1, 0.25)}
    causes = {name: {"misses": n, "share": share} for name, (n, share) in counts.items()}
    misses = {"entities": 9, "missed": 4, "causes": causes}
    write_text(exp / "score/first.list100.misses.json", json.dumps(misses))
    run(monkeypatch, exp, "--out", exp / "results.md")
    first, second = (exp / "results.md").read_text().split("### second")
    table = first.split("Why entities are missed:\n\n")[1]
    assert table.splitlines()[:3] == [
        "| list | missed | pruned | not heard |",
        "| --- | --- | --- | --- |",
        "| list of 100 | 4 of 9 | **75.0** 3 | **25.0** 1 |",
    ]
    assert "Why entities" not in second


def test_time_where_it_is_known(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timing = {"audio_seconds": 90.0, "lists": 4, "list_seconds": 0.05, "search_seconds": 0.9}
    write_text(exp / "decode/first.list100/timing.json", json.dumps(timing))
    nothing = {"audio_seconds": 0.0, "lists": 0, "list_seconds": 0.0, "search_seconds": 0.0}
    write_text(exp / "decode/second.list100/timing.json", json.dumps(nothing))
    write_text(exp / "decode/second.none/timing.json", json.dumps({**timing, "lists": 0}))
    run(monkeypatch, exp, "--out", exp / "results.md")
    first, second = (exp / "results.md").read_text().split("### second")
    assert "| list | ms per list | real-time factor | minutes of audio |" in first
    assert "| list of 100 | 12.5 | 0.0100 | 1.5 |\n" in first
    assert "| no list | - | - | - |" in first
    assert "| list of 100 | - | - | - |" in second
    assert "| no list | - | 0.0100 | 1.5 |" in second


def test_techniques_beside_the_tuned_system(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = json.loads((exp / "score/first.none.json").read_text())
    scores["groups"]["several words"] = scores["groups"]["one word"]
    gains = {"constant": (0.5, [-0.25, 0.75]), "adapter": (None, [None, None])}
    for system, (value, interval) in gains.items():
        scores["differences"] = {"F1": {"value": value, "interval": interval}}
        write_text(exp / f"score/first.{system}.list100.json", json.dumps(scores))
    run(monkeypatch, exp, "--out", exp / "results.md")
    report = (exp / "results.md").read_text()
    accuracy, kinds = report.split("#### first, list of 100: techniques\n\n")[1].split("\n\n")[:2]
    assert accuracy.splitlines()[0].startswith("| technique | F1 | F1 more than that of |")
    assert (
        "| constant boost | **0.00** (0.00 to 0.00) "
        "| **+50.00** (-25.00 to +75.00) language model alone |" in accuracy
    )
    assert [row.split(" |")[0] for row in accuracy.splitlines()[2:]] == [
        "| constant boost", "| adapter", "| all, as above",
    ]  # fmt: skip
    assert kinds.splitlines()[0] == "| technique | F1, several words |"
    assert {len(row.split("|")) for row in accuracy.splitlines()} == {9}


def test_what_a_technique_is_worth(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = json.loads((exp / "score/first.none.json").read_text())
    found = {
        "no-constant": ((-0.5, [-0.75, -0.25]), (0.125, [-0.5, 0.5])),
        "no-adaptive-boost": ((-0.5, [-0.75, 0.25]), (0.0, [0.0, 0.0])),
        "no-phone-rescore": ((0.0, [-0.25, 0.25]), (0.125, [0.0625, 0.25])),
        "constant": ((-0.5, [-0.75, -0.25]), (0.125, [0.0625, 0.25])),
    }
    for system, differences in found.items():
        named = zip(("F1", "U-WER"), differences, strict=True)
        scores["differences"] = {n: {"value": v, "interval": ends} for n, (v, ends) in named}
        for list_name in ("list100", "shared"):
            write_text(exp / f"score/first.{system}.{list_name}.json", json.dumps(scores))
    write_text(exp / "score/first.shared.json", json.dumps(scores))
    run(monkeypatch, exp, "--out", exp / "results.md")
    report = (exp / "results.md").read_text()
    assert [line for line in report.splitlines() if line.startswith("####")] == [
        "#### first, list of 100: techniques",
        "#### first, shared list: techniques",
    ]
    table = report.split("What leaving out one technique changes, paired by utterance:\n\n")[1]
    rows = [row.strip("| ").split(" | ") for row in table.split("\n\n")[0].splitlines()]
    assert rows[0] == ["left out", "F1", "U-WER", "is worse without it"]
    assert [(row[0], row[-1].split(".")[0]) for row in rows[2:]] == [
        ("constant boost", "F1"),
        ("adaptive-boost", "nothing: redundant here"),
        ("phone-rescore", "U-WER"),
    ]
    assert rows[2][1:3] == ["**-50.00** (-75.00 to -25.00)", "**+12.50** (-50.00 to +50.00)"]


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
