"""Results as files: golden lines, round trips, guards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.formats.outputs import OUTPUTS, text_lines, write_outputs
from wfst_bias.formats.results import EntitySpan, NbestEntry, Result, Word

FOUND = Result(
    "u2",
    words=(
        Word("with", 0.0, 0.24, 0.9996),
        Word("Łukasz Kohut", 0.24, 1.0, 0.875),
        Word("today", 1.02, 1.5, 1.0),
    ),
    entities=(EntitySpan("Łukasz Kohut", 0.24, 1.0, 0.875, 11.0, first_word=1, n_words=1),),
    nbest=(
        NbestEntry(("with", "Łukasz", "Kohut", "today"), -1.5, 11.0),
        NbestEntry(("with", "lukash", "cohort"), -12.25, 0.0),
    ),
    score=-1.5,
)
SILENT = Result("u1")
FAILED = Result.failed("u3", "not a number\tin frame 2\n(of 9)")
RESULTS = (FOUND, SILENT, FAILED)

GOLDEN = {
    "text": """\
u2 with Łukasz Kohut today
u1
u3
""",
    "hyp.trn": """\
with Łukasz Kohut today (u2)
(u1)
(u3)
""",
    "hyp.ctm": """\
u2 1 0.000 0.240 with 1.000
u2 1 0.240 0.380 Łukasz 0.875
u2 1 0.620 0.380 Kohut 0.875
u2 1 1.020 0.480 today 1.000
""",
    "nbest.jsonl": """\
{"id": "u2", "hypotheses": [\
{"rank": 1, "text": "with Łukasz Kohut today", "score": -1.5, "boost_nats": 11.0, \
"acoustic_and_lm_nats": -12.5}, \
{"rank": 2, "text": "with lukash cohort", "score": -12.25, "boost_nats": 0.0, \
"acoustic_and_lm_nats": -12.25}]}
{"id": "u1", "hypotheses": []}
{"id": "u3", "hypotheses": []}
""",
    "entities.jsonl": """\
{"utterance": "u2", "entity": "Łukasz Kohut", "start_seconds": 0.24, "end_seconds": 1.0, \
"confidence": 0.875, "boost_nats": 11.0, "adaptive_nats": 0.0, "words": ["Łukasz Kohut"]}
""",
    "errors.tsv": """\
u3\tnot a number in frame 2 (of 9)
""",
}


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text, float(i), i + 1.0, 0.5) for i, text in enumerate(texts))


@pytest.mark.parametrize("name", OUTPUTS)
def test_golden(tmp_path: Path, name: str) -> None:
    write_outputs(RESULTS, tmp_path / "out", [name])
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
    assert (tmp_path / "out" / name).read_text(encoding="utf-8") == GOLDEN[name]


def test_all_are_written_by_default_and_over_older_ones(tmp_path: Path) -> None:
    write_outputs(RESULTS, tmp_path)
    write_outputs([SILENT], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(OUTPUTS)
    assert (tmp_path / "errors.tsv").read_text() == ""
    assert (tmp_path / "text").read_text() == "u1\n"


def test_no_results_make_empty_files(tmp_path: Path) -> None:
    write_outputs([], tmp_path)
    assert {(tmp_path / name).read_text() for name in OUTPUTS} == {""}


ids = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="()"), min_size=1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.dictionaries(ids, st.lists(texts, max_size=4), max_size=4))
def test_text_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, hypotheses: dict[str, list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("round_trip")
    results = [Result(name, words(*spoken)) for name, spoken in hypotheses.items()]
    write_outputs(results, folder)
    expected = {name: " ".join(" ".join(spoken).split()) for name, spoken in hypotheses.items()}
    assert read_kaldi_text(folder / "text") == expected
    assert list(read_kaldi_text(folder / "text")) == list(expected)
    for line in (folder / "nbest.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        json.loads(line)


def test_whitespace_within_a_word_breaks_no_line(tmp_path: Path) -> None:
    result = Result("u", words("new\nyork\t city", " ", "now\u2028then"))
    assert list(text_lines([result])) == ["u new york city now then"]
    write_outputs([result], tmp_path)
    assert len((tmp_path / "hyp.ctm").read_text(encoding="utf-8").split("\n")) == 5 + 1


def test_scores_that_json_cannot_hold_are_null(tmp_path: Path) -> None:
    write_outputs([Result("u", nbest=(NbestEntry((), float("-inf"), -0.0),))], tmp_path)
    hypothesis = json.loads((tmp_path / "nbest.jsonl").read_text())["hypotheses"][0]
    assert (hypothesis["score"], hypothesis["acoustic_and_lm_nats"]) == (None, None)
    assert str(hypothesis["boost_nats"]) == "0.0"


@pytest.mark.parametrize("bad_id", ["", "a b", "a\n", "a(b)", "u\u00a0v"])
def test_an_id_that_would_break_a_file_is_refused(tmp_path: Path, bad_id: str) -> None:
    with pytest.raises(InputError, match="utterance ID"):
        write_outputs([Result(bad_id)], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("results", "names", "fault"),
    [
        ([SILENT, SILENT], list(OUTPUTS), "two results for one utterance: 'u1'"),
        ([SILENT], ["hyp.txt"], r"no such output.*'hyp\.txt'"),
    ],
)
def test_bad_calls_are_refused(
    tmp_path: Path, results: Sequence[Result], names: list[str], fault: str
) -> None:
    with pytest.raises(InputError, match=fault):
        write_outputs(results, tmp_path, names)


def test_a_result_holds_together() -> None:
    with pytest.raises(ValueError, match="u failed"):
        Result("u", words("a"), error="broken")
    with pytest.raises(ValueError, match="'b' lies outside"):
        Result("u", words("a"), (EntitySpan("b", 0, 1, 1, 1, first_word=1, n_words=1),))


def test_a_text_that_gives_an_utterance_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("u1 a\nu1 b\n")
    with pytest.raises(InputError, match=r"text:2: an utterance given twice: 'u1'"):
        read_kaldi_text(tmp_path / "text")
