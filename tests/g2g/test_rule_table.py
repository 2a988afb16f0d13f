"""The table of rules as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.g2g.table import RuleKind, RuleTable, parse_rule, stepped
from wfst_bias.phones.inventory import PHONES

ENGLISH = Path(__file__).parents[2] / "data/g2g/english.tsv"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rules.tsv"


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_the_three_kinds_of_rules(path: Path) -> None:
    write(path, "# sounds", "", "^kn\tN\t0.2\tknight", "AX L $\tle\t0.9\tlittle",
          "cz\tch_\t1\tczech", "e$\t-\t0\tgate")  # fmt: skip
    read, written, rewritten, silent = RuleTable.read(path).rules
    assert (read.kind, read.left, read.right) == (RuleKind.READ, ("k", "n"), ("N",))
    assert (read.at_start, read.at_end, read.example) == (True, False, "knight")
    assert (written.kind, written.left) == (RuleKind.WRITE, ("AX", "L"))
    assert (written.right, written.at_end, written.cost) == (("l", "e"), True, 0.9)
    assert (rewritten.kind, rewritten.right) == (RuleKind.REWRITE, ("c", "h", "_"))
    assert (silent.kind, silent.right, silent.at_end) == (RuleKind.REWRITE, (), True)


def test_what_is_written_is_read_back(path: Path) -> None:
    english = RuleTable.read(ENGLISH)
    english.write(path, ["a copy"])
    assert RuleTable.read(path) == english
    assert path.read_text(encoding="utf-8").startswith("# a copy\n")


def test_tables_are_joined_and_the_cheaper_rule_counts(tmp_path: Path) -> None:
    one = write(tmp_path / "1", "c\tk\t1\tx", "a\to\t1\tx")
    other = write(tmp_path / "2", "c\tk\t0.5\ty")
    costs = {(r.left_text, r.right_text): r.cost for r in RuleTable.read(one, other).rules}
    assert costs == {("c", "k"): 0.5, ("a", "o"): 1.0}


def test_the_shipped_table_reads_and_writes_every_phone_and_reads_every_letter() -> None:
    table = RuleTable.read(ENGLISH)
    read = {p for rule in table.of(RuleKind.READ) for p in rule.right}
    written = {rule.left[0] for rule in table.of(RuleKind.WRITE) if len(rule.left) == 1}
    assert read == PHONES.keys()
    assert written == PHONES.keys()
    assert set("abcdefghijklmnopqrstuvwxyz") < table.letters
    assert all(rule.example for rule in table.rules)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("c\tk\t1", "found 3 columns"),
        ("c k 1 x", "found 1 columns"),
        ("c\tk\t1\tx\ty", "found 5 columns"),
        ("c\tk\tcheap\tx", "expected a cost from 0 to 100 nats: 'cheap'"),
        ("c\tk\t-1\tx", "expected a cost from 0"),
        ("c\tk\tnan\tx", "expected a cost from 0"),
        ("c\tk\tinf\tx", "expected a cost from 0"),
        ("c\tKK\t1\tx", "no phone; letters are lower case, .*: 'KK'"),
        ("C\tk\t1\tx", "no phone; letters are lower case, .*: 'C'"),
        ("\tk\t1\tx", "LEFT must have"),
        ("^\tk\t1\tx", "LEFT must have"),
        ("-\tk\t1\tx", "LEFT has a character that is no letter of lower case: '-'"),
        ("c_\tk\t1\tx", "LEFT has a character that is no letter of lower case: '_'"),
        ("c\tk$\t1\tx", "RIGHT has a character that is no letter"),
        ("c\t\t1\tx", "RIGHT is empty"),
        ("K\tS\t1\tx", "RIGHT has a character that is no letter of lower case: 'S'"),
        ("abcdefghi\tk\t1\tx", "longer than 8"),
    ],
)
def test_a_line_that_is_no_rule_is_named(path: Path, line: str, complaint: str) -> None:
    write(path, "a\to\t1\tx", line)
    with pytest.raises(InputError, match=rf"rules.tsv:2: .*({complaint})"):
        RuleTable.read(path)


@pytest.mark.parametrize("content", ["", "# nothing\n\n"])
def test_a_table_without_rules(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(InputError, match=r"rules.tsv: no rule"):
        RuleTable.read(path)


def test_a_rule_given_twice_and_files_that_are_none(path: Path) -> None:
    write(path, "a\to\t1\tx", "a\to\t2\ty")
    with pytest.raises(InputError, match=r"rules.tsv:2: a rule given twice: 'a o'"):
        RuleTable.read(path)
    path.write_bytes(b"a\to\t1\t\xff\n")
    with pytest.raises(InputError, match=r"rules.tsv:1: not UTF-8"):
        RuleTable.read(path)
    with pytest.raises(InputError, match="cannot be read"):
        RuleTable.read(path.parent / "none")


@given(st.text(max_size=20))
def test_any_line_is_a_rule_or_an_input_error(line: str) -> None:
    try:
        rule = parse_rule(line)
    except InputError:
        return
    assert parse_rule(rule.line).left == rule.left


@given(st.floats(0, 100))
def test_costs_are_kept_to_a_thousandth(cost: float) -> None:
    assert stepped(cost) == pytest.approx(cost, abs=1e-3)
