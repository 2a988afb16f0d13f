"""From text files to an ARPA file."""

from __future__ import annotations

from pathlib import Path

import pytest

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import read_arpa
from wfst_bias.lm.command import LmReport, estimate_from_files
from wfst_bias.lm.estimate import LmOptions


def write_text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_report_and_model(tmp_path: Path) -> None:
    first = write_text(tmp_path / "first.txt", "dear ann\n\ndear bob\n")
    second = write_text(tmp_path / "second.txt", "dear dear\n")
    counts = write_text(tmp_path / "counts.tsv", "ann\t5\ndear\t2\n")
    out = tmp_path / "lm.arpa"
    report = estimate_from_files([first, second], counts, LmOptions(order=2), out)
    lm = read_arpa(out)
    sizes = tuple(len(table) for table in lm.ngrams)
    assert report == LmReport(sentences=3, words=6, class_tokens=2, vocabulary=2, ngrams=sizes)
    assert report.class_share == pytest.approx(2 / 6)
    assert set(lm.words) == {"<unk>", "<s>", "</s>", "ann", "dear"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text.txt: the text has no words"),
        ("\n \n", "text.txt: the text has no words"),
        ("a b\nc </s>\n", "text.txt:2: a reserved word in the text: '</s>'"),
    ],
)
def test_text_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    path = write_text(tmp_path / "text.txt", text)
    with pytest.raises(InputError) as caught:
        estimate_from_files([path], None, LmOptions(), tmp_path / "lm.arpa")
    assert message in str(caught.value)
    assert not (tmp_path / "lm.arpa").exists()
