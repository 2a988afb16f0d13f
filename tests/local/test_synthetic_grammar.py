"""Templates: what is drawn from them, and what is wrong with a file."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic.grammar import Grammar
from wfst_bias.errors import InputError

TEMPLATES = """\
# a comment
<when> = today | (early |)on <day>

we (all |)met {person} <when>
(th(is|at) is|we are) fine
they went <with>
<day> = monday | friday
<with> = with {person} | alone
"""


def parse(folder: Path, text: str) -> Grammar:
    path = folder / "templates.txt"
    path.write_text(text, encoding="utf-8")
    return Grammar.read(path, ("person",))


def drawn(grammar: Grammar, place: int, n_draws: int = 200) -> set[str]:
    rng = random.Random(1)
    template = grammar.templates[place]
    return {" ".join(grammar.draw(template, rng)) for _ in range(n_draws)}


def test_every_expansion_and_no_other(tmp_path: Path) -> None:
    grammar = parse(tmp_path, TEMPLATES)
    days = [f"{early}on {day}" for early in ("", "early ") for day in ("monday", "friday")]
    assert drawn(grammar, 0) == {
        f"we {every}met {{person}} {when}" for every in ("", "all ") for when in ("today", *days)
    }
    assert drawn(grammar, 1) == {"this is fine", "that is fine", "we are fine"}
    assert drawn(grammar, 2) == {"they went with {person}", "they went alone"}


def test_slots_are_found_through_classes(tmp_path: Path) -> None:
    grammar = parse(tmp_path, TEMPLATES)
    assert [grammar.has_slots(template) for template in grammar.templates] == [True, False, True]
    assert {"monday", "alone", "met", "fine"} <= grammar.words()
    assert not any(character in word for word in grammar.words() for character in "{}<>|()")


words = st.text("abc", min_size=1, max_size=3)
Said = tuple[str, set[str]]  # a template and all that it may say


def _either(options: list[Said]) -> Said:
    said = set(itertools.chain.from_iterable(said for _, said in options))
    return f"({'|'.join(text for text, _ in options)})", said


def _both(pair: tuple[Said, Said]) -> Said:
    (first, said_first), (second, said_second) = pair
    return f"{first} {second}", {f"{a} {b}" for a in said_first for b in said_second}


def _extend(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    return st.lists(inner, min_size=1, max_size=3).map(_either) | st.tuples(inner, inner).map(_both)


nested = st.recursive(words.map(lambda word: (word, {word})), _extend, max_leaves=6)


@given(nested, st.integers(0, 100))
def test_what_is_drawn_is_one_of_the_alternatives(
    tmp_path_factory: pytest.TempPathFactory, template: Said, seed: int
) -> None:
    text, said = template
    grammar = parse(tmp_path_factory.getbasetemp(), text)
    rng = random.Random(seed)
    assert " ".join(grammar.draw(grammar.templates[0], rng)) in said


def faults() -> Iterator[tuple[str, int, str]]:
    yield "go <where>", 1, "unknown class: '<where>'; there are none"
    yield "go\n<a> = x <b>\n<b> = y | <a>", 3, "a class that needs itself: '<a> <b> <a>'"
    yield "go\nwe (all met", 2, "a parenthesis is not closed: 'we (all met'; close it"
    yield "we all) met", 1, "a closing parenthesis too many"
    yield "# go\n\nto {place}", 3, "unknown slot: '{place}'; there are {person}"
    yield "We met", 1, "the character 'W' cannot stand here"
    yield "on may 3", 1, "the character '3' cannot stand here: 'on may 3'; write lower-case"
    yield "no, thanks", 1, "the character ',' cannot stand here"
    yield "a <b", 1, "a < without its partner"
    yield "{person}'s house", 1, "a slot that touches a word"
    yield "this | that", 1, "alternatives outside parentheses"
    yield "go\n<a> =", 2, "nothing is said"
    yield "go\ngo", 2, "given twice: 'go'"
    yield "go\n<a> = x\n<a> = y", 3, "given twice: 'a'"


@pytest.mark.parametrize(("text", "line", "complaint"), faults())
def test_faults_name_file_line_and_remedy(
    tmp_path: Path, text: str, line: int, complaint: str
) -> None:
    with pytest.raises(InputError) as raised:
        parse(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'templates.txt'}:{line}: {complaint}")


def test_no_template(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no template; write one"):
        parse(tmp_path, "# nothing\n")


def test_slot_that_touches_a_word_once_drawn(tmp_path: Path) -> None:
    grammar = parse(tmp_path, "go\nwe met {person}(|s)")
    with pytest.raises(InputError, match=r"txt:2: a slot that touches a word: '\{person\}s'"):
        drawn(grammar, 1)
