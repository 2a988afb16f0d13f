"""Normalization ends in the model's letters, once and for all, and says what it did."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.normalize import STEPS, Normalizer
from wfst_bias.tokens import TokenTable


def normalizer(letters: str) -> Normalizer:
    symbols = ["<blk>", "▁", *dict.fromkeys(letters)]
    return Normalizer(TokenTable.from_symbols(dict(enumerate(symbols))))


ENGLISH = normalizer(string.ascii_lowercase + "'")
NO_APOSTROPHE = normalizer(string.ascii_lowercase)
CAPITALS = normalizer(string.ascii_uppercase + "'")
FRENCH = normalizer(string.ascii_lowercase + "'éèç-")
DECOMPOSED = normalizer(string.ascii_lowercase + "\u0301")
CYRILLIC = normalizer("абвгдежзийклмнопрстуфхцчшщъыьэюя")
MODELS = (ENGLISH, NO_APOSTROPHE, CAPITALS, FRENCH, DECOMPOSED, CYRILLIC)

tricky = (
    st.sampled_from("éÉÅøßÆﬁＡ½™’‘`-–—.,'\" \t\u00a0\u200b\u0301\u00adİıŁĳ&%@59²Σй")
    | st.characters()
)


@pytest.mark.parametrize(
    ("phrase", "form", "steps"),
    [
        ("ann lee", "ann lee", ()),
        ("Ann Lee", "ann lee", ("case",)),
        ("  ann\u00a0 lee ", "ann lee", ("whitespace",)),
        ("Abir Al-Sahlani", "abir al sahlani", ("case", "hyphen")),
        ("o'brien", "o'brien", ()),
        ("o’brien", "o'brien", ("apostrophe",)),
        ("rock 'n' roll", "rock 'n' roll", ()),
        ("a ' b", "a b", ("punctuation",)),
        ("müller", "muller", ("diacritics",)),
        ("mu\u0308ller", "muller", ("diacritics",)),
        ("Łódź", "lodz", ("case", "diacritics")),
        ("Ǿ", "o", ("case", "diacritics")),
        ("İnönü", "inonu", ("case", "diacritics")),
        ("straße", "strasse", ("diacritics",)),
        ("Þór", "thor", ("case", "diacritics")),
        ("ŋħıœæðđ", "nghioeaedd", ("diacritics",)),
        ("J.R.R. Tolkien", "jrr tolkien", ("case", "punctuation")),
        ("Smith,Ann (“Annie”)!", "smith ann annie", ("case", "punctuation")),
        ("ﬁnance ａｃｍｅ", "finance acme", ("compatibility",)),
        ("ann\u200blee\ufeff", "annlee", ("invisible",)),
        ("Acme™", "acme", ("case", "punctuation")),
        ("...", "", ("punctuation",)),
        ("", "", ()),
    ],
)
def test_names_what_was_done(phrase, form, steps):
    result = ENGLISH.normalize(phrase)
    assert (result.form, result.steps, result.unspeakable) == (form, steps, "")


@pytest.mark.parametrize(
    ("phrase", "unspeakable"),
    [
        ("Area 51", "51"),
        ("AT&T", "&"),
        ("50% @home 5", "50%@"),
        ("Зеленский", "Зеленский"[:3] + "нский"),
        ("x² ½", "²½"),
        ("山田", "山田"),
        ("hi 😀", "😀"),
        ("अ\u094d", "अ\u094d"),
    ],
)
def test_names_what_cannot_be_spoken(phrase, unspeakable):
    found = ENGLISH.normalize(phrase).unspeakable
    assert found == "".join(dict.fromkeys(unspeakable))


def test_keeps_what_the_model_has():
    assert FRENCH.normalize("É. Zola-Née").form == "é zola-née"
    assert FRENCH.normalize("ne\u0301e").form == "née"
    assert FRENCH.normalize("a - ü").form == "a u"
    assert DECOMPOSED.normalize("née").form == "ne\u0301e"
    assert CAPITALS.normalize("Straße d’Été").form == "STRASSE D'ETE"
    assert CYRILLIC.normalize("Зеленский").form == "зеленский"


def test_drops_apostrophes_that_the_model_lacks():
    assert NO_APOSTROPHE.normalize("O’Brien").form == "obrien"
    assert normalizer("abc’").normalize("a'b").form == "a’b"


@pytest.mark.parametrize("model", MODELS)
@given(phrase=st.text(alphabet=tricky))
def test_only_letters_come_out_and_stay(model, phrase):
    result = model.normalize(phrase)
    assert set(result.form) <= model._kept
    assert result.form == " ".join(result.form.split(" "))
    assert not result.form or all(result.form.split(" "))
    again = model.normalize(result.form)
    assert (again.form, again.steps, again.unspeakable) == (result.form, (), "")
    assert set(result.steps) <= set(STEPS)


@given(phrase=st.text(alphabet=tricky))
def test_composition_of_the_input_does_not_matter(phrase):
    composed, decomposed = (unicodedata.normalize(form, phrase) for form in ("NFC", "NFD"))
    assert ENGLISH.normalize(composed).form == ENGLISH.normalize(decomposed).form


@given(phrase=st.text(alphabet=tricky))
def test_a_phrase_is_normalized_alike_whatever_came_before(phrase):
    assert ENGLISH.normalize(phrase) == normalizer(string.ascii_lowercase + "'").normalize(phrase)


@given(phrase=st.text(alphabet=tricky))
def test_no_step_means_no_change(phrase):
    result = ENGLISH.normalize(phrase)
    if not result.steps and not result.unspeakable:
        assert result.form == phrase


def test_what_is_remembered_is_forgotten_in_time(monkeypatch):
    monkeypatch.setattr("wfst_bias.entities.normalize.MOST_REMEMBERED", 2)
    phrases = ["Ż", "B-b", "a", "Ż", "3", "B-b", "Ż"]
    remembering = normalizer("ab")
    assert [remembering.normalize(phrase) for phrase in phrases] == [
        normalizer("ab").normalize(phrase) for phrase in phrases
    ]
