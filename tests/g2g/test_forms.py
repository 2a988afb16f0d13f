"""Variants of the forms of entities, and the cache of those of words."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from factories import LETTERS, token_table
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.entity_list import entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.g2g import finder
from wfst_bias.g2g.finder import Limits, VariantFinder
from wfst_bias.g2g.forms import FormVariants
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.g2g.table import RuleTable, parse_rule

ENGLISH = Path(__file__).parents[2] / "data/g2g/english.tsv"
TABLE = RuleTable(
    tuple(
        parse_rule(line.replace("|", "\t"))
        for line in (
            "ł|W|0.25|x", "W|w|0.25|x", "W|wh|2|x", "sz|sh|1|x", "c|k|0.5|x", "ph|f|1|x",
            "mc|mc_|1|x", "š|sh|0.5|x",
        )
    )
)  # fmt: skip
FREE = G2gOptions(variant_nats=0.0, most_variants=10)
UPPER = ("<blk>", "▁", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def variants(
    written: str,
    options: G2gOptions = FREE,
    symbols: tuple[str, ...] = LETTERS,
    form: str = "",
    known: dict[str, float] | None = None,
) -> list[tuple[str, float]]:
    """Return the variants of one entity."""
    tokens = token_table(symbols)
    normalizer = Normalizer(tokens)
    found = FormVariants(TABLE, normalizer, tokens.letters, options)
    form = form or normalizer.normalize(written).form
    (own,) = found.of([(form, written)], lambda word: (known or {}).get(word, 0.0))
    return [(v.form, round(v.cost_nats, 2)) for v in own]


def test_words_are_varied_and_put_together_cheapest_first() -> None:
    found = variants("cac phil")
    assert found[:3] == [("cak phil", 0.5), ("kac phil", 0.5), ("cac fil", 1.0)]
    assert ("kak fil", 2.0) in found
    assert ("cac phil", 0.0) not in found
    assert [c for _, c in found] == sorted(c for _, c in found)


def test_rules_read_the_letters_of_the_written_form() -> None:
    assert variants("Łukasz")[:2] == [("wukasz", 0.5), ("lukash", 1.0)]
    assert variants("ŁUKASZ") == variants("Łukasz")
    assert variants("Jean-Phil") == [("jean fil", 1.0)]
    # A spoken form of its own, or the form alone, is all there is to go by.
    assert variants("Łukasz", form="lucas") == [("lukas", 0.5)]
    assert variants("lukasz") == [("lukash", 1.0)]


def test_a_model_of_capitals_gets_capitals() -> None:
    assert variants("Łukasz", symbols=UPPER)[:2] == [("WUKASZ", 0.5), ("LUKASH", 1.0)]


def test_a_word_may_become_two() -> None:
    assert ("mc phil", 1.0) in variants("mcphil")


def test_a_variant_costs_what_the_options_say() -> None:
    options = G2gOptions(variant_nats=2.0, variant_scale=0.5, most_variants=10)
    found = dict(variants("cac phil", options))
    assert found["kac phil"] == 2.25
    assert found["kak fil"] == 2.0 + 0.5 * 2.0  # the flat cost once
    assert len(variants("cac phil", G2gOptions(most_variants=2))) == 2
    assert all(
        cost <= 0.5 for _, cost in variants("cac", G2gOptions(most_cost_nats=0.5, variant_nats=0.0))
    )


def test_ordinary_words_cost_more() -> None:
    found = dict(variants("cac phil", known={"fil": 5.0, "phil": 7.0}))
    assert found["cac fil"] == 6.0
    assert found["kac phil"] == 0.5  # what is not changed is what the user wrote


@given(st.lists(st.text("abcłšphz -'’éß1東", min_size=1, max_size=8), max_size=5))
def test_any_list_has_variants_in_the_letters_of_the_model(phrases: list[str]) -> None:
    tokens = token_table(LETTERS)
    normalizer = Normalizer(tokens)
    entities = entities_from_strings(phrases, normalizer)
    forms = [(form, e.written) for e in entities for form in e.forms]
    found = FormVariants(TABLE, normalizer, tokens.letters, FREE).of(forms, lambda word: 0.0)
    for (form, _), own in zip(forms, found, strict=True):
        for variant in own:
            assert variant.form != form
            assert variant.form == normalizer.normalize(variant.form).form
        assert len({v.form for v in own}) == len(own)


NAMES = ["Łukasz Kohut", "José Jiménez", "Ulf Björn Dvořák", "Bérès-Šefčovič", "Mc O'Neill",
         "Günther Weiß", "Þór Sigurður", "Ana Ţuţea", "Æsa Çavuşoğlu", "Ǆuro Ḥasan"]  # fmt: skip


def test_names_with_diacritics_all_have_variants() -> None:
    tokens = token_table(LETTERS)
    normalizer = Normalizer(tokens)
    entities = entities_from_strings(NAMES, normalizer)
    assert [e.written for e in entities] == sorted(NAMES)
    forms = [(form, e.written) for e in entities for form in e.forms]
    english = FormVariants(RuleTable.read(ENGLISH), normalizer, tokens.letters, G2gOptions())
    found = english.of(forms, lambda word: 0.0)
    assert all(0 < len(own) <= 5 for own in found)
    by_name = dict(zip([written for _, written in forms], found, strict=True))
    assert "wukasz kohut" in [v.form for v in by_name["Łukasz Kohut"]]


@pytest.fixture
def finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VariantFinder:
    monkeypatch.setattr(finder, "LEAST_CACHED_WORDS", 2)
    return VariantFinder(TABLE, {c: c for c in "ackphiszł"}, Limits(5, 3.0), tmp_path)


def cached(finding: VariantFinder) -> list[Path]:
    assert finding.cache is not None
    return list(finding.cache.iterdir())


def again(finding: VariantFinder, **changes: object) -> VariantFinder:
    arguments = {"table": TABLE, "kept": finding.kept, "limits": finding.limits} | changes
    return VariantFinder(**arguments, cache=finding.cache)  # type: ignore[arg-type]


def test_what_was_found_is_cached_by_content(
    finding: VariantFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = finding(["cac", "phil"])
    (path,) = cached(finding)
    monkeypatch.setattr(finder, "compose_words", None)  # nothing is computed
    assert again(finding)(["phil", "cac", "cac"]) == found
    assert finding(["cac"]) == {"cac": found["cac"]}
    assert cached(finding) == [path]


def test_another_content_has_another_file(finding: VariantFinder) -> None:
    finding(["cac", "phil"])
    again(finding)(["cac", "phi"])
    again(finding, limits=Limits(4, 3.0))(["cac", "phil"])
    again(finding, table=RuleTable(TABLE.rules[1:]))(["cac", "phil"])
    assert len(cached(finding)) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cac": []}', b'{"cac": [1]}', b"\xff"])
def test_a_broken_cache_is_computed_anew(
    finding: VariantFinder, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    found = finding(["cac", "phil"])
    (path,) = cached(finding)
    whole = json.loads(path.read_bytes())
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert again(finding)(["cac", "phil"]) == found
    assert "broken; finding them anew" in caplog.text
    assert json.loads(path.read_bytes()) == whole


def test_few_words_are_not_cached_and_words_of_other_letters_have_nothing(
    finding: VariantFinder,
) -> None:
    assert finding(["xyz", ""]) == {"xyz": (), "": ()}
    assert [path.name for path in cached(finding) if path.stat().st_size > 30] == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"most_variants": -1}, "most_variants must be at least 0: -1"),
        ({"variant_nats": -0.5}, "variant_nats must be a number of at least 0"),
        ({"variant_scale": float("nan")}, "variant_scale must be a number"),
        ({"most_cost_nats": 9.0}, "most_cost_nats must be at most 8"),
        ({"tables": ""}, "expected names of files"),
        ({"tables": "a.tsv,,b.tsv"}, "expected names of files"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        G2gOptions(**options)  # type: ignore[arg-type]


def test_without_a_table_there_are_no_variants(tmp_path: Path) -> None:
    tokens = token_table(LETTERS)
    normalizer = Normalizer(tokens)
    for options in (G2gOptions(), G2gOptions(str(ENGLISH), most_variants=0)):
        assert FormVariants.load(options, normalizer, tokens.letters) is None
    with pytest.raises(InputError, match=r"none.tsv: cannot be read"):
        FormVariants.load(G2gOptions(str(tmp_path / "none.tsv")), normalizer, tokens.letters)
