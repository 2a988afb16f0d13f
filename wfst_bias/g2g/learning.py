"""Rules from what was said, spelled right, and what a recognizer wrote for it.

The letters of both are aligned (kaldialign). A stretch in which they differ, and no letter in it
stands, becomes a rule; letters that were only added go with the letter before them. A rule that
changes the number of letters at the start or the end of a word is bound to that place.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kaldialign import align

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.g2g.table import BREAK, END, START, Rule, RuleKind, RuleTable

_EPSILON = "<eps>"
_MARKS = (START, END)

_Columns = list[tuple[str, str]]
_Sides = tuple[str, str]  # as a table has them, the left one with its marks


@dataclass(frozen=True)
class LearningOptions:
    """Choose which differences become rules."""

    least_count: int = field(
        default=2, metadata={"help": "how often a difference must be seen to become a rule"}
    )
    longest_rule: int = field(
        default=3, metadata={"help": "letters that one rule takes or gives at most"}
    )
    most_rule_nats: float = field(
        default=6.0, metadata={"help": "rules that cost more are left out"}
    )

    def __post_init__(self) -> None:
        for name in ("least_count", "longest_rule"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1", value=getattr(self, name))
        if not 0 < self.most_rule_nats < math.inf:
            raise InputError("most_rule_nats must be a positive number", value=self.most_rule_nats)


@dataclass(frozen=True)
class Learned:
    """Hold what was learned.

    Attributes:
      table: the rules, the cheapest first.
      pairs: how many pairs there were.
      differences: how many stretches in which they differ, and
      used: how many of those a rule stands for.
    """

    table: RuleTable
    pairs: int
    differences: int
    used: int


def read_pairs(path: Path | str) -> list[tuple[str, str]]:
    """Read pairs, `SAID<TAB>WRITTEN` a line, as words in lower case.

    Empty lines and lines that begin with `#` are left out; what was not heard at all may be empty.

    Raises:
      InputError: a file that cannot be read or has no pair, or a line that is none.
    """
    pairs = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = [" ".join(column.lower().split()) for column in line.split("\t")]
        if len(columns) != 2 or not columns[0]:
            raise InputError("expected SAID<TAB>WRITTEN", path=path, line=number, value=line)
        pairs.append((columns[0], columns[1]))
    if not pairs:
        raise InputError("no pair in the file", path=path)
    return pairs


def learn_rules(
    pairs: Sequence[tuple[str, str]], options: LearningOptions | None = None
) -> Learned:
    """Estimate rules from pairs of what was said and what was written.

    A rule costs minus the logarithm of how often its letters were written so, of the times they
    were said in its place; one time more is counted in which they were not.

    Raises:
      InputError: no difference is seen often enough to become a rule.
    """
    options = options or LearningOptions()
    counts: Counter[_Sides] = Counter()
    examples: dict[_Sides, str] = {}
    heard = [(said, written) for said, written in pairs if written]
    for said, written in heard:
        for sides in _differences(said, written):
            counts[sides] += 1
            examples.setdefault(sides, f"{said} > {written}")
    rules = [
        Rule(RuleKind.REWRITE, tuple(left.strip("^$")), tuple(right), cost, examples[left, right],
             left.startswith(START), left.endswith(END))
        for (left, right), cost in _costs(counts, [said for said, _ in heard], options)
    ]  # fmt: skip
    if not rules:
        raise InputError(
            "no difference between what was said and written is seen often enough",
            value=counts.most_common(1)[0] if counts else None,
            remedy="give more pairs, or lower --least-count",
        )
    used = sum(counts[rule.left_text, "".join(rule.right)] for rule in rules)
    rules.sort(key=lambda rule: (rule.cost, rule.left_text, rule.right_text))
    return Learned(RuleTable(tuple(rules)), len(pairs), sum(counts.values()), used)


def _costs(
    counts: Counter[_Sides], said: Sequence[str], options: LearningOptions
) -> Iterator[tuple[_Sides, float]]:
    """Yield the differences that become rules, with their costs."""
    wanted = {
        (left, right): count
        for (left, right), count in counts.items()
        if count >= options.least_count and _is_rule(left, right, options.longest_rule)
    }
    occurrences = _occurrences({left for left, _ in wanted}, said)
    for (left, right), count in wanted.items():
        cost = math.log((occurrences[left] + 1) / count)
        if cost <= options.most_rule_nats:
            yield (left, right), cost


def _is_rule(left: str, right: str, longest: int) -> bool:
    """Say whether both sides are short, and of letters."""
    taken = left.strip("^$")
    letters = taken + right.replace(BREAK, "")
    return (
        0 < len(taken) <= longest
        and len(right) <= longest
        and all(letter.isalpha() or letter == "'" for letter in letters)
        and letters == letters.lower()
    )


def _occurrences(lefts: Iterable[str], said: Sequence[str]) -> dict[str, int]:
    """Count in how many places each left side was said."""
    text = " ".join(f"{START}{word}{END}" for phrase in said for word in phrase.split())
    return {left: sum(text.startswith(left, at) for at in range(len(text))) for left in lefts}


def _differences(said: str, written: str) -> Iterator[_Sides]:
    """Yield the stretches in which what was said and written differ."""
    columns = _aligned(said, written)
    begin = 0
    while begin < len(columns):
        left, right = columns[begin]
        if left == right:
            begin += 1
            continue
        end = begin
        while end < len(columns) and columns[end][0] != columns[end][1]:
            end += 1
        yield _sides(columns, begin, end)
        begin = end


def _aligned(said: str, written: str) -> _Columns:
    """Align letters; each word that was said stands between marks, breaks are letters."""
    found: _Columns = [(START, START)]
    spelled = (list(phrase.replace(" ", BREAK)) for phrase in (said, written))
    for left, right in align(*spelled, _EPSILON):
        if left == BREAK:  # a word joined with the one before is no rule
            found += [(END, END), (BREAK if right == BREAK else " ", BREAK), (START, START)]
        else:
            found.append((left.replace(_EPSILON, ""), right.replace(_EPSILON, "")))
    return [*found, (END, END)]


def _sides(columns: _Columns, begin: int, end: int) -> _Sides:
    """Return a difference as a rule has it, with letters enough to take."""
    if not any(left for left, _ in columns[begin:end]):
        if columns[begin - 1][0] in _MARKS:
            end += 1
        else:
            begin -= 1
    left = "".join(side for side, _ in columns[begin:end])
    right = "".join(side for _, side in columns[begin:end])
    if len(left) != len(right):
        at_start = columns[begin - 1][0] == START
        at_end = end < len(columns) and columns[end][0] == END
        left = f"{START * at_start}{left}{END * at_end}"
    return left, right
