"""What it costs to take one phone for another, estimated from a recognizer's own errors.

PhoneCosts       costs of all pairs of phones, of phones left out and put in; from and to files
estimate_costs   counts aligned pairs of phone sequences
read_phone_pairs reads such pairs

The file has a pair on each line: REFERENCE  RECOGNISED  COST  COUNT, tabs between them; `-` is no
phone, so that a line `AX  -` is an AX left out and `-  AX` one put in. COST is minus the natural
logarithm of the probability of what was recognised, given the reference, with one added to every
count; COUNT is how often it was seen. Lines that begin with `#` are comments. Every pair is there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from kaldialign import align

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text
from wfst_bias.phones.inventory import PHONES

NO_PHONE = "-"
HEADER = "# REFERENCE\tRECOGNISED\tCOST\tCOUNT"

Pair = tuple[str, str]
_SYMBOLS = (NO_PHONE, *sorted(PHONES))


@dataclass(frozen=True)
class PhoneCosts:
    """Hold the costs of taking one phone for another.

    Attributes:
      nats: (reference, recognised) -> cost, of all pairs of phones and `-` but `-` twice.
      counts: how often each pair was seen.

    Raises:
      InputError: a pair missing, or a cost that is none.
    """

    nats: Mapping[Pair, float]
    counts: Mapping[Pair, int]

    def __post_init__(self) -> None:
        missing = next((pair for pair in every_pair() if pair not in self.nats), None)
        if missing is not None:
            raise InputError("a pair of phones without a cost", value=" ".join(missing))
        unfit = next((pair for pair, cost in self.nats.items() if not 0 <= cost < math.inf), None)
        if unfit is not None:
            raise InputError("a cost is a number of at least 0", value=self.nats[unfit])

    def edit_nats(self, reference: str, recognised: str) -> float:
        """Return what one edit costs beside hearing the reference right, at least 0.

        The same phone costs nothing. One put in costs what `-  PHONE` does.
        """
        if reference == recognised:
            return 0.0
        right = 0.0 if reference == NO_PHONE else self.nats[reference, reference]
        return max(0.0, self.nats[reference, recognised] - right)

    @classmethod
    def read(cls, path: Path | str) -> PhoneCosts:
        """Read a file of costs.

        Raises:
          InputError: a file that cannot be read, a line that is none, a pair twice or missing.
        """
        nats: dict[Pair, float] = {}
        counts: dict[Pair, int] = {}
        for number, line in enumerate(read_lines(path), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            pair, cost, count = _parse(line, path, number)
            if pair in nats:
                raise InputError("a pair given twice", path=path, line=number, value=" ".join(pair))
            nats[pair], counts[pair] = cost, count
        try:
            return cls(nats, counts)
        except InputError as error:
            raise InputError(str(error), path=path) from None

    def write(self, path: Path | str, comments: Iterable[str] = ()) -> None:
        """Write a file that `read` reads back, atomically; comments come first."""
        lines = [*(f"# {comment}" for comment in comments), HEADER]
        lines += [
            f"{pair[0]}\t{pair[1]}\t{cost:.4f}\t{self.counts.get(pair, 0)}"
            for pair, cost in self.nats.items()
        ]
        write_text(path, "".join(f"{line}\n" for line in lines))


def every_pair() -> list[Pair]:
    """Return all pairs of phones and `-` but `-` twice, in the order of a file."""
    return [pair for pair in product(_SYMBOLS, _SYMBOLS) if pair != (NO_PHONE, NO_PHONE)]


def estimate_costs(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> PhoneCosts:
    """Estimate costs from sequences of reference phones and of recognised ones.

    Both are aligned with the fewest edits. A phone is put in at most once between two others, so
    there is a place for one before each phone and at the end.

    Raises:
      InputError: no reference phone, or a phone that is none.
    """
    counts: Counter[Pair] = Counter()
    places = 0
    for reference, recognised in pairs:
        _check((*reference, *recognised))
        counts.update(align(list(reference), list(recognised), NO_PHONE))
        places += len(reference) + 1
    if not any(reference != NO_PHONE for reference, _ in counts):
        raise InputError("no reference phone to learn from")
    totals: Counter[str] = Counter()
    for (reference, _), count in counts.items():
        totals[reference] += count
    totals[NO_PHONE] = max(places, totals[NO_PHONE])
    n_outcomes = len(_SYMBOLS)  # each phone, and none
    nats = {
        pair: -math.log((counts[pair] + 1) / (totals[pair[0]] + n_outcomes))
        for pair in every_pair()
    }
    return PhoneCosts(nats, {pair: counts[pair] for pair in nats})


def read_phone_pairs(path: Path | str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Read pairs, `PHONE PHONE ...<TAB>PHONE PHONE ...` a line: said, and recognised.

    Empty lines and lines that begin with `#` are left out; nothing may have been recognised.

    Raises:
      InputError: a file that cannot be read or has no pair, or a line that is none.
    """
    pairs = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        sides = [tuple(side.split()) for side in line.split("\t")]
        if len(sides) != 2:
            raise InputError(
                "expected REFERENCE PHONES<TAB>RECOGNISED PHONES",
                path=path, line=number, value=line,
            )  # fmt: skip
        try:
            _check(sides[0] + sides[1])
        except InputError as error:
            raise InputError(str(error), path=path, line=number) from None
        pairs.append((sides[0], sides[1]))
    if not pairs:
        raise InputError("no pair in the file", path=path)
    return pairs


def _parse(line: str, path: Path | str, number: int) -> tuple[Pair, float, int]:
    fields = line.split("\t")
    try:
        reference, recognised, cost, count = fields
        found = (reference, recognised), float(cost), int(count)
    except ValueError:
        raise InputError(
            "expected REFERENCE<TAB>RECOGNISED<TAB>COST<TAB>COUNT",
            path=path, line=number, value=line,
        ) from None  # fmt: skip
    unknown = next((p for p in found[0] if p not in _SYMBOLS), None)
    if unknown is not None or found[0] == (NO_PHONE, NO_PHONE):
        raise InputError("no pair of phones", path=path, line=number, value=line)
    return found


def _check(phones: Iterable[str]) -> None:
    unknown = next((phone for phone in phones if phone not in PHONES), None)
    if unknown is not None:
        raise InputError("no phone of data/phones/phones.txt", value=unknown)
