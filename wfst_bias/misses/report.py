"""The shares of the causes of misses, as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.misses.causes import MEANINGS, Cause, Miss
from wfst_bias.misses.explain import MissOptions


@dataclass(frozen=True)
class MissReport:
    """Hold what became of the entities that were said.

    Attributes:
      found: how many were found.
      misses: the others, in the order of the reference.
      options: what is within reach.
    """

    found: int
    misses: tuple[Miss, ...]
    options: MissOptions

    @property
    def said(self) -> int:
        """Return how many were said."""
        return self.found + len(self.misses)

    @cached_property
    def counts(self) -> dict[Cause, int]:
        """Return how many misses each cause has; they add up to all."""
        counted = Counter(miss.cause for miss in self.misses)
        return {cause: counted[cause] for cause in Cause}

    def share(self, cause: Cause) -> float:
        """Return the share of a cause among the misses; NaN where there are none."""
        return self.counts[cause] / len(self.misses) if self.misses else math.nan

    def to_table(self) -> str:
        """Render a line per cause that was looked for: misses, their share in %, what it means."""
        lines = [f"{'cause':<16}{'misses':>7}{'%':>8}  meaning"]
        for cause, count in self.counts.items():
            if count or cause not in (Cause.UNKNOWN, Cause.NOT_SPELLED):
                share = f"{100 * self.share(cause):.1f}" if self.misses else "-"
                lines.append(f"{cause.value:<16}{count:>7}{share:>8}  {MEANINGS[cause]}")
        lines.append(f"{len(self.misses)} of {self.said} entities missed")
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Render counts, shares (fractions of 1, null where unknown) and every miss."""
        causes = {
            cause.value: {"misses": count, "share": self.share(cause) if self.misses else None}
            for cause, count in self.counts.items()
        }
        whole = {
            "entities": self.said,
            "found": self.found,
            "missed": len(self.misses),
            "reach_nats": self.options.reach_nats,
            "causes": causes,
            "misses": [_fields(miss) for miss in self.misses],
        }
        return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _fields(miss: Miss) -> dict[str, object]:
    numbers = {"behind_nats": miss.behind_nats, "lost_nats": miss.lost_nats}
    return {
        "utterance": miss.utterance_id,
        "entity": miss.entity,
        "first_word": miss.first_word,
        "cause": miss.cause.value,
        **({} if miss.rank is None else {"rank": miss.rank}),
        # Null where no path writes it, or no alignment fits.
        **{
            name: round(number, 3) if math.isfinite(number) else None
            for name, number in numbers.items()
            if number is not None
        },
    }


def read_misses(path: Path | str) -> MissReport:
    """Read what `misses --json` wrote.

    Raises:
      InputError: a file that cannot be read, or of another form.
    """
    try:
        whole = json.loads("\n".join(read_lines(path)))
        misses = tuple(_miss(fields) for fields in whole["misses"])
        return MissReport(int(whole["found"]), misses, MissOptions(float(whole["reach_nats"])))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"expected what `misses --json` writes ({error!r})",
            path=path,
            remedy="run `wfst-bias misses` again",
        ) from error


def _miss(fields: dict[str, Any]) -> Miss:
    numbers = {
        name: math.inf if fields[name] is None else float(fields[name])
        for name in ("behind_nats", "lost_nats")
        if name in fields
    }
    place, cause = int(fields["first_word"]), Cause(fields["cause"])
    rank = fields.get("rank")
    return Miss(fields["utterance"], fields["entity"], place, cause, rank, **numbers)
