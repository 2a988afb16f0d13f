"""Classes of entities: on lines, for whole files, and as a language model knows them."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.classes import ListFile, in_known_classes, read_entity_lists
from wfst_bias.entities.entity_list import (
    EntityList,
    compile_list,
    entities_from_strings,
    report_lines,
)
from wfst_bias.entities.list_file import ListLine, RejectedLine, parse_phrases, split_classes
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.tokens import TokenTable

LETTERS = ["<blk>", "▁", *string.ascii_lowercase]
NORMALIZER = Normalizer(TokenTable.from_symbols(dict(enumerate(LETTERS))))
KNOWN = ("<unk>", "<person>", "<place>")
CLASS_WORDS = st.sampled_from(["<person>", "<place>", "<drug>"])
LINES = st.lists(
    st.builds(
        lambda written, score, classes: ListLine(
            0, written, written, (written,), score, classes=tuple(sorted(classes))
        ),
        st.sampled_from(["ann", "Ann", "bled", "Änn"]),
        st.sampled_from([None, 1.0]),
        st.sets(CLASS_WORDS),
    ),
    max_size=8,
)


def compiled(*phrases: str) -> EntityList:
    return entities_from_strings(phrases, NORMALIZER, "auto")


@pytest.mark.parametrize("list_format", ["auto", "plain", "sherpa", "tsv", "ctc-ws"])
def test_a_line_of_any_format_may_end_in_a_class(list_format):
    (line,) = parse_phrases(["  Ann  Lee <person> "], list_format)
    assert (line.written, line.classes, line.text) == (
        "Ann Lee",
        ("<person>",),
        "Ann  Lee <person>",
    )


@pytest.mark.parametrize(
    ("text", "written", "spoken", "score", "classes"),
    [
        ("Ann :2.5 <person>", "Ann", ("Ann",), 2.5, ("<person>",)),
        ("sankt x @Sankt X <place>", "Sankt X", ("sankt x",), None, ("<place>",)),
        ("Ann\t2 <person>", "Ann", ("Ann",), 2.0, ("<person>",)),
        ("Ann\t<person>", "Ann", ("Ann",), None, ("<person>",)),
        ("Paris <place> <person> <place>", "Paris", ("Paris",), None, ("<person>", "<place>")),
        ("C19 ~c nineteen <first-name>", "C19", ("c nineteen",), None, ("<first-name>",)),
        ("Ann_ann <x>", "Ann", ("ann", "Ann"), None, ("<x>",)),
        ("a <b> c", "a <b> c", ("a <b> c",), None, ()),
        ("Ann<person>", "Ann<person>", ("Ann<person>",), None, ()),
        ("Ann <>", "Ann <>", ("Ann <>",), None, ()),
    ],
)
def test_classes_beside_the_other_fields(text, written, spoken, score, classes):
    (line,) = parse_phrases([text], "auto")
    assert (line.written, line.spoken, line.score, line.classes) == (
        written, spoken, score, classes,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["<person>", " <person> <place>"])
def test_a_class_without_a_phrase_is_rejected(text):
    assert parse_phrases([text]) == (RejectedLine(1, text, f"no phrase before {text.strip()}"),)


@given(st.lists(CLASS_WORDS, max_size=3))
def test_splitting_takes_all_that_was_put_on(classes):
    assert split_classes(" ".join(["Ann Lee", *classes])) == ("Ann Lee", tuple(sorted({*classes})))


@given(LINES, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(lines, rng):
    shuffled = rng.sample(lines, len(lines)) + lines
    one, other = compile_list(lines, NORMALIZER), compile_list(shuffled, NORMALIZER)
    assert one == other
    assert one.digest == other.digest
    assert in_known_classes(one, KNOWN) == in_known_classes(other, KNOWN)


def test_lines_of_one_entity_join_their_classes():
    (entity,) = compiled("Ann <person>", "Ann <place>")
    assert entity.classes == ("<person>", "<place>")
    (entity,) = compiled("Ann <person>", "Ann", "Ann <place>")
    assert entity.classes == ()
    reasons = [r.reason for r in compiled("Ann <x>", "Ann <y>", "Ann <x>").report]
    assert reasons == ["", "joined with line 1", "same as line 1"]


def test_a_line_that_loses_its_forms_gives_no_class():
    (entity,) = compiled("Ann :1 <person>", "Ann <place>")
    assert entity.classes == ("<person>",)


def test_a_class_that_the_model_lacks_is_reported():
    found = in_known_classes(compiled("Ann <person>", "Bó <drug>", "Cy", "51 <drug>"), KNOWN)
    assert [e.classes for e in found] == [("<person>",), ("<unk>",), ()]
    assert [(r.status, r.reason.split(";")[-1].strip()) for r in found.report][:3] == [
        ("accepted", ""),
        ("changed", "the language model has no class <drug>: taken as <unk>"),
        ("accepted", ""),
    ]
    assert found.report[3].status == "rejected"
    assert "no class" not in found.report[3].reason
    assert in_known_classes(found, KNOWN) == found
    assert in_known_classes(found, KNOWN).report == found.report


def test_a_list_without_unknown_classes_is_left_alone():
    entities = compiled("Ann <person>", "Cy")
    assert in_known_classes(entities, KNOWN) is entities


def test_the_report_shows_classes():
    rows = [row.split("\t") for row in report_lines(compiled("Ann <x> <y>", "Bo").report)]
    assert [row[2] for row in rows] == ["Ann <x> <y>", "Bo"]


@pytest.mark.parametrize(
    ("given", "path", "class_word"),
    [
        ("names.txt", "names.txt", None),
        ("person=names.txt", "names.txt", "<person>"),
        ("first-name=a=b", "a=b", "<first-name>"),
        ("./a=b.txt", "a=b.txt", None),
        ("folder/a=b", "folder/a=b", None),
        ("person=", "person=", None),
    ],
)
def test_a_file_and_its_class(given, path, class_word):
    assert ListFile.parse(given) == ListFile(Path(path), class_word)


def test_several_files_are_one_list(tmp_path):
    people, places = tmp_path / "people.txt", tmp_path / "places.txt"
    people.write_text("Ann\nParis\n51\n", encoding="utf-8")
    places.write_text("# places\nParis\nGeorgia <person>\nann :1\n", encoding="utf-8")
    files = [ListFile(people, "<person>"), ListFile(places, "<place>")]
    found = read_entity_lists(files, NORMALIZER)
    assert [(e.written, e.classes) for e in found] == [
        ("Georgia", ("<person>",)),
        ("Paris", ("<person>", "<place>")),
        ("ann", ("<place>",)),
    ]
    rows = [row.split("\t") for row in report_lines(found.report)]
    assert rows[0][0] == f"{people}:1"
    assert rows[0][-1] == f"same form as line {places}:4"
    assert rows[3][-1] == f"joined with line {people}:2"
    assert read_entity_lists(files[::-1], NORMALIZER) == found
    with pytest.raises(InputError, match=r"places\.txt:2|people\.txt:1"):
        read_entity_lists(files, NORMALIZER, strict=True)


def test_one_file_is_read_as_ever(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("Ann\n51\n", encoding="utf-8")
    found = read_entity_lists([ListFile(path)], NORMALIZER)
    assert [row.split("\t")[0] for row in report_lines(found.report)] == ["1", "2"]
    with pytest.raises(InputError, match=r"names\.txt:2: digits"):
        read_entity_lists([ListFile(path)], NORMALIZER, strict=True)
