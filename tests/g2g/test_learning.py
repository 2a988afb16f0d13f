"""Rules learned from pairs of what was said and what was written."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.g2g.finder import Limits, VariantFinder
from wfst_bias.g2g.learning import LearningOptions, learn_rules, read_pairs
from wfst_bias.g2g.table import RuleTable


def costs(pairs: list[tuple[str, str]], **options: int) -> dict[tuple[str, str], float]:
    table = learn_rules(pairs, LearningOptions(**options)).table  # type: ignore[arg-type]
    return {(r.left_text, r.right_text): r.cost for r in table.rules}


def test_a_cost_is_how_often_letters_were_written_so() -> None:
    pairs = [("czapek", "chapek"), ("czech", "chech"), ("czar", "czar"), ("coczo", "cocho")]
    # cz was said four times and written ch in three; one more time is counted
    assert costs(pairs) == {("z", "h"): pytest.approx(math.log((4 + 1) / 3))}


def test_letters_that_come_or_go_are_bound_to_the_edges_of_words() -> None:
    found = costs([("kate", "kat"), ("pete", "pet"), ("ete", "ete"), ("tea", "tea")])
    assert found == {("e$", "-"): pytest.approx(math.log((3 + 1) / 2))}
    assert set(costs([("anna", "hanna"), ("ida", "hida")], least_count=1)) == {
        ("^a", "ha"), ("^i", "hi")
    }  # fmt: skip


def test_a_word_that_became_two_is_a_rule_and_two_that_became_one_is_none() -> None:
    found = costs([("mckay", "mc kay"), ("mcgill", "mc gill"), ("a b", "ab")], least_count=1)
    assert {right for _, right in found} == {"c_"}


def test_rare_long_and_dear_differences_are_left_out() -> None:
    pairs = [("abcdef", "uvwxyz")] * 3 + [("ka", "ca")] * 2 + [("ma", "na")]
    assert set(costs(pairs)) == {("k", "c")}
    assert set(costs([*pairs, ("k", "k")], most_rule_nats=1)) == {("k", "c")}
    with pytest.raises(InputError, match="seen often enough"):
        learn_rules(pairs, LearningOptions(most_rule_nats=0.1))


def test_names_that_were_not_heard_say_nothing() -> None:
    assert costs([("ka", "ca")] * 2 + [("ko", "")] * 9) == costs([("ka", "ca")] * 2)


@given(
    st.lists(
        st.tuples(st.text("abc'-é ", min_size=1, max_size=6), st.text("abc '", max_size=6)),
        max_size=8,
    )
)
def test_what_is_learned_is_a_table_that_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    said = [(" ".join(a.split()), " ".join(b.split())) for a, b in pairs if a.split()]
    try:
        learned = learn_rules(said, LearningOptions(least_count=1))
    except InputError:
        return
    path = tmp_path_factory.mktemp("learned") / "rules.tsv"
    learned.table.write(path)
    read = RuleTable.read(path)
    assert [(r.left, r.right) for r in read.rules] == [
        (r.left, r.right) for r in learned.table.rules
    ]
    assert 0 < learned.used <= learned.differences


def test_what_was_learned_gives_the_variants_that_were_written() -> None:
    table = learn_rules([("kalina", "calina"), ("kohut", "cohut"), ("karl", "karl")]).table
    found = VariantFinder(table, {c: c for c in "abcdefghijklmnopqrstuvwxyz"}, Limits(3, 3.0))
    assert ("cato", pytest.approx(math.log(4 / 2), abs=1e-3)) in found(["kato"])["kato"]


def test_pairs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("# heard\nŁucja  W\tlucja w\n\nAnna\t\n", encoding="utf-8")
    assert read_pairs(path) == [("łucja w", "lucja w"), ("anna", "")]


@pytest.mark.parametrize("line", ["anna", "\tanna", "a\tb\tc"])
def test_lines_that_are_no_pair_are_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(f"a\tb\n{line}\n")
    with pytest.raises(InputError, match=r"pairs.tsv:2: expected SAID<TAB>WRITTEN"):
        read_pairs(path)
    path.write_text("# nothing\n")
    with pytest.raises(InputError, match="no pair"):
        read_pairs(path)


@pytest.mark.parametrize(
    "options", [{"least_count": 0}, {"longest_rule": 0}, {"most_rule_nats": 0.0}]
)
def test_options_that_cannot_be(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be"):
        LearningOptions(**options)  # type: ignore[arg-type]
