"""The entity list does not depend on the order of its lines and accounts for each of them."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.entity_list import (
    Entity,
    EntityList,
    compile_list,
    entities_from_strings,
    read_entity_list,
    write_report,
)
from wfst_bias.entities.list_file import ListLine
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.tokens import TokenTable

LETTERS = ["<blk>", "▁", *string.ascii_lowercase, "'"]
NORMALIZER = Normalizer(TokenTable.from_symbols(dict(enumerate(LETTERS))))
MEPS = Path(__file__).parents[2].parent / "shared" / "entities" / "meps.tsv"


def line(written: str, *spoken: str, score: float | None = None) -> ListLine:
    return ListLine(0, written, written, spoken or (written,), score)


def compiled(lines: list[ListLine], **options: bool) -> EntityList:
    numbered = [
        ListLine(number, line.text, line.written, line.spoken, line.score, line.notes)
        for number, line in enumerate(lines, start=1)
    ]
    return compile_list(numbered, NORMALIZER, **options)


def outcome(entities: EntityList) -> list[tuple[str, str]]:
    return [(entry.status, entry.reason) for entry in entities.report]


phrases = st.sampled_from(["ann", "Ann", "Änn", "bob", "ann lee", "Ann-Lee", "r2", "...", "o'b"])
scores = st.sampled_from([None, -1.0, 0.0, 2.5])
lists = st.lists(
    st.builds(
        lambda written, spoken, score: line(written, *spoken, score=score),
        phrases,
        st.lists(phrases, max_size=3),
        scores,
    ),
    max_size=8,
)


@given(lists, st.randoms(use_true_random=False))
def test_order_changes_nothing(lines, rng):
    shuffled = rng.sample(lines, len(lines))
    one, other = compiled(lines), compiled(shuffled)
    assert one == other
    assert one.digest == other.digest


@given(lists)
def test_duplicates_change_nothing(lines):
    assert compiled(lines + lines) == compiled(lines)


@given(lists)
def test_every_line_ends_in_one_report(lines):
    report = compiled(lines).report
    assert [entry.line for entry in report] == list(range(1, len(lines) + 1))
    for entry in report:
        assert entry.status in ("accepted", "changed", "rejected")
        assert (entry.reason == "") == (entry.status == "accepted")
        assert (entry.forms == ()) == (entry.status == "rejected")


@given(lists)
def test_report_and_entities_agree(lines):
    entities = compiled(lines)
    reported = {(e.written, e.score, form) for e in entities.report for form in e.forms}
    held = [(e.written, e.score, form) for e in entities for form in e.forms]
    assert reported == set(held)
    forms = [form for _, _, form in held]
    assert len(forms) == len(set(forms))


@given(lists)
def test_the_best_claim_to_a_form_wins(lines):
    claims: dict[str, list[tuple[bool, float, str]]] = {}
    for entry in lines:
        for phrase in entry.spoken:
            normalized = NORMALIZER.normalize(phrase)
            if normalized.form and not normalized.unspeakable:
                rank = (entry.score is None, -(entry.score or 0), entry.written)
                claims.setdefault(normalized.form, []).append(rank)
    expected = {form: min(ranks) for form, ranks in claims.items()}
    assert expected == {
        form: (e.score is None, -(e.score or 0), e.written)
        for e in compiled(lines)
        for form in e.forms
    }


def test_empty_list():
    assert compiled([]) == EntityList()
    assert len(EntityList()) == 0


def test_higher_score_wins_and_the_loser_is_told():
    entities = compiled([line("Ann"), line("ANN", score=-1.0), line("ann", score=-2.0)])
    assert list(entities) == [Entity("ANN", ("ann",), -1.0, 2)]
    assert entities.entities[0].line == 2
    assert outcome(entities) == [
        ("rejected", "same form as line 2"),
        ("accepted", ""),
        ("rejected", "same form as line 2"),
    ]


def test_a_line_keeps_the_forms_that_no_other_has():
    entities = compiled([line("A1", "a one", "alpha"), line("Alpha", score=1.0)])
    assert list(entities) == [Entity("A1", ("a one",)), Entity("Alpha", ("alpha",), 1.0)]
    assert outcome(entities) == [("changed", "'alpha' left to line 2"), ("accepted", "")]


def test_the_same_line_again_is_changed():
    entities = compiled([line("Ann"), line("Ann"), line("Ann", "ann", "annie")])
    assert list(entities) == [Entity("Ann", ("ann", "annie"))]
    assert outcome(entities)[1:] == [
        ("changed", "same as line 1"),
        ("changed", "joined with line 1"),
    ]


def test_reasons_of_changes_and_rejections():
    entities = compiled(
        [
            line("Ann"),
            line("Müller-Lee"),
            line("Area 51 & co"),
            line("51%"),
            line("..."),
            line("COVID-19", "covid nineteen", "covid 19"),
        ]
    )
    advice = "cannot be spoken with this model's tokens: give a spoken form `~...`"
    assert outcome(entities) == [
        ("accepted", ""),
        ("changed", "diacritics; hyphen"),
        ("rejected", f"digits and ‘&’ {advice}"),
        ("rejected", f"digits and ‘%’ {advice}"),
        ("rejected", "nothing is left to speak: give a spoken form `~...`"),
        ("changed", f"'covid 19' left out: digits {advice}"),
    ]


def test_written_form_is_the_users():
    assert entities_from_strings(["Ljubljana Čaks"], NORMALIZER).entities == (
        Entity("Ljubljana Čaks", ("ljubljana caks",)),
    )


def test_strict_raises_the_first_rejection(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("Ann\nArea 51\nBob\n:2\nann\n", encoding="utf-8")
    assert len(read_entity_list(path, NORMALIZER)) == 2
    with pytest.raises(InputError) as caught:
        read_entity_list(path, NORMALIZER, strict=True)
    assert str(caught.value) == (
        f"{path}:2: digits cannot be spoken with this model's tokens: give a spoken form `~...`"
        ": 'Area 51'; correct or remove the line (2 other lines are rejected too)"
    )
    with pytest.raises(InputError, match=r"^line 1: digits .*: '51'; correct or remove the line$"):
        entities_from_strings(["51"], NORMALIZER, strict=True)


def test_forms_that_the_tokens_cannot_spell_are_rejected():
    pieces = TokenTable.from_symbols(dict(enumerate(["<blk>", "▁an", "n", "▁bob"])))
    entities = entities_from_strings(["ann", "nan"], Normalizer(pieces), speller=Speller(pieces))
    assert [e.written for e in entities] == ["ann"]
    assert outcome(entities)[1] == ("rejected", "no sequence of this model's tokens spells 'nan'")


def test_report_is_one_line_for_each(tmp_path):
    path = tmp_path / "list.json"
    path.write_text('["Ann", "a\\nb\\t\\ud800", "Zoë"]', encoding="utf-8")
    write_report(read_entity_list(path, NORMALIZER).report, tmp_path / "report.tsv")
    assert (tmp_path / "report.tsv").read_text(encoding="utf-8").split("\n") == [
        "line\tstatus\twritten\tforms\tscore\treason",
        "1\taccepted\tAnn\tann\t\t",
        "2\trejected\ta\\nb\\t\\ud800\t\t\tcontrol character U+000A",
        "3\tchanged\tZoë\tzoe\t\tdiacritics",
        "",
    ]


def test_report_joins_forms_and_shows_scores(tmp_path):
    path = tmp_path / "report.tsv"
    write_report(compiled([line("A1", "a one", "ay one", score=2.5)]).report, path)
    assert "1\taccepted\tA1\ta one ~ ay one\t2.5\t\n" in path.read_text(encoding="utf-8")


def test_digest_tells_lists_apart():
    lists = [[], [line("ann")], [line("Ann")], [line("ann", score=0.0)], [line("ann", "bob")]]
    assert len({compiled(lines).digest for lines in lists}) == len(lists)


@pytest.mark.skipif(not MEPS.exists(), reason="needs the list of names beside the repository")
def test_real_list_is_accounted_for():
    rows = MEPS.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    names = [row.split("\t")[0] for row in rows]
    entities = entities_from_strings(names, NORMALIZER)
    assert [entry.written for entry in entities.report] == names
    assert all(
        set(form) <= set("abcdefghijklmnopqrstuvwxyz' ") for e in entities for form in e.forms
    )
    rejected = [entry for entry in entities.report if entry.status == "rejected"]
    assert len(rejected) < 0.01 * len(names), rejected
    shuffled = random.Random(0).sample(names, len(names))
    assert entities_from_strings(shuffled, NORMALIZER) == entities
