"""Figures as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.timing import Spread

HEADER = ("figure", "ours", "peer", "ratio", "ratio on the wall", "target", "met?")


@dataclass(frozen=True)
class Figure:
    """Hold one line of the table.

    Attributes:
      name: what is measured, and on what.
      ours, peer: the quantities compared, with units; empty where there is no peer.
      ratio: ours / peer, paired by round; None where there is no peer.
      wall_ratio: the same by the clock on the wall; None where that is not timed.
      target: what is to be reached; empty where nothing is.
      met: whether it is; None where there is no target.
    """

    name: str
    ours: str
    peer: str = ""
    ratio: Spread | None = None
    wall_ratio: Spread | None = None
    target: str = ""
    met: bool | None = None

    def at_most(self, limit: float) -> Figure:
        """Return the figure with a limit as the target of its ratio: the median decides."""
        assert self.ratio is not None, "a limit needs a ratio"
        return replace(self, target=f"≤ {limit:g}", met=self.ratio.median <= limit)

    def cells(self) -> tuple[str, ...]:
        """Return the cells of its line."""
        met = "" if self.met is None else "yes" if self.met else "**no**"
        ratios = (_spread_text(self.ratio), _spread_text(self.wall_ratio))
        return (self.name, self.ours, self.peer, *ratios, self.target, met)


@dataclass(frozen=True)
class Section:
    """Hold the figures of one benchmark with what must be known to read them."""

    title: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()


def to_markdown(sections: Sequence[Section]) -> str:
    """Render sections: a table each, then its notes."""
    blocks = []
    for section in sections:
        rows = [HEADER, ("---",) * len(HEADER), *(f.cells() for f in section.figures)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        notes = "\n".join(f"- {note}" for note in section.notes)
        blocks.append(f"## {section.title}\n\n{table}\n" + (f"\n{notes}\n" if notes else ""))
    return "\n".join(blocks)


def _spread_text(spread: Spread | None) -> str:
    if spread is None:
        return ""
    return f"{spread.median:.2f} ({spread.low:.2f} to {spread.high:.2f})"
