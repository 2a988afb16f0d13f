"""Commands about how names sound: variants, learn-rules, phone-costs, phones --names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called, Inputs

from wfst_bias.g2g.table import RuleTable
from wfst_bias.phones.confusions import PhoneCosts
from wfst_bias.phones.lexicon import PhoneLexicon

Call = Callable[..., Called]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.tsv"
    path.write_text("ł\tW\t0.5\tx\nW\tw\t0.25\tx\nk\tc\t1\tx\n", encoding="utf-8")
    return path


def test_variants_are_shown_with_their_rules(call: Call, rules: Path) -> None:
    called = call("variants", "Łuk Ka", "abc", "--g2g", rules, "--variant-nats", 0)
    assert (called.status, called.err) == (0, "")
    assert called.out.splitlines() == [
        "word\tvariant\tcost\trules",
        "Łuk Ka\twuk ka\t0.750\tł→W 0.5, W→w 0.25",
        "Łuk Ka\tluc ka\t1.000\tk→c 1",
        "Łuk Ka\tluk ca\t1.000\tk→c 1",
        "Łuk Ka\twuc ka\t1.750\tł→W 0.5, W→w 0.25, k→c 1",
        "Łuk Ka\twuk ca\t1.750\tł→W 0.5, W→w 0.25, k→c 1",
    ]


def test_variants_need_a_table_and_a_word(call: Call, rules: Path, tmp_path: Path) -> None:
    assert call("variants", "a").complaint.startswith("Missing option '--g2g'")
    assert "nothing in it that can be spelled" in call("variants", "!", "--g2g", rules).complaint
    none = tmp_path / "none.tsv"
    assert f"{none}: cannot be read" in call("variants", "a", "--g2g", none).complaint
    rules.write_text("x\n")
    assert "rules.tsv:1: expected LEFT" in call("variants", "a", "--g2g", rules).complaint


def test_decode_takes_variants_and_refuses_a_broken_table(
    call: Call, inputs: Inputs, rules: Path, tmp_path: Path
) -> None:
    given = ["decode", "--log-probs", inputs.log_probs, "--tokens", inputs.tokens, "--lm",
             inputs.lm, "--entities", inputs.entities, "--out", tmp_path / "out", "--cache",
             tmp_path / "cache"]  # fmt: skip
    assert call(*given, "--g2g", rules).status == 0
    rules.write_text("x\n")
    called = call(*given, "--g2g", rules)
    assert called.status == 2
    assert "rules.tsv:1: expected LEFT" in called.complaint


def test_rules_are_learned_into_a_table(call: Call, tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.tsv", tmp_path / "new/learned.tsv"
    pairs.write_text("kalina\tcalina\nkohut\tcohut\n")
    called = call("learn-rules", "--pairs", pairs, "--out", out)
    assert called.out == "1 rules from 2 pairs, 2 differences, 100% of them by rules\n"
    (rule,) = RuleTable.read(out).rules
    assert (rule.left, rule.right) == (("k",), ("c",))
    assert "seen often enough" in call(
        "learn-rules", "--pairs", pairs, "--out", out, "--least-count", 3
    ).complaint  # fmt: skip


def test_costs_of_phones_are_estimated(call: Call, tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.tsv", tmp_path / "costs.tsv"
    pairs.write_text("B AA\tP AA\nT\tT\n")
    called = call("phone-costs", "--pairs", pairs, "--out", out)
    assert called.out == "2 utterances, 3 phones, 1 errors\n"
    assert PhoneCosts.read(out).counts["B", "P"] == 1
    pairs.write_text("B\tQ\n")
    complaint = call("phone-costs", "--pairs", pairs, "--out", out).complaint
    assert "pairs.tsv:1: no phone" in complaint


def test_names_are_pronounced_in_several_ways(call: Call, tmp_path: Path) -> None:
    pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
    names, own, out = (tmp_path / name for name in ("names.txt", "own.txt", "lexicon.txt"))
    names.write_text("Łukasz :3\nJung <lang:de>\nXx ~x x\n", encoding="utf-8")
    own.write_text("xx  EH K S\n")
    flags = ["phones", "--names", names, "--lexicon", own, "--out", out]
    assert call(*flags).out == "3 words, 4 pronunciations\n"
    lexicon = PhoneLexicon.read(out).pronunciations
    assert lexicon["xx"] == (("EH", "K", "S"),)
    assert ["W", "UW", "K", "AA", "SH"] in map(list, lexicon["łukasz"])
    own.write_text("XX  EH1 K S\n")
    assert call(*flags).status == 0
    assert PhoneLexicon.read(out).pronunciations["xx"] == (("EH", "K", "S"),)
    own.write_text("xx  EH K S\nyy  Q\n")
    assert "own.txt:2: a phone that the phone table lacks: 'Q'" in call(*flags).complaint
    assert "--names excludes" in call(*flags, "--text", names).complaint
    own.write_text("xx  EH K S\n")
    names.write_text("# none\n")
    assert "names.txt: no names in the file" in call(*flags).complaint
