"""Every format of a list, and every way in which a line or a file can be wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.list_file import (
    LONGEST_LINE,
    ListLine,
    RejectedLine,
    parse_phrases,
    read_entities_tsv,
    read_list,
)
from wfst_bias.errors import InputError


@pytest.fixture
def read(tmp_path):
    def read_content(content: str, list_format: str = "auto"):
        path = tmp_path / "list.txt"
        path.write_bytes(content.encode())
        return read_list(path, list_format)

    return read_content


def wanted(line):
    return line.written, line.spoken, line.score, line.notes


@pytest.mark.parametrize(
    ("text", "written", "spoken", "score"),
    [
        ("Ann Lee", "Ann Lee", ("Ann Lee",), None),
        ("  Ann   Lee  ", "Ann Lee", ("Ann Lee",), None),
        ("Ann Lee :2.5", "Ann Lee", ("Ann Lee",), 2.5),
        ("Ann Lee :-1", "Ann Lee", ("Ann Lee",), -1.0),
        ("Ann Lee\t:2.5", "Ann Lee", ("Ann Lee",), 2.5),
        ("annely @Ann Lee", "Ann Lee", ("annely",), None),
        ("C19 ~c nineteen ~c one nine", "C19", ("c nineteen", "c one nine"), None),
        ("x ~ecks :1e1 @X Corp", "X Corp", ("ecks",), 10.0),
        ("Ann Lee\t2.5", "Ann Lee", ("Ann Lee",), 2.5),
        ("GPU_gpu_g p u", "GPU", ("gpu", "g p u", "GPU"), None),
        ("Star Wars : A New Hope", "Star Wars : A New Hope", ("Star Wars : A New Hope",), None),
        ("we@home", "we@home", ("we@home",), None),
    ],
)  # fmt: skip
def test_recognizes_each_format(read, text, written, spoken, score):
    assert [wanted(line) for line in read(text)] == [(written, spoken, score, ())]


def test_formats_may_be_mixed_and_lines_keep_their_numbers(read):
    lines = read("\ufeff# names\r\nAnn\r\n\r\n  # more\nBob :1\nCy\t2\n")
    assert [(line.line, line.written, line.score) for line in lines] == [
        (2, "Ann", None),
        (5, "Bob", 1.0),
        (6, "Cy", 2.0),
    ]


def test_threshold_is_reported_as_ignored(read):
    assert read("Ann :1.5 #0.6")[0].notes == ("threshold #0.6 ignored",)


def test_doubtful_underscore_is_noted(read):
    (line,) = read("Barack_Obama")
    assert line.notes == ("read as 'Barack' said 'Obama'",)
    assert read("Barack_Obama", "ctc-ws")[0].notes == ()


def test_minus_zero_is_zero(read):
    assert str(read("Ann :-0")[0].score) == "0.0"


@pytest.mark.parametrize("list_format", ["plain", "tsv", "ctc-ws"])
def test_forced_format_leaves_other_marks_alone(read, list_format):
    assert read("Ann :2.5", list_format)[0].written == "Ann :2.5"


def test_forced_plain_keeps_underscores_and_joins_tabs(read):
    assert [line.written for line in read("a_b\nc\td", "plain")] == ["a_b", "c d"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ann :abc", "expected a number as score, found 'abc'"),
        ("Ann :nan", "expected a number as score, found 'nan'"),
        ("Ann :inf", "expected a number as score, found 'inf'"),
        ("Ann :2,5", "expected a number as score, found '2,5'"),
        ("Ann :1_0", "expected a number as score, found '1_0'"),
        ("Ann :1e999", "expected a score of at most 1000, found '1e999'"),
        ("Ann :", "nothing after :"),
        ("Ann ~", "nothing after ~"),
        ("Ann :1 :2", ": given twice"),
        ("Ann @A @B", "@ given twice"),
        ("Ann #one", "expected a number as threshold, found 'one'"),
        (":2.5", "no phrase before :2.5"),
        ("~ann lee", "no phrase before ~ann"),
        ("Ann\tSpain", "expected a number as score after the tab, found 'Spain'"),
        ("Ann\t1\t2", "expected PHRASE<TAB>SCORE, found 3 columns"),
        ("Ann_", "an empty spelling between underscores"),
        ("_ann", "no word before the first underscore"),
        ("a" * (LONGEST_LINE + 1), "1001 characters, longer than 1000"),
        ("Ann\x00", "control character U+0000"),
        ("Ann\x1b[31m", "control character U+001B"),
        ("Ann\rLee", "control character U+000D"),
        ("Ann\x85", "control character U+0085"),
    ],
)
def test_rejects_a_bad_line_with_its_reason(read, text, reason):
    assert read(f"Bob\n{text}\nCy")[1] == RejectedLine(2, text, reason)


def test_longest_line_is_read(read):
    assert len(read("a" * LONGEST_LINE)[0].written) == LONGEST_LINE


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n"])
def test_empty_list(read, content):
    assert read(content) == ()


def test_json_array(read):
    lines = read('[\n "Ann Lee",\n "a_b :2", 3, null, ["x"], "", "a\\u0000", "\\ud800"\n]\n')
    assert [(line.line, line.written) for line in lines if isinstance(line, ListLine)] == [
        (1, "Ann Lee"),
        (2, "a_b :2"),
    ]
    assert [(line.line, line.reason) for line in lines if isinstance(line, RejectedLine)] == [
        (3, "expected a string, found int"),
        (4, "expected a string, found NoneType"),
        (5, "expected a string, found list"),
        (6, "nothing but white space"),
        (7, "control character U+0000"),
        (8, "control character U+D800"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[\n"Ann",\n"Bob"', r"list\.txt:3: broken JSON at column 6"),
        ("[Ann]", r"list\.txt:1: broken JSON at column 2"),
        ("[" * 100_000, r"list\.txt: JSON that cannot be read"),
    ],
)
def test_broken_json_names_file_line_and_column(read, content, message):
    with pytest.raises(InputError, match=message):
        read(content)


@pytest.mark.parametrize("content", ["{}", '"Ann"', "3"])
def test_json_of_another_kind_is_an_error(read, content):
    with pytest.raises(InputError, match="expected a JSON array of strings"):
        read(content, "json")


def test_undecodable_bytes_name_the_line(tmp_path):
    path = tmp_path / "latin1.txt"
    path.write_bytes(b"Ann\nM\xfcller\n")
    with pytest.raises(InputError, match=r"latin1\.txt:2: not UTF-8"):
        read_list(path)


def test_missing_file_and_unknown_format(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_list(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"auto, plain, sherpa, tsv, ctc-ws, json: 'csv'"):
        read_list(tmp_path / "none.txt", "csv")


def test_phrases_are_taken_as_they_stand():
    phrases = ["Ann :2", "a_b", "#1"]
    assert [line.written for line in parse_phrases(phrases)] == phrases
    with pytest.raises(InputError, match="found one string"):
        parse_phrases("Ann")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n")))
def test_any_line_is_read_rejected_or_skipped(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode())
    if text.removeprefix("\ufeff").strip().startswith("["):
        return
    lines = read_list(path)
    assert len(lines) <= 1
    for line in lines:
        if isinstance(line, ListLine):
            assert line.written
            assert line.spoken
            assert all(line.spoken)


def test_reads_published_biasing_lists(tmp_path):
    path = tmp_path / "lists.tsv"
    path.write_text('u1\tann spoke\t["ann"]\t["ann", "bob"]\nu2\tyes\t[]\t[]\n', encoding="utf-8")
    lists = read_entities_tsv(path)
    assert list(lists) == ["u1", "u2"]
    assert lists["u1"].text == "ann spoke"
    assert lists["u1"].rare == ("ann",)
    assert lists["u1"].entities == ("ann", "bob")
    assert lists["u2"].entities == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("u2\ttext\t[]", "expected 4 columns .* found 3"),
        ("\ttext\t[]\t[]", "an utterance without an id"),
        ("u2\ttext\t[\t[]", "expected a JSON array of strings: '\\['"),
        ("u2\ttext\t[]\t[1]", "expected a JSON array of strings"),
        ('u2\ttext\t[]\t{"a": 1}', "expected a JSON array of strings"),
        ("u1\ttext\t[]\t[]", "an utterance given twice: 'u1'"),
    ],
)
def test_bad_biasing_list_names_file_and_line(tmp_path, line, message):
    path = tmp_path / "lists.tsv"
    path.write_text(f"u1\ttext\t[]\t[]\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"lists\.tsv:2: {message}"):
        read_entities_tsv(path)


def test_a_line_may_name_the_language_that_it_is_pronounced_in() -> None:
    lines = parse_phrases(["Kohut <lang:pl>", "Bled :3 <place> <lang:sl>", "Ann"], "auto")
    assert [line.language for line in lines] == ["pl", "sl", ""]  # type: ignore[union-attr]
    assert [line.classes for line in lines] == [(), ("<place>",), ()]  # type: ignore[union-attr]
    (rejected,) = parse_phrases(["Kohut <lang:pl> <lang:de>"])
    assert isinstance(rejected, RejectedLine)
    assert rejected.reason == "more than one language: de pl"
