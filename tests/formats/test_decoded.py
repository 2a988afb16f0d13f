"""What `decode` wrote, read back: the same as was written, and broken lines by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.formats.decoded import read_ctm, read_nbest, read_spans
from wfst_bias.formats.outputs import write_outputs
from wfst_bias.formats.results import EntitySpan, LookedUp, NbestEntry, Result, Word

NBEST = '{"id": "a", "hypotheses": [{%s, "boost_nats": 0}]}'
FILES = ("hyp.ctm", "entities.jsonl", "nbest.jsonl")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    words = (Word("met", 0.5, 0.75, 0.9), Word("Łucja Bled", 1.0, 2.0, 0.5))
    spans = (
        EntitySpan("Łucja", 1.0, 1.5, 0.5, float("inf"), 1, 1),
        EntitySpan(
            "Bled", 1.5, 2.0, 0.5, 7.0, 1, 1, 0.5, LookedUp(("bled", "ding"), (), (), 0.0, 0.0)
        ),
    )
    nbest = (NbestEntry(("met", "Łucja Bled"), -3.0, 7.0, -1.0), NbestEntry((), -4.0, 0.0))
    results = [Result("a", words, spans, nbest, -3.0), Result.failed("b", "too short")]
    write_outputs(results, tmp_path, FILES)
    return tmp_path


def test_what_was_written_is_read(written: Path) -> None:
    times = [(w.text, w.start_seconds, w.end_seconds) for w in read_ctm(written / FILES[0])["a"]]
    assert times == [("met", 0.5, 0.75), ("Łucja", 1.0, 1.5), ("Bled", 1.5, 2.0)]
    first, second = read_spans(written / FILES[1])["a"]
    assert (first.entity, first.boost_nats, first.replaced) == ("Łucja", None, None)
    assert (second.start_seconds, second.boost_nats, second.adaptive_nats) == (1.5, 7.0, 0.5)
    assert second.replaced == "bled ding"
    nbest = read_nbest(written / FILES[2])
    assert nbest["a"][0] == NbestEntry(("met", "Łucja", "Bled"), -3.0, 7.0, -1.0)
    assert nbest["a"][1].words == ()
    assert nbest["b"] == ()


@pytest.mark.parametrize(
    ("read", "line"),
    [
        (read_ctm, "a 1 0.5 met"),
        (read_ctm, "a 1 now 0.5 met 0.9"),
        (read_spans, "[]"),
        (read_spans, '{"utterance": "a", "entity": "Bled"}'),
        (read_spans, '{"utterance": 1, "entity": "B", "start_seconds": 0, "end_seconds": 1}'),
        (read_spans, "no JSON"),
        (read_nbest, '{"id": "a", "hypotheses": 3}'),
        (read_nbest, NBEST % '"rank": 1, "text": "x", "score": "x"'),
        (read_nbest, NBEST % '"rank": 1, "text": null, "score": 0'),
        (read_nbest, NBEST % '"rank": 2, "text": "x", "score": 0'),
        (read_nbest, NBEST % '"text": "x", "score": 0'),
        (read_nbest, '{"id": "a"}'),
        (read_nbest, '{"id": 1, "hypotheses": []}'),
        (read_nbest, "{}"),
        (read_nbest, "7"),
        (read_nbest, ""),
        pytest.param(read_nbest, "[" * 100_000, id="nested"),
    ],
)
def test_a_broken_line_is_named(read: Callable[[Path], object], line: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"file:1: expected"):
        read(path)


def test_an_utterance_given_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nbest.jsonl"
    path.write_text('{"id": "b", "hypotheses": []}\n' * 2)
    with pytest.raises(InputError, match=r"nbest\.jsonl:2: an utterance given twice: 'b'"):
        read_nbest(path)


TEXTS = st.lists(st.lists(st.sampled_from(["a", "Łoś", '"']), max_size=3), max_size=3)


@given(texts=st.lists(TEXTS, max_size=3))
def test_nbest_lists_of_any_texts_are_read_back(
    texts: list[list[list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("nbest")
    lists = {
        f"u{i}": tuple(NbestEntry(tuple(words), -1.0, 0.0) for words in of)
        for i, of in enumerate(texts)
    }
    write_outputs([Result(name, nbest=of) for name, of in lists.items()], folder, ["nbest.jsonl"])
    assert read_nbest(folder / "nbest.jsonl") == lists
