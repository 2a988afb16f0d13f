"""The command `subwords`: text to tokens, and bad input as one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called

pytest.importorskip("sentencepiece")

from model_folders import SENTENCES

from wfst_bias.acoustic.subwords import MODEL_FILE, TOKENS_FILE, Subwords
from wfst_bias.tokens import TokenTable

Call = Callable[..., Called]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "train.text"
    path.write_text("".join(f"{sentence}\n" for sentence in SENTENCES))
    return path


def test_text_becomes_tokens_and_a_model(call: Call, tmp_path: Path, text: Path) -> None:
    more = tmp_path / "more.text"
    more.write_text("anna met kim\n\n  \nzoe said no\n")
    called = call("subwords", "--text", text, more, "--size", 40, "--out", tmp_path / "model")
    assert (called.status, called.out) == (0, "40 tokens from 6 sentences\n")
    table = TokenTable.read(tmp_path / "model" / TOKENS_FILE)
    assert table.size == Subwords.read(tmp_path / "model" / MODEL_FILE).size == 40
    assert {path.name for path in (tmp_path / "model").iterdir()} == {MODEL_FILE, TOKENS_FILE}


@pytest.mark.parametrize(
    ("content", "flags", "message"),
    [
        (None, (), "train.text: cannot be read (No such file or directory)"),
        (b"anna\nzo\xeb\n", (), "train.text:2: not UTF-8"),
        (b"", (), "no 500 subwords can be learnt from this text"),
        (b"anna met kim\n", ("--size", 900), "no 900 subwords can be learnt from this text"),
        (b"anna\n", ("--size", 29), "Invalid value for '--size'"),
    ],
)
def test_bad_text_is_one_line(
    call: Call, tmp_path: Path, text: Path, content: bytes | None, flags: tuple, message: str
) -> None:
    text.unlink() if content is None else text.write_bytes(content)
    called = call("subwords", "--text", text, *flags, "--out", tmp_path / "model")
    assert message in called.complaint
    assert not (tmp_path / "model").exists()


def test_a_file_in_place_of_the_folder_is_named(call: Call, tmp_path: Path, text: Path) -> None:
    (tmp_path / "model").touch()
    called = call("subwords", "--text", text, "--size", 40, "--out", tmp_path / "model")
    assert str(tmp_path / "model") in called.complaint
