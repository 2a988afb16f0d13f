"""The command `lm`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called

from wfst_bias.lm.arpa import read_arpa

Call = Callable[..., Called]


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("one.txt", "two.txt", "three.txt")]
    for path, sentence in zip(paths, ("ann met bob", "bob met eve", "eve saw ann"), strict=True):
        path.write_text(f"{sentence}\n{sentence}\n")
    return paths


def test_one_flag_takes_several_files_and_may_be_repeated(
    call: Call, texts: list[Path], tmp_path: Path
) -> None:
    ways = [
        ["--text", *texts],
        [part for path in texts for part in ("--text", path)],
        ["--text", texts[0], texts[1], "--order", "2", "--text", texts[2]],
        [f"--text={texts[0]}", texts[1], texts[2]],
    ]
    written = []
    for number, way in enumerate(ways):
        out = tmp_path / f"{number}.arpa"
        called = call("lm", *way, "--order", "2", "--vocab-size", "100", "--out", out)
        assert called.status == 0, called.err
        assert called.out.startswith("6 sentences, 18 words")
        written.append(out.read_bytes())
    assert len(set(written)) == 1


def test_options_and_word_counts_reach_the_model(
    call: Call, texts: list[Path], tmp_path: Path
) -> None:
    counts, out = tmp_path / "counts.tsv", tmp_path / "new/lm.arpa.gz"
    counts.write_text("zoe\t30\nann\t20\n")
    called = call(
        "lm", "--text", *texts, "--word-counts", counts, "--order", "3", "--class-word", "<BOOST>",
        "--min-counts", "1", "--out", out,
    )  # fmt: skip
    assert called.status == 0, called.err
    model = read_arpa(out)
    assert model.order == 3
    assert model.class_word == "<BOOST>"
    assert "zoe" in model.words


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "bad.txt: cannot be read (No such file or directory)"),
        (b"", "bad.txt: the text has no words"),
        (b"fine\nM\xfcller\n", "bad.txt:2: not UTF-8"),
        (b"fine\na <s> b\n", "bad.txt:2: a reserved word in the text: '<s>'"),
    ],
)
def test_a_bad_text_is_named(
    call: Call, texts: list[Path], tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    bad, out = tmp_path / "bad.txt", tmp_path / "lm.arpa"
    if content is not None:
        bad.write_bytes(content)
    assert complaint in call("lm", "--text", *texts, bad, "--out", out).complaint
    assert not out.exists()


def test_an_output_that_cannot_be_written_is_named_at_once(
    call: Call, texts: list[Path], tmp_path: Path
) -> None:
    complaint = call("lm", "--text", *texts, "--out", tmp_path).complaint
    assert complaint == f"{tmp_path}: a folder, expected the name of a file"
    below_a_file = texts[0] / "lm.arpa"
    complaint = call("lm", "--text", *texts, "--out", below_a_file).complaint
    assert complaint.startswith(f"{texts[0]}: cannot be made a folder")
