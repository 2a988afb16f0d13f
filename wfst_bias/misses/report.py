"""The shares of the causes of misses, as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from wfst_bias.misses.causes import Cause, Miss
from wfst_bias.misses.explain import MissOptions

_TOLD = {
    Cause.OUTRANKED: "another text of the n-best list has it",
    Cause.IN_LATTICE: "no text of the list has it, a path of the lattice within the beam does",
    Cause.PRUNED: "no such path has it, though its letters were heard",
    Cause.NOT_HEARD: "spelled or said otherwise than its letters",
    Cause.NOT_SPELLED: "no tokens of the model spell it",
    Cause.UNKNOWN: "not in what was given",
}


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
        said = self.found + len(self.misses)
        lines = [f"{'cause':<16}{'misses':>7}{'%':>8}  meaning"]
        for cause, count in self.counts.items():
            if count or cause not in (Cause.UNKNOWN, Cause.NOT_SPELLED):
                share = f"{100 * self.share(cause):.1f}" if self.misses else "-"
                lines.append(f"{cause.value:<16}{count:>7}{share:>8}  {_TOLD[cause]}")
        lines.append(f"{len(self.misses)} of {said} entities missed")
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Render counts, shares (fractions of 1, null where unknown) and every miss."""
        causes = {
            cause.value: {"misses": count, "share": self.share(cause) if self.misses else None}
            for cause, count in self.counts.items()
        }
        whole = {
            "entities": self.found + len(self.misses),
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
