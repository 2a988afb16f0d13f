"""Rules from letters to phones, from phones to letters, and from letters to letters.

A table is a text file with a rule on each line, its four columns separated by tabs:

  LEFT   RIGHT   COST  EXAMPLE
  ph     F       0.1   phone      letters are read as phones
  F      ph      2.5   phone      phones are written as letters
  cz     ch      1.2   czech      letters are written as others
  e$     -       0.4   gate       `-` is nothing

Letters are lower case and stand together; phones are those of `data/phones/phones.txt`, in upper
case, with spaces between them. `^` before or `$` behind LEFT binds a rule to the start or the end
of a word (`^ N` and `T $` among phones). `_` in the letters of RIGHT begins another word. COST is
in nats, minus the logarithm of a probability, at least 0. The example shows the rule to a reader.
Empty lines and lines that begin with `#` are comments.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text
from wfst_bias.phones.inventory import PHONES

NOTHING, BREAK = "-", "_"
START, END = "^", "$"
COMMENT = "#"
# Sums of costs that are whole multiples of this are exact, so that equal spellings cost the same
# whichever way they came about.
COST_STEP_NATS = 1 / 1024
LARGEST_COST_NATS = 100.0
LONGEST_SIDE = 8
HEADER = "# LEFT\tRIGHT\tCOST\tEXAMPLE"

Symbols = tuple[str, ...]


class RuleKind(enum.Enum):
    """What a rule takes and gives."""

    READ = "letters -> phones"
    WRITE = "phones -> letters"
    REWRITE = "letters -> letters"


@dataclass(frozen=True)
class Rule:
    """Hold one rule.

    Attributes:
      kind: what it takes and gives.
      left, right: letters or phones in their order, without the marks of start and end.
      cost: in nats.
      example: a word in which it applies.
      at_start, at_end: whether it applies only there in a word.
    """

    kind: RuleKind
    left: Symbols
    right: Symbols
    cost: float
    example: str = ""
    at_start: bool = False
    at_end: bool = False

    def anchored(self, symbols: Symbols) -> Symbols:
        """Return symbols with the marks of the start and the end that this rule is bound to."""
        return (*(START,) * self.at_start, *symbols, *(END,) * self.at_end)

    @property
    def left_text(self) -> str:
        """Return the left side as a table has it."""
        return _joined(self.anchored(self.left), is_phones=self.kind is RuleKind.WRITE)

    @property
    def right_text(self) -> str:
        """Return the right side as a table has it."""
        return _joined(self.right, is_phones=self.kind is RuleKind.READ) or NOTHING

    @property
    def line(self) -> str:
        """Return the line of a table."""
        return "\t".join((self.left_text, self.right_text, f"{self.cost:.3f}", self.example))


@dataclass(frozen=True)
class RuleTable:
    """Hold rules, each pair of sides once.

    Raises:
      InputError: no rule.
    """

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise InputError("a table of rules without a rule")

    def of(self, kind: RuleKind) -> list[Rule]:
        """Return the rules of one kind."""
        return [rule for rule in self.rules if rule.kind is kind]

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the letters that rules take."""
        return frozenset(s for r in self.rules if r.kind is not RuleKind.WRITE for s in r.left)

    @classmethod
    def read(cls, *paths: Path | str) -> RuleTable:
        """Read tables and join them; of two rules with the same sides the cheaper one counts.

        Raises:
          InputError: a file that cannot be read or has no rule, or a line that is none; rules
            twice in one file are an error too.
        """
        joined: dict[tuple[str, str], Rule] = {}
        for path in paths:
            for sides, rule in _read_rules(path).items():
                if sides not in joined or rule.cost < joined[sides].cost:
                    joined[sides] = rule
        return cls(tuple(joined.values()))

    def write(self, path: Path | str, comments: Iterable[str] = ()) -> None:
        """Write a file that `read` reads back, atomically; comments come first."""
        lines = [*(f"{COMMENT} {comment}" for comment in comments), HEADER]
        write_text(path, "".join(f"{line}\n" for line in [*lines, *(r.line for r in self.rules)]))


def parse_rule(line: str) -> Rule:
    """Return the rule of a line.

    Raises:
      InputError: it is none.
    """
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) != 4:
        raise InputError(f"expected LEFT<TAB>RIGHT<TAB>COST<TAB>EXAMPLE, found {len(columns)} "
                         "columns", value=line)  # fmt: skip
    left, right, cost, example = columns
    at_start, at_end = left.startswith(START), left.endswith(END)
    bare = left.removeprefix(START).removesuffix(END).strip()
    is_write = _is_phones(bare)
    taken = _phones(bare) if is_write else _letters(bare, "LEFT", allowed="")
    if not taken:
        raise InputError("LEFT must have a letter or a phone", value=line)
    kind, given = _right(right, is_write)
    if len(taken) > LONGEST_SIDE or len(given) > LONGEST_SIDE:
        raise InputError(f"a side longer than {LONGEST_SIDE} letters or phones", value=line)
    return Rule(kind, taken, given, _cost(cost), example, at_start, at_end)


def stepped(cost: float) -> float:
    """Return a cost as a whole number of steps."""
    return round(cost / COST_STEP_NATS) * COST_STEP_NATS


def _read_rules(path: Path | str) -> dict[tuple[str, str], Rule]:
    found: dict[tuple[str, str], Rule] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip() or line.startswith(COMMENT):
            continue
        try:
            rule = parse_rule(line)
        except InputError as error:
            raise InputError(str(error), path=path, line=number) from None
        sides = (rule.left_text, rule.right_text)
        if sides in found:
            raise InputError("a rule given twice", path=path, line=number, value=" ".join(sides))
        found[sides] = rule
    if not found:
        raise InputError("no rule in the table", path=path)
    return found


def _right(text: str, is_write: bool) -> tuple[RuleKind, Symbols]:
    if not text:
        raise InputError(f"RIGHT is empty; {NOTHING} stands for nothing")
    if not is_write and _is_phones(text):
        return RuleKind.READ, _phones(text)
    kind = RuleKind.WRITE if is_write else RuleKind.REWRITE
    return kind, () if text == NOTHING else _letters(text, "RIGHT", allowed=BREAK)


def _is_phones(text: str) -> bool:
    return any(character.isupper() for character in text)


def _phones(text: str) -> Symbols:
    phones = tuple(text.split())
    unknown = next((phone for phone in phones if phone not in PHONES), None)
    if unknown is not None:
        raise InputError(
            "no phone; letters are lower case, and phones stand in data/phones/phones.txt",
            value=unknown,
        )
    return phones


def _letters(text: str, side: str, allowed: str) -> Symbols:
    unfit = next((c for c in text if not _is_letter(c) and c not in allowed), None)
    if unfit is not None:
        raise InputError(f"{side} has a character that is no letter of lower case", value=unfit)
    return tuple(text)


def _is_letter(character: str) -> bool:
    return (character.isalpha() and character == character.lower()) or character == "'"


def _cost(text: str) -> float:
    try:
        cost = float(text)
    except ValueError:
        cost = math.nan
    if not 0 <= cost <= LARGEST_COST_NATS:
        raise InputError(f"expected a cost from 0 to {LARGEST_COST_NATS:g} nats", value=text)
    return cost


def _joined(symbols: Symbols, *, is_phones: bool) -> str:
    return (" " if is_phones else "").join(symbols)
