"""Conditions, read off the names of folders."""

from __future__ import annotations

import pytest

from wfst_bias.report.conditions import Condition


@pytest.mark.parametrize(
    ("key", "system", "list_name", "label"),
    [
        ("none", "", "", "no list"),
        ("list100", "", "list100", "list of 100"),
        ("list5000", "", "list5000", "list of 5,000"),
        ("shared", "", "shared", "shared list"),
        ("adapter.list100", "adapter", "list100", "adapter, list of 100"),
        ("joint-list1000", "joint", "list1000", "joint, list of 1,000"),
        ("list100_g2g", "g2g", "list100", "g2g, list of 100"),
        ("list100-without-g2g", "without-g2g", "list100", "without-g2g, list of 100"),
        ("lexicon-lookup.shared", "lexicon-lookup", "shared", "lexicon-lookup, shared list"),
        ("unlisted100", "unlisted100", "", "unlisted100"),
        ("adaptive-boost", "adaptive-boost", "", "adaptive-boost"),
    ],
)
def test_names(key: str, system: str, list_name: str, label: str) -> None:
    condition = Condition.of(key, "test")
    assert (condition.system, condition.list_name, condition.label) == (system, list_name, label)


def test_what_it_was_made_from_says_which_list_it_had() -> None:
    made_from = "decode --lm lm.arpa --entities-tsv exp/data/test.list1000.tsv --nj 2"
    assert Condition.of("g2g", "test", made_from).list_size == 1000
    assert Condition.of("g2g", "dev", made_from).list_name == ""
    assert Condition.of("g2g", "test", "--entities exp/data/test.shared.txt").list_name == "shared"
    assert Condition.of("none", "test", made_from).list_name == ""


def test_what_counts_without_a_list() -> None:
    assert Condition.of("none", "test").scored_list == "list100"
    assert Condition.of("list1000", "test").scored_list == "list1000"


def test_order() -> None:
    keys = ["none", "list100", "list1000", "shared", "adapter.list100", "g2g", "joint.list100"]
    conditions = [Condition.of(key, "test") for key in reversed(keys)]
    assert [each.key for each in sorted(conditions, key=lambda each: each.order)] == keys
