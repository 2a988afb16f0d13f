"""The best token of each frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from factories import token_table

from local import greedy
from wfst_bias.formats.kaldi_text import read_kaldi_text

PIECES = ["<blk>", "▁an", "na", "▁", "a", "n"]


@pytest.mark.parametrize(
    ("best", "text"),
    [
        ([0, 1, 1, 0, 2, 0], "anna"),
        ([1, 2, 3, 5, 0, 5, 4], "anna nna"),
        ([1, 0, 1], "an an"),
        ([0, 0], ""),
        ([], ""),
    ],
)
def test_repeats_are_joined_and_blanks_left_out(best: list[int], text: str) -> None:
    log_probs = np.log(np.eye(len(PIECES))[best].reshape(-1, len(PIECES)) + 0.01)
    assert greedy.greedy_text(log_probs, token_table(PIECES)) == text


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = {"a": [1, 0, 2], "b": [0, 0]}
    log_probs = {name: np.log(np.eye(6)[best] + 0.01) for name, best in frames.items()}
    np.savez(tmp_path / "x.npz", **log_probs)
    (tmp_path / "tokens.txt").write_text("".join(f"{p} {i}\n" for i, p in enumerate(PIECES)))
    arguments = [tmp_path / "x.npz", "--tokens", tmp_path / "tokens.txt", "--out", tmp_path / "t"]
    monkeypatch.setattr("sys.argv", ["greedy", *map(str, arguments)])
    greedy.main()
    assert read_kaldi_text(tmp_path / "t") == {"a": "anna", "b": ""}


def test_a_broken_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tokens.txt").write_text("".join(f"{p} {i}\n" for i, p in enumerate(PIECES)))
    (tmp_path / "x.npz").write_text("no archive")
    arguments = [tmp_path / "x.npz", "--tokens", tmp_path / "tokens.txt", "--out", tmp_path / "t"]
    monkeypatch.setattr("sys.argv", ["greedy", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        greedy.main()
    assert ended.value.code == 2
    assert "x.npz" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()
