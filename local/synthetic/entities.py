"""Entities of a corpus, and which of them are spoken in training, in dev and in test.

- read_entities: read entities.tsv.
- spoken_form: what is said of a written text: letters a to z, apostrophes and spaces.
- split_entities: divide entities so that no telling word is on two sides.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.tokens import TokenTable

COLUMNS = ("written", "kind", "short", "use")
KNOWN, POOL = USES = ("known", "pool")
SHORTEST_TELLING_WORD = 4  # letters; shorter ones, such as "van", do not tell entities apart

_SYMBOLS = ("▁", *"abcdefghijklmnopqrstuvwxyz", "'", "<blk>")
_NORMALIZER = Normalizer(TokenTable(_SYMBOLS, blank_id=len(_SYMBOLS) - 1))


@dataclass(frozen=True)
class Entity:
    """Hold a line of entities.tsv.

    Attributes:
      written: its name with case and diacritics.
      kind: the slot that it fills.
      short: a second name, empty where there is none.
      use: KNOWN for a curated fact, POOL for all others.
    """

    written: str
    kind: str
    short: str
    use: str

    @property
    def forms(self) -> tuple[str, ...]:
        """Return its one or two names as written."""
        return (self.written, self.short) if self.short else (self.written,)

    @cached_property
    def spoken_forms(self) -> tuple[str, ...]:
        """Return its names as they are said."""
        return tuple(map(spoken_form, self.forms))


@dataclass
class EntitySplit:
    """Hold the entities of each side, each in the order of the file.

    Attributes:
      train: spoken in training.
      dev: spoken in the dev set.
      test: spoken in the test set.
      distractors: spoken nowhere, to fill lists with.
      left_out: those that share telling words with two sides.
    """

    train: list[Entity] = field(default_factory=list)
    dev: list[Entity] = field(default_factory=list)
    test: list[Entity] = field(default_factory=list)
    distractors: list[Entity] = field(default_factory=list)
    left_out: list[Entity] = field(default_factory=list)


def spoken_form(text: str) -> str:
    """Return what is said of a text; normalizing the result again changes nothing.

    Raises:
      InputError: a character that no letter stands for.
    """
    normalized = _NORMALIZER.normalize(text)
    if normalized.unspeakable or not normalized.form:
        raise InputError("cannot be spoken", value=text, remedy="write it in Latin letters")
    return normalized.form


def read_entities(path: Path) -> tuple[Entity, ...]:
    """Read entities.tsv.

    Raises:
      InputError: another header, a line without four columns, an unknown use, an empty column
        that must not be, a name that cannot be spoken or is given twice (the line is named).
    """
    lines = read_lines(path)
    header = "\t".join(COLUMNS)
    if not lines or lines[0] != header:
        found = lines[0] if lines else ""
        raise InputError(f"expected the header {header!r}", path=path, line=1, value=found)
    lines_by_name: dict[str, int] = {}
    entities = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            entity = _parse(line)
        except InputError as fault:
            raise InputError(str(fault), path=path, line=number) from fault
        first = lines_by_name.setdefault(entity.written, number)
        if first != number:
            raise InputError(
                f"given before, in line {first}", path=path, line=number, value=entity.written
            )
        entities.append(entity)
    return tuple(entities)


def split_entities(
    entities: Sequence[Entity], ordinary: Collection[str], rng: random.Random
) -> EntitySplit:
    """Divide entities: known ones, a third to dev and the rest to test; half the pool to train.

    A telling word of an entity, one of four letters or more that is not ordinary, or its whole
    name, is never on two sides of train, dev and test; nor one of a distractor in train. So what
    shares such a word with an entity of a side goes there too. A known entity whose words are of
    both dev and test becomes a distractor, as does one of the pool that shares a word with any
    known one; one of the pool between train and distractors is left out.
    """
    order = rng.sample(entities, len(entities))
    known = [entity for entity in order if entity.use == KNOWN]
    pool = [entity for entity in order if entity.use == POOL]
    sides = _Sides(ordinary, {"dev": Fraction(1, 3), "test": Fraction(2, 3)})
    split = EntitySplit()
    for entity in known:
        getattr(split, sides.place(entity) or "distractors").append(entity)
    sides = _Sides(ordinary, {"train": Fraction(1, 2), "distractors": Fraction(1, 2)})
    for entity in known:
        sides.claim(entity, "distractors")
    for entity in sorted(pool, key=sides.is_free):
        getattr(split, sides.place(entity) or "left_out").append(entity)
    places = {entity: place for place, entity in enumerate(entities)}
    for side in vars(split).values():
        side.sort(key=places.__getitem__)
    return split


def telling_words(entity: Entity, ordinary: Collection[str]) -> frozenset[str]:
    """Return what would give an entity away: its whole names, and its words that are not common."""
    words = {word for form in entity.spoken_forms for word in form.split()}
    long = {word for word in words if len(word) >= SHORTEST_TELLING_WORD and word not in ordinary}
    return frozenset(long.union(entity.spoken_forms))


class _Sides:
    """Place entities on sides so that these share no telling word and keep their shares."""

    def __init__(self, ordinary: Collection[str], shares: Mapping[str, Fraction]) -> None:
        self._ordinary = ordinary
        self._shares = shares
        self._side_by_word: dict[str, str] = {}
        self._counts: Counter[tuple[str, str]] = Counter()  # by kind and side

    def place(self, entity: Entity) -> str | None:
        """Return the side of an entity, None where two sides have its words."""
        words = telling_words(entity, self._ordinary)
        sides = {self._side_by_word[word] for word in words if word in self._side_by_word}
        if len(sides) > 1:
            return None
        side = sides.pop() if sides else self._neediest(entity.kind)
        self.claim(entity, side)
        self._counts[entity.kind, side] += 1
        return side

    def claim(self, entity: Entity, side: str) -> None:
        """Take the words of an entity for a side, without counting it."""
        words = telling_words(entity, self._ordinary)
        self._side_by_word.update(dict.fromkeys(words, side))

    def is_free(self, entity: Entity) -> bool:
        """Tell whether no side has a word of an entity."""
        return self._side_by_word.keys().isdisjoint(telling_words(entity, self._ordinary))

    def _neediest(self, kind: str) -> str:
        return min(self._shares, key=lambda side: self._counts[kind, side] / self._shares[side])


def all_forms(entities: Iterable[Entity]) -> dict[str, str]:
    """Map each written form of entities to its kind, in their order; of two alike, the first."""
    forms: dict[str, str] = {}
    for entity in entities:
        for form in entity.forms:
            forms.setdefault(form, entity.kind)
    return forms


def _parse(line: str) -> Entity:
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) != len(COLUMNS):
        raise InputError(f"expected {len(COLUMNS)} columns, found {len(columns)}", value=line)
    entity = Entity(*columns)
    if not (entity.written and entity.kind):
        raise InputError("a name or kind is empty", value=line)
    if entity.use not in USES:
        raise InputError(f"expected {' or '.join(USES)}", value=entity.use)
    entity.spoken_forms  # noqa: B018 - raises where it cannot be spoken
    return entity
