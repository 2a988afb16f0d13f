"""What a missed entity can be put down to: how far it came in decoding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Cause(str, Enum):
    """Name how far a missed entity came; a miss has the first of these that holds.

    Attributes:
      OUTRANKED: another text of the n-best list has it at its place.
      IN_LATTICE: no text of the list has it, but a path of the lattice that is within the beam.
      PRUNED: no such path has it, though its letters were heard: by the acoustics alone, a text
        with it in its place is within reach of the one that was written.
      NOT_HEARD: its letters were not heard: the recognizer spells it otherwise, or it is said
        otherwise than it is spelled.
      NOT_SPELLED: no tokens of the model spell it.
      UNKNOWN: it is in none of what was looked at, and there was no more to look at.
    """

    OUTRANKED = "outranked"
    IN_LATTICE = "in the lattice"
    PRUNED = "pruned"
    NOT_HEARD = "not heard"
    NOT_SPELLED = "not spelled"
    UNKNOWN = "unknown"


MEANINGS = {
    Cause.OUTRANKED: "another text of the n-best list has it",
    Cause.IN_LATTICE: "no text of the list has it, a path of the lattice within the beam does",
    Cause.PRUNED: "no such path has it, though its letters were heard",
    Cause.NOT_HEARD: "spelled or said otherwise than its letters",
    Cause.NOT_SPELLED: "no tokens of the model spell it",
    Cause.UNKNOWN: "not in what was given",
}


@dataclass(frozen=True)
class Miss:
    """Hold an entity that was said and not found.

    Attributes:
      utterance_id: where.
      entity: its words as they are compared, one space between them.
      first_word: its place among the words of the reference, an index.
      cause: how far it came.
      rank: of the best text that has it, from 2 on; None where none has.
      behind_nats: how far the best path of the lattice that writes it is behind the best of all;
        None where it was not asked, infinite where there is none.
      lost_nats: what the acoustics find a text with it less probable than what was written, for
        each word of the entity; None where it was not asked, infinite where it is impossible.
    """

    utterance_id: str
    entity: str
    first_word: int
    cause: Cause
    rank: int | None = None
    behind_nats: float | None = None
    lost_nats: float | None = None
