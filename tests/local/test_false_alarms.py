"""False alarms by the hour, in the utterances that say no name."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")

from lhotse import CutSet
from model_folders import noise, write_audio

from local import false_alarms
from local.false_alarms import Rate, count, nameless
from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.files import write_text
from wfst_bias.formats.recordings import open_recording

BIRDS = ("wren", "crake", "great tit")
LISTS = {
    "a": ("the wren sang", ("wren",), BIRDS),
    "b": ("it sang", (), BIRDS),
    "c": ("it flew", (), BIRDS[:2]),
}
TEXTS = {"a": "the crake", "b": "great tit wren", "c": "great tit"}
texts = st.lists(st.sampled_from(["wren", "great", "tit", "sang"]), max_size=6).map(" ".join)
lengths = st.floats(0.001, 1.0)


@given(st.lists(st.tuples(texts, lengths), min_size=1, max_size=6))
def test_each_name_written_is_one(said: list[tuple[str, float]]) -> None:
    utterances = [UtteranceList(str(i), "", (), BIRDS) for i in range(len(said))]
    hours = {str(i): length for i, (_, length) in enumerate(said)}
    found = count(utterances, {str(i): text for i, (text, _) in enumerate(said)}, hours)
    expected = sum(text.split().count("wren") + text.count("great tit") for text, _ in said)
    assert (found.false_alarms.count, found.utterances) == (expected, len(said))
    assert found.false_alarms.rate == pytest.approx(expected / math.fsum(hours.values()))
    low, high = found.false_alarms.interval
    assert low is not None
    assert high is not None
    assert 0 <= low <= high


def test_every_wrong_word_is_an_error() -> None:
    utterances = [UtteranceList("a", "it sang all day", (), BIRDS)]
    wer = count(utterances, {"a": "wren sang day"}, {"a": 0.1}).wer
    assert (wer.count, wer.of, wer.rate) == (2, 4, 0.5)


def test_without_a_nameless_utterance_there_is_no_rate() -> None:
    found = count([], {}, {})
    assert found.utterances == 0
    assert found.false_alarms == found.wer == Rate(0, 0, None, (None, None))


@pytest.fixture
def exp(tmp_path: Path) -> Path:
    """Return an experiment with three utterances of 0.9 s, two of which say no name."""
    rows = (
        "\t".join((name, text, json.dumps(rare), json.dumps(listed))) + "\n"
        for name, (text, rare, listed) in LISTS.items()
    )
    write_text(tmp_path / "data/birds.list100.tsv", "".join(rows))
    write_text(tmp_path / "data/birds.shared.txt", "# all\ngreat tit :4\nwren\n")
    for condition in ("none", "list100", "shared"):
        lines = "".join(f"{name} {text}\n" for name, text in TEXTS.items())
        write_text(tmp_path / f"decode/birds.{condition}/text", lines)
    cuts = [
        open_recording(write_audio(tmp_path / f"{name}.wav", noise(0.9)), name).to_cut()
        for name in LISTS
    ]
    CutSet.from_cuts(cuts).to_file(tmp_path / "data/birds.cuts.jsonl.gz")
    return tmp_path


def test_lists_are_those_of_the_condition(exp: Path) -> None:
    lists = {c: [u.entities for u in nameless(exp / "data", "birds", c)]
             for c in ("none", "list100", "shared")}  # fmt: skip
    own = [BIRDS, BIRDS[:2]]
    assert lists == {"none": own, "list100": own, "shared": [("great tit", "wren")] * 2}


def test_command(exp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["false_alarms", str(exp)])
    false_alarms.main()
    found = {
        path.name.split(".")[1]: json.loads(path.read_text())
        for path in (exp / "score").glob("birds.*.alarms.json")
    }
    assert {name: each["false_alarms"]["count"] for name, each in found.items()} == {
        "none": 2, "list100": 2, "shared": 3,
    }  # fmt: skip
    per_hour = found["shared"]["false_alarms"]
    assert per_hour["of"] == pytest.approx(2 * 0.9 / 3600)
    assert per_hour["rate"] == pytest.approx(3 / (2 * 0.9 / 3600))
    assert found["none"]["wer"]["of"] == 4
