"""N-best lists read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.formats.nbest import read_nbest
from wfst_bias.formats.outputs import write_outputs
from wfst_bias.formats.results import NbestEntry, Result

TEXTS = st.lists(st.lists(st.sampled_from(["a", "Łoś", '"']), max_size=3), max_size=3)


@given(texts=st.lists(TEXTS, max_size=3))
def test_what_decoding_writes_is_read_back(
    texts: list[list[list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("nbest")
    results = [
        Result(f"u{i}", nbest=tuple(NbestEntry(tuple(words), -1.0, 0.0) for words in of))
        for i, of in enumerate(texts)
    ]
    write_outputs(results, folder, ["nbest.jsonl"])
    read = read_nbest(folder / "nbest.jsonl")
    assert read == {f"u{i}": tuple(" ".join(w) for w in of) for i, of in enumerate(texts)}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "7",
        "{",
        '{"id": "a"}',
        '{"id": 1, "hypotheses": []}',
        '{"id": "a", "hypotheses": {"text": "x"}}',
        '{"id": "a", "hypotheses": [{"rank": 1, "text": null}]}',
        '{"id": "a", "hypotheses": [{"rank": 2, "text": "x"}]}',
        pytest.param("[" * 100_000, id="nested"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "nbest.jsonl"
    path.write_text('{"id": "b", "hypotheses": []}\n' + line + "\n")
    with pytest.raises(InputError, match=r"nbest\.jsonl:2: expected an n-best list"):
        read_nbest(path)


def test_an_utterance_given_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nbest.jsonl"
    path.write_text('{"id": "b", "hypotheses": []}\n' * 2)
    with pytest.raises(InputError, match=r"nbest\.jsonl:2: an utterance given twice: 'b'"):
        read_nbest(path)
