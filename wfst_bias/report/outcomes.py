"""What became of the entities of an utterance: found, made up, or missed and what stands instead.

Why an entity is missed is told by `wfst_bias.misses`.

- Hypothesis: a hypothesis beside its reference, aligned once.
- EntityOutcome, outcomes: what became of each entity that was said or written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wfst_bias.report.differences import Text, aligned
from wfst_bias.score.entity_score import Entity, EntityMatch, Occurrence, match_entities
from wfst_bias.score.score_files import ScoredList
from wfst_bias.score.wer import NO_WORD, Pair

FOUND, FALSE_ALARM = "found", "false alarm"

# What stands in the place of an entity that is missed, the first that holds.
CONFUSED = "another entity of the list"
IN_PART = "some of its words"
NOTHING = "nothing"
OTHER_WORDS = "other words"
INSTEAD = (CONFUSED, IN_PART, OTHER_WORDS, NOTHING)


@dataclass(frozen=True)
class EntityOutcome:
    """Hold what became of an entity.

    Attributes:
      entity: in the words by which it is compared.
      shown: as the reference has it, or the hypothesis where it is a false alarm.
      outcome: FOUND, FALSE_ALARM or, where it is missed, one of INSTEAD.
      written: what the hypothesis has at its place.
      first_piece, n_pieces: its place in the hypothesis's pieces; none of them where it is missed.
    """

    entity: Entity
    shown: str
    outcome: str
    written: str
    first_piece: int = 0
    n_pieces: int = 0


@dataclass(frozen=True)
class Hypothesis:
    """Hold a hypothesis beside its reference."""

    reference: Text
    text: Text

    @cached_property
    def pairs(self) -> list[Pair]:
        """Return the alignment of their words."""
        return aligned(self.reference, self.text)

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Return, for each pair, how many words of each side come before it."""
        places = []
        said = written = 0
        for pair in self.pairs:
            places.append((said, written))
            said += pair[0] != NO_WORD
            written += pair[1] != NO_WORD
        return places


def outcomes(hypothesis: Hypothesis, scored: ScoredList) -> list[EntityOutcome]:
    """Tell what became of each entity of an utterance, counted as `count_entities` does.

    Args:
      hypothesis: what was written, beside what was said.
      scored: the entities to look for.
    """
    match = match_entities(hypothesis.pairs, scored.index)
    counted = scored.targets
    found = [
        _found(hypothesis, said, written)
        for said, written in zip(match.hits, match.written, strict=True)
        if counted is None or said.entity in counted
    ]
    missed = [
        _missed(hypothesis, each, match)
        for each in match.misses
        if counted is None or each.entity in counted
    ]
    return [*found, *missed, *(_false_alarm(hypothesis, each) for each in match.false_alarms)]


def _found(hypothesis: Hypothesis, said: Occurrence, written: Occurrence) -> EntityOutcome:
    pieces = _pieces(hypothesis.text, written)
    return EntityOutcome(
        said.entity,
        _shown(hypothesis.reference, said),
        FOUND,
        _shown(hypothesis.text, written),
        pieces.start,
        len(pieces),
    )


def _false_alarm(hypothesis: Hypothesis, written: Occurrence) -> EntityOutcome:
    pieces = _pieces(hypothesis.text, written)
    shown = _shown(hypothesis.text, written)
    return EntityOutcome(written.entity, shown, FALSE_ALARM, shown, pieces.start, len(pieces))


def _missed(hypothesis: Hypothesis, said: Occurrence, match: EntityMatch) -> EntityOutcome:
    steps = _steps_under(hypothesis, said)
    words = [hypothesis.places[step][1] for step in steps if hypothesis.pairs[step][1] != NO_WORD]
    others = {place for each in match.false_alarms for place in each.places}
    if others & set(words):
        instead = CONFUSED
    elif any(one == other for one, other in (hypothesis.pairs[step] for step in steps)):
        instead = IN_PART
    else:
        instead = OTHER_WORDS if words else NOTHING
    pieces = dict.fromkeys(hypothesis.text.piece_of_word[word] for word in words)
    written = " ".join(hypothesis.text.pieces[piece] for piece in pieces)
    return EntityOutcome(said.entity, _shown(hypothesis.reference, said), instead, written)


def _steps_under(hypothesis: Hypothesis, said: Occurrence) -> range:
    """Return the pairs under an entity of the reference, with the added words beside them."""
    pairs, places = hypothesis.pairs, hypothesis.places
    under = [
        step
        for step, (reference, _) in enumerate(pairs)
        if reference != NO_WORD and places[step][0] in said.places
    ]
    first, last = under[0], under[-1]
    while first > 0 and pairs[first - 1][0] == NO_WORD:
        first -= 1
    while last + 1 < len(pairs) and pairs[last + 1][0] == NO_WORD:
        last += 1
    return range(first, last + 1)


def _pieces(text: Text, occurrence: Occurrence) -> range:
    places = occurrence.places
    return range(text.piece_of_word[places[0]], text.piece_of_word[places[-1]] + 1)


def _shown(text: Text, occurrence: Occurrence) -> str:
    pieces = _pieces(text, occurrence)
    return " ".join(text.pieces[pieces.start : pieces.stop])
