"""What sound has to say in decoding: lists shortened, texts rescored, words timed, names found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from wfst_bias.decode.dense import LogProbs
from wfst_bias.decode.entity_names import names_of, with_sounds
from wfst_bias.decode.sound_results import PlacedUnit, placed_units, with_entities, with_times
from wfst_bias.entities.entity_list import Entity, EntityList
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.phones.names import Name
from wfst_bias.sound.align import Alignment, Utterance, align
from wfst_bias.sound.entity_sounds import NO_SOUNDS, EntitySounds
from wfst_bias.sound.heard import heard_phones
from wfst_bias.sound.knowledge import PhoneKnowledge
from wfst_bias.sound.lookup import Lookup, Replacement, TimedWord, chosen
from wfst_bias.sound.options import (
    LexiconLookupOptions,
    PhoneRescoreOptions,
    PhoneSpotOptions,
)
from wfst_bias.sound.spotting import PhoneSpotter, Spot
from wfst_bias.sound.texts import Spoken, units_of

# Lists whose pronunciations are kept.
_MOST_LISTS = 64

Texts = Sequence[Sequence[Spoken]]

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class HeardPiece:
    """Hold what the phone head heard of a stretch of speech.

    Attributes:
      log_probs: `(T, P)`.
      frame_seconds: from one of its frames to the next.
    """

    log_probs: LogProbs
    frame_seconds: float


@dataclass(frozen=True, eq=False)
class _Placed:
    """Hold a result with what was heard of it, and where."""

    result: Result
    heard: HeardPiece
    entities: CompiledList | None
    units: Sequence[PlacedUnit]
    alignment: Alignment

    def with_entity(self, candidate: Replacement, sounds: EntitySounds) -> list[Spoken]:
        """Return what is said with an entity in the place of words."""
        said = [unit.spoken for unit in self.units]
        entity = Spoken(candidate.entity, sounds.names[candidate.entity])
        at = candidate.first_word
        return [*said[:at], entity, *said[at + candidate.n_words :]]


@dataclass(frozen=True)
class _ShortList:
    """Shorten a list to what may have been heard.

    Attributes:
      spotter: of the entities that sound decides about.
      always: those of which it does not.
    """

    spotter: PhoneSpotter
    always: frozenset[str]

    def of(self, log_probs: LogProbs) -> frozenset[str]:
        """Return the written forms to decode with, given phone log-probabilities `(T, P)`."""
        spots = self.spotter.spots(log_probs)
        return self.always.union(*(spot.entities for spot in spots))


class Sounding:
    """Bring what was heard into results.

    Args:
      knowledge: how words are said.
      spot, rescore, lookup: what to do.
      common: words that are not rare.
      normalizer: of the lists.
    """

    def __init__(
        self,
        knowledge: PhoneKnowledge,
        spot: PhoneSpotOptions,
        rescore: PhoneRescoreOptions,
        lookup: LexiconLookupOptions,
        common: Collection[str],
        normalizer: Normalizer,
    ) -> None:
        self.knowledge = knowledge
        self.spot = spot
        self.rescore = rescore
        self.lookup = lookup
        self._common = common
        self._normalizer = normalizer
        self._names: dict[tuple[str, str, tuple[str, ...]], tuple[Name, ...]] = {}
        self._sounds: dict[int, tuple[CompiledList, EntitySounds]] = {}
        self._spotters: dict[int, tuple[CompiledList, _ShortList]] = {}

    def names(self, entity: Entity) -> tuple[Name, ...]:
        """Return what an entity is called, once for each of its forms."""
        key = (entity.written, entity.language, entity.forms)
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = names_of(entity, self._normalizer)
        return known

    def told(self, entities: EntityList) -> EntityList:
        """Return a list whose report also tells what is wrong with the sound of its lines."""
        return with_sounds(entities, self.knowledge.pronouncer, self._normalizer)

    def heard_of(
        self, heard: Sequence[HeardPiece], lists: Sequence[CompiledList | None]
    ) -> list[frozenset[str] | None]:
        """Return by piece the entities that it is decoded with; None where it has no list.

        They are those that the phone head may have heard, and those of which sound does not
        decide: that have a score of the list, or that nobody can say.
        """
        self._say(own for own in lists if own is not None and id(own) not in self._spotters)
        return [
            None if own is None else self._short_list(own).of(piece.log_probs)
            for piece, own in zip(heard, lists, strict=True)
        ]

    def losses(self, texts: Sequence[Texts], heard: Sequence[HeardPiece]) -> list[list[float]]:
        """Return what each text of each piece loses by how it is said, in nats.

        A text that is too long to be said in its frames loses as much as the worst of the others.
        """
        return [self._losses(alignments) for alignments in self._align(texts, heard)]

    def unlike(
        self,
        results: Sequence[Result],
        heard: Sequence[HeardPiece],
        lists: Sequence[CompiledList | None],
    ) -> list[frozenset[str]]:
        """Return by result the entities in it whose phones are not what was heard."""
        if self.rescore.phone_limit is None:
            return [frozenset() for _ in results]
        both = zip(results, lists, strict=True)
        units = [placed_units(r, own, self.names) if r.entities else [] for r, own in both]
        aligned = self._align([[[u.spoken for u in of]] for of in units], heard)
        return [
            frozenset(
                unit.spoken.text
                for number, unit in enumerate(of)
                if unit.spoken.is_entity
                and alignment is not None
                and self.rescore.forbids(alignment.nats_per_phone(number))
            )
            for of, (alignment,) in zip(units, aligned, strict=True)
        ]

    def finish(
        self,
        results: Sequence[Result],
        heard: Sequence[HeardPiece],
        lists: Sequence[CompiledList | None],
    ) -> list[Result]:
        """Give words the times of their phones, and replace those that sound like an entity.

        Results without words, and those that do not fit into their frames, stay as they are.
        """
        both = zip(results, lists, strict=True)
        units = [placed_units(result, own, self.names) for result, own in both]
        aligned = self._align([[[u.spoken for u in of]] for of in units], heard)
        every = zip(results, heard, lists, units, aligned, strict=True)
        placed = [
            _Placed(
                with_times(result, of, alignment, piece.frame_seconds), piece, own, of, alignment
            )
            if of and alignment
            else None
            for result, piece, own, of, (alignment,) in every
        ]
        known = [each for each in placed if each is not None]
        finished = self._looked_up(known) if self.lookup.is_on else (p.result for p in known)
        return [
            result if each is None else next(finished)
            for result, each in zip(results, placed, strict=True)
        ]

    def _align(
        self, texts: Sequence[Texts], heard: Sequence[HeardPiece]
    ) -> list[list[Alignment | None]]:
        units = units_of(texts, self.knowledge.pronouncer)
        return align(
            [Utterance(piece.log_probs, of) for piece, of in zip(heard, units, strict=True)]
        )

    def _losses(self, alignments: Sequence[Alignment | None]) -> list[float]:
        losses = [
            None if a is None else self.rescore.loss(a.cost_nats, a.n_phones) for a in alignments
        ]
        worst = max((loss for loss in losses if loss is not None), default=0.0)
        return [worst if loss is None else loss for loss in losses]

    def _looked_up(self, placed: Sequence[_Placed]) -> Iterator[Result]:
        """Yield results in which words that sound like an entity are replaced by it."""
        lists = (each.entities for each in placed if each.entities is not None)
        self._say(own for own in lists if id(own) not in self._sounds)
        found = list(map(self._candidates, placed))
        texts = [
            [each.with_entity(candidate, sounds) for candidate in candidates]
            for each, (candidates, sounds) in zip(placed, found, strict=True)
        ]
        aligned = self._align(texts, [each.heard for each in placed])
        for each, (candidates, _), alignments in zip(placed, found, aligned, strict=True):
            both = zip(candidates, alignments, strict=True)
            losses = [self._lost(each, candidate, alignment) for candidate, alignment in both]
            yield with_entities(
                each.result,
                chosen(candidates, losses),
                [unit.words.start for unit in each.units],
                self.knowledge.table.symbols,
                each.heard.frame_seconds,
            )

    def _lost(
        self, placed: _Placed, candidate: Replacement, alignment: Alignment | None
    ) -> float | None:
        """Return what a text loses by an entity, None where it cannot be said so."""
        if alignment is None:
            return None
        if self.rescore.forbids(alignment.nats_per_phone(candidate.first_word)):
            return None
        return alignment.cost_nats - placed.alignment.cost_nats

    def _candidates(self, placed: _Placed) -> tuple[list[Replacement], EntitySounds]:
        """Return the entities that words of a result sound like, and how its list is said."""
        sounds = NO_SOUNDS if placed.entities is None else self._sounds_of(placed.entities)
        words = self._timed(placed.units, placed.alignment)
        heard = heard_phones(placed.heard.log_probs)
        lookup = Lookup(sounds, self.knowledge.costs, self.lookup)
        return lookup.candidates(words, heard, self._spots(placed, sounds)), sounds

    def _spots(self, placed: _Placed, sounds: EntitySounds) -> list[Spot]:
        """Return where entities of a result's list may be heard, if that is asked for."""
        if not self.spot.is_on or placed.entities is None:
            return []
        spotter = PhoneSpotter(sounds, placed.entities.size, self.spot)
        return spotter.spots(placed.heard.log_probs)

    def _timed(self, units: Sequence[PlacedUnit], alignment: Alignment) -> list[TimedWord]:
        timed = []
        for number, unit in enumerate(units):
            frames = [word for word in alignment.words if word.unit == number]
            ways = () if unit.spoken.is_entity else self.knowledge.pronouncer(unit.spoken.text)
            timed.append(
                TimedWord(
                    unit.spoken.text,
                    frames[0].begin,
                    frames[-1].end,
                    ways,
                    is_rare=unit.spoken.text not in self._common,
                    is_entity=unit.spoken.is_entity,
                )
            )
        return timed

    def _say(self, lists: Iterable[CompiledList]) -> None:
        """Pronounce the names of lists all at once; a list may come several times."""
        different = {id(own): own for own in lists}.values()
        entities = (entity for own in different for entity in own.entities.entities)
        self.knowledge.pronouncer.learn(names=(name for e in entities for name in self.names(e)))

    def _sounds_of(self, entities: CompiledList) -> EntitySounds:
        """Return the pronunciations of the entities without a penalty."""

        def made() -> EntitySounds:
            wanted = [(e.written, self.names(e)) for e in entities.entities if (e.score or 0) >= 0]
            least = self.lookup.lookup_phones
            return EntitySounds.of(wanted, self.knowledge.pronouncer, least)

        return _remembered(self._sounds, entities, made)

    def _short_list(self, entities: CompiledList) -> _ShortList:
        """Return what a list is shortened by."""

        def made() -> _ShortList:
            unscored = [e for e in entities.entities if e.score is None]
            wanted = [(e.written, self.names(e)) for e in unscored]
            sounds = EntitySounds.of(wanted, self.knowledge.pronouncer, 1)
            return _ShortList(
                PhoneSpotter(sounds, entities.size, self.spot),
                frozenset(e.written for e in entities.entities if e.written not in sounds.names),
            )

        return _remembered(self._spotters, entities, made)


def _remembered(
    known: dict[int, tuple[CompiledList, Made]], entities: CompiledList, make: Callable[[], Made]
) -> Made:
    """Return what was made of a list, or make it; the list is kept with it, and so is its id."""
    found = known.get(id(entities))
    if found is not None:
        return found[1]
    made = make()
    while len(known) >= _MOST_LISTS:
        known.pop(next(iter(known)))
    known[id(entities)] = (entities, made)
    return made
