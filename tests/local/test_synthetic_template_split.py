"""Which templates are held out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic.grammar import Grammar
from local.synthetic.template_split import split_templates
from wfst_bias.errors import InputError

LETTERS = "abcdefghij"


def parse(folder: Path, lines: list[str]) -> Grammar:
    path = folder / "templates.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return Grammar.read(path, ("person",))


@given(st.integers(3, 40), st.integers(3, 40), st.integers(0, 5))
def test_each_set_has_its_share_of_both_sorts(
    tmp_path_factory: pytest.TempPathFactory, n_with: int, n_without: int, seed: int
) -> None:
    lines = [f"met {{person}} {'x' * number}" for number in range(n_with)]
    lines += [f"yes {'y' * number}" for number in range(n_without)]
    grammar = parse(tmp_path_factory.getbasetemp(), lines)
    sides = split_templates(grammar, random.Random(seed))
    everything = [template for side in sides.values() for template in side]
    assert sorted(t.line for t in everything) == [t.line for t in grammar.templates]
    for name in ("dev", "test"):
        slots = [grammar.has_slots(template) for template in sides[name]]
        assert slots.count(True) == max(1, round(0.1 * n_with))
        assert slots.count(False) == max(1, round(0.1 * n_without))


@given(st.integers(0, 20))
def test_templates_of_common_words_are_held_out(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    strange = [f"never {a * 3} {a * 4} {a * 5}" for a in LETTERS]
    common = [f"{a} {b}" for a, b in zip(LETTERS, LETTERS[1:] + "a", strict=True)]
    slots = ["{person}", "met {person}", "met with {person}"]
    grammar = parse(tmp_path_factory.getbasetemp(), [*strange, *common, *slots])
    sides = split_templates(grammar, random.Random(seed))
    held_out = {template.text for template in (*sides["dev"], *sides["test"])}
    assert not held_out & set(strange)


@pytest.mark.parametrize("lines", [["a", "b", "c", "{person}"], ["{person}", "a {person}", "b"]])
def test_too_few(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(InputError, match=r"templates with(out)? slots; write 3 or more"):
        split_templates(parse(tmp_path, lines), random.Random(0))
