"""Longer lists and lists for a whole set, made from published ones."""

from __future__ import annotations

import json
from pathlib import Path

import make_lists
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv

POOL = [f"w{number}" for number in range(300)]
words = st.text("abcdw12", min_size=1, max_size=4)
utterances = st.builds(
    UtteranceList,
    utterance_id=st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True),
    text=st.just("some words"),
    rare=st.lists(words, max_size=3).map(tuple),
    entities=st.lists(words, max_size=10).map(tuple),
)


def parse(line: str) -> tuple[list[str], list[str]]:
    rare, entities = line.rstrip("\n").split("\t")[2:]
    return json.loads(rare), json.loads(entities)


@given(utterances, st.integers(20, 60), st.integers(61, 200))
def test_longer_lists_contain_shorter_ones(utterance: UtteranceList, few: int, many: int) -> None:
    (_, shorter), (rare, longer) = (
        parse(make_lists.enlarged_line(utterance, POOL, size)) for size in (few, many)
    )
    assert rare == list(utterance.rare)
    assert (len(set(shorter)), len(set(longer))) == (few, many)
    assert set(utterance.entities) <= set(shorter) <= set(longer)
    assert set(longer) <= {*utterance.entities, *POOL}


@given(utterances)
def test_the_same_list_every_time(utterance: UtteranceList) -> None:
    first, second = (make_lists.enlarged_line(utterance, POOL, 50) for _ in range(2))
    assert first == second


def test_distractors_differ_between_utterances() -> None:
    lists = {
        make_lists.enlarged_line(UtteranceList(name, "", (), ()), POOL, 20).split("\t")[3]
        for name in "abcde"
    }
    assert len(lists) == 5


def test_pool_too_small() -> None:
    with pytest.raises(SystemExit, match="only 300 words"):
        make_lists.enlarged_line(UtteranceList("a", "", (), ()), POOL, 301)


@given(st.lists(utterances, max_size=4))
def test_shared_list_is_every_rare_word_once(several: list[UtteranceList]) -> None:
    shared = make_lists.rare_words(several)
    assert shared == sorted(set(shared))
    assert set(shared) == {word for utterance in several for word in utterance.rare}


def test_pool_leaves_out_the_most_frequent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = tmp_path / "counts.tsv"
    counts.write_text("b\t2\nthe\t9\nz\t2\na\t2\nof\t5\n")
    monkeypatch.setattr(make_lists, "N_FREQUENT", 2)
    assert make_lists.rare_pool(counts) == ["b", "z", "a"]


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: Path) -> None:
    counts, out = tmp_path / "counts.tsv", tmp_path / "out"
    counts.write_text("".join(f"word{number}\t{6000 - number}\n" for number in range(6000)))
    enlarge = ["enlarge", str(planted / "dev.tsv"), "--word-counts", str(counts), "--size", "300"]
    monkeypatch.setattr("sys.argv", ["make_lists.py", *enlarge, "--out", str(out)])
    make_lists.main()
    made, given_lists = read_entities_tsv(out), read_entities_tsv(planted / "dev.tsv")
    assert list(made) == list(given_lists)
    assert {len(utterance.entities) for utterance in made.values()} == {300}
    share = ["share", str(planted / "dev.tsv"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["make_lists.py", *share])
    make_lists.main()
    assert "Knysbridge" in out.read_text().splitlines()
