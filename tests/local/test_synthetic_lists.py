"""Lists for a set, and that the score command reads them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic.lists import lists_of_sizes, main, read_distractors, shared_list
from local.synthetic.sentences import Sentence
from wfst_bias.entities.list_file import read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.score_files import score_files

MET = Sentence(
    "s-e-1", "we met Šuica in the port", "we met suica in the port", (("Šuica", "person"),)
)
PORT = Sentence("s-e-2", "i like Port of Spain of course", "i like port of spain of course",
                (("Port of Spain", "place"),))  # fmt: skip
FREE = Sentence("s-f-1", "nothing of note", "nothing of note", ())

written = st.lists(st.sampled_from(["we", "met", "Suica", "in", "Brno", "Łódź", "port", "x"]),
                   min_size=1, max_size=3).map(" ".join)  # fmt: skip
pools = st.lists(written, max_size=30).map(
    lambda names: {name: comparison_words(name) for name in names}
)


def line_of(sentence: Sentence, pool: dict[str, tuple[str, ...]], size: int) -> str:
    ((_, line),) = lists_of_sizes([sentence], pool, [size])
    return line


def column(line: str) -> list[str]:
    return json.loads(line.rstrip("\n").split("\t")[3])


@given(pools, st.integers(0, 30), st.integers(0, 30))
def test_shorter_list_is_part_of_the_longer(
    pool: dict[str, tuple[str, ...]], one: int, other: int
) -> None:
    try:
        few, many = (column(line_of(MET, pool, size)) for size in sorted((one, other)))
    except InputError:
        said = f" {' '.join(comparison_words(MET.text))} "
        assert sum(f" {' '.join(words)} " not in said for words in pool.values()) < max(one, other)
        return
    assert (len(few), len(many)) == (1 + min(one, other), 1 + max(one, other))
    assert {"Šuica"} <= set(few) <= set(many) <= {"Šuica", *pool}


@given(pools)
def test_no_distractor_is_said(pool: dict[str, tuple[str, ...]]) -> None:
    said = f" {' '.join(comparison_words(MET.text))} "
    unsaid = [name for name, words in pool.items() if f" {' '.join(words)} " not in said]
    assert set(column(line_of(MET, pool, len(unsaid)))) == {"Šuica", *unsaid}
    with pytest.raises(InputError, match=f"ask for {len(unsaid)} or fewer"):
        line_of(MET, pool, len(unsaid) + 1)


def test_distractors_differ_between_utterances() -> None:
    pool = {f"n{number}": (f"n{number}",) for number in range(50)}
    assert len({tuple(column(line_of(s, pool, 10))) for s in (MET, PORT, FREE)}) == 3


def test_one_list_for_a_set() -> None:
    pool = {name: comparison_words(name) for name in ("Port", "Note", "Spain", "Brno", "Kyiv")}
    assert shared_list([MET, PORT, FREE], pool, 2) == ["Brno", "Kyiv", "Port of Spain", "Šuica"]


def test_distractors_that_sound_alike_count_once(tmp_path: Path) -> None:
    path = tmp_path / "distractors.txt"
    path.write_text("Jörg\tperson\nJorg\tperson\nBrno\tplace\n", "utf-8")
    assert read_distractors(path) == {"Jörg": ("jorg",), "Brno": ("brno",)}
    path.write_text("Brno\n\n", "utf-8")
    with pytest.raises(InputError, match=r"txt:2: a distractor without a word"):
        read_distractors(path)


def make_lists(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    test_set, pool = folder / "test.tsv", folder / "pool.txt"
    test_set.write_text("".join(s.line() for s in (MET, PORT, FREE)), "utf-8")
    pool.write_text("Brno\tplace\nNote Worthy\tperson\n", "utf-8")
    given_arguments = ["--distractors", str(pool), "--out", str(folder / "test"), *arguments]
    monkeypatch.setattr(sys, "argv", ["lists", str(test_set), *given_arguments])
    main()


def test_sizes_without_enough_distractors_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_lists(tmp_path, monkeypatch, "--sizes", "3,1,2")
    assert "no lists of 3: there are 2 distractors" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {
        "test.tsv", "pool.txt", "test.list1.tsv", "test.list2.tsv", "test.shared.txt",
    }  # fmt: skip
    with pytest.raises(SystemExit):
        make_lists(tmp_path, monkeypatch, "--sizes", "3,4")
    assert "too few distractors for a list: 3; add some" in capsys.readouterr().err


def test_made_lists_are_read_and_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_lists(tmp_path, monkeypatch, "--sizes", "2", "--shared", "2")
    out, shared = tmp_path / "test.list2.tsv", tmp_path / "test.shared.txt"
    utterance = read_entities_tsv(out)["s-e-2"]
    assert utterance.rare == ("Port of Spain",)
    assert utterance.entities == ("Brno", "Note Worthy", "Port of Spain")
    hypotheses = tmp_path / "text"
    hypotheses.write_text(
        "s-e-1 we met šuica in the port\ns-e-2 i like port of pain course\ns-f-1 in brno of note\n",
        "utf-8",
    )
    for scores in (score_files(out, hypotheses), score_files(out, hypotheses, shared)):
        entities = scores.total.entities
        assert (entities.hits, entities.misses, entities.false_alarms) == (1, 1, 1)
    words = scores.total.words
    assert (words.biased.errors, words.biased.reference_words) == (1, 4)
    assert (words.unbiased.errors, words.unbiased.reference_words) == (3, 12)
