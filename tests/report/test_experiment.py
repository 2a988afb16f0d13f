"""Experiments: whatever conditions are there, and what is broken by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_experiment import HOSTILE_ID, HYPOTHESES, REFERENCES, write_condition

from wfst_bias.errors import InputError
from wfst_bias.report.experiment import Experiment
from wfst_bias.score.comparison import comparison_words

ORDER = ["none", "list100", "list1000", "shared", "adapter.list100"]


def test_all_that_is_there_is_read(exp: Path) -> None:
    experiment = Experiment.read(exp)
    first, second = experiment.sets
    assert [each.condition.key for each in first.decoded] == ORDER
    assert [each.condition.key for each in second.decoded] == [k for k in ORDER if k != "shared"]
    assert list(first.references) == list(REFERENCES)
    decoded = first.decoded[1]
    assert decoded.texts == HYPOTHESES["list100"]
    assert [word.text for word in decoded.words["a"]] == HYPOTHESES["list100"]["a"].split()
    assert [span.entity for span in decoded.spans["a"]] == ["Anna Kovač", "Bled"]
    assert len(decoded.nbest["b"]) == 2
    assert decoded.figures is not None
    assert decoded.figures["F1"].counts == {"hits": 3, "misses": 1, "false_alarms": 0}
    assert decoded.alarms is not None
    assert (decoded.alarms.per_hour, decoded.alarms.high) == (2.0, None)
    assert experiment.notes == (
        "**The speech is synthetic**: made by `nobody` & no <one>.",
        "The shared list: all names.",
    )


def test_lists(exp: Path) -> None:
    first = Experiment.read(exp).sets[0]
    shared = first.scored_lists("shared")(HOSTILE_ID)
    assert shared.targets is None
    assert ("ptuj",) in shared.index.entities
    own = first.scored_lists("list1000")("a")
    assert own.targets == {("anna", "kovac"), ("bled",)}
    assert comparison_words("Nob Ody") in own.index.entities


def test_of_two_sets_a_folder_belongs_to_the_longer_name(own_exp: Path) -> None:
    about = own_exp / "data/dataset.toml"
    about.write_text(about.read_text() + '"first.more" = "longer"\n')
    for path in (own_exp / "data").glob("first.*"):
        shutil.copy(path, path.with_name(path.name.replace("first.", "first.more.")))
    write_condition(own_exp, "first.more", "none", HYPOTHESES["none"])
    sets = {each.name: each for each in Experiment.read(own_exp).sets}
    assert [each.condition.key for each in sets["first"].decoded] == ORDER
    assert [each.condition.key for each in sets["first.more"].decoded] == ["none"]


def test_what_may_be_missing(own_exp: Path) -> None:
    for name in ("hyp.ctm", "entities.jsonl", "nbest.jsonl"):
        (own_exp / "decode/first.list100" / name).unlink()
    (own_exp / "score/first.list100.json").unlink()
    (own_exp / "score/first.list100.alarms.json").unlink()
    shutil.rmtree(own_exp / "decode/first.shared")
    decoded = Experiment.read(own_exp).sets[0].decoded
    assert [each.condition.key for each in decoded] == [k for k in ORDER if k != "shared"]
    assert (decoded[1].figures, decoded[1].alarms, dict(decoded[1].words)) == (None, None, {})


def break_scores(path: Path, **changes: object) -> None:
    scores = json.loads(path.read_text())
    scores["metrics"]["F1"] |= changes
    path.write_text(json.dumps(scores))


ABOUT, SCORE = "data/dataset.toml", "score/first.none.json"
BREAKAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no dataset": (f"{ABOUT}: cannot be read", lambda exp: (exp / ABOUT).unlink()),
    "no TOML": (f"{ABOUT}: not TOML", lambda exp: (exp / ABOUT).write_text("title")),
    "no note": (
        f"{ABOUT}: expected `note`",
        lambda exp: (exp / ABOUT).write_text('title = "x"\n[sets]\na = "b"\n'),
    ),
    "nothing decoded": ("decode: nothing is decoded", lambda exp: shutil.rmtree(exp / "decode")),
    "no references": (
        "first.list100.tsv: cannot be read",
        lambda exp: (exp / "data/first.list100.tsv").unlink(),
    ),
    "an utterance more": (
        "first.list100.tsv: no utterance: 'z'",
        lambda exp: (exp / "decode/first.none/text").open("a").write("z hello\n"),
    ),
    "an utterance less": (
        "text: no utterance: 'b'",
        lambda exp: (exp / "decode/second.none/text").write_text("a we met\n"),
    ),
    "other words": (
        "hyp.ctm: other words than in `text`: 'a'",
        lambda exp: (exp / "decode/first.none/hyp.ctm").write_text("a 1 0 1 hello\n"),
    ),
    "no scores": (f"{SCORE}: expected what", lambda exp: (exp / SCORE).write_text("{}")),
    "scores of nothing": (f"{SCORE}: expected what", lambda exp: (exp / SCORE).write_text("[]")),
    "cut scores": (f"{SCORE}: expected what", lambda exp: (exp / SCORE).write_text('{"metr')),
    "no interval": (f"{SCORE}: expected", lambda exp: break_scores(exp / SCORE, interval=[1])),
    "no counts": (f"{SCORE}: expected", lambda exp: break_scores(exp / SCORE, counts={})),
    "no number": (f"{SCORE}: expected", lambda exp: break_scores(exp / SCORE, rate="high")),
    "no alarms": (
        "alarms.json: expected false alarms per hour",
        lambda exp: (exp / "score/first.none.alarms.json").write_text("{}"),
    ),
}


@pytest.mark.parametrize("kind", BREAKAGES)
def test_what_is_broken_is_named(own_exp: Path, kind: str) -> None:
    complaint, spoil = BREAKAGES[kind]
    (own_exp / "decode/second.none/hyp.ctm").unlink()
    spoil(own_exp)
    with pytest.raises(InputError) as raised:
        Experiment.read(own_exp)
    assert complaint in str(raised.value)


def test_a_list_that_lacks_an_utterance(own_exp: Path) -> None:
    path = own_exp / "data/first.list1000.tsv"
    path.write_text(path.read_text().split("\n")[0])
    with pytest.raises(InputError, match=r"list1000\.tsv: no utterance: 'b'"):
        Experiment.read(own_exp).sets[0].scored_lists("list1000")
