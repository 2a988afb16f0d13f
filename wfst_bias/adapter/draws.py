"""The lists of a training batch: what is said, or withheld, among distractors."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wfst_bias.adapter.entity_list import SpelledList
from wfst_bias.adapter.neighbours import nearest_forms
from wfst_bias.adapter.train_options import DrawOptions
from wfst_bias.adapter.utterances import EntityTarget, is_said
from wfst_bias.entities.spelling import Speller

_NEIGHBOURS = 20


@dataclass(frozen=True)
class BatchLists:
    """Hold the lists of N utterances.

    Attributes:
      entities: all that is on any of them.
      lists: numbers of entities, sorted, for each utterance.
      said: those numbers that are said, for each utterance.
    """

    entities: SpelledList
    lists: tuple[tuple[int, ...], ...]
    said: tuple[tuple[int, ...], ...]


class Pool:
    """All forms that distractors are drawn from, with those near to each.

    Attributes:
      spelled: the forms with their subwords.
    """

    def __init__(self, forms: Iterable[str], speller: Speller) -> None:
        self.speller = speller
        self.spelled = SpelledList.of_forms(forms, speller)
        self._numbers = {form: number for number, form in enumerate(self.forms)}
        self._nearest = nearest_forms(self.forms, _NEIGHBOURS)

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms, sorted."""
        return self.spelled.forms

    def near(self, form: str) -> list[str]:
        """Return the forms near to one, the nearest first; none for one that it does not have."""
        number = self._numbers.get(form)
        row = [] if number is None else self._nearest[number].tolist()
        return [self.forms[i] for i in row if i >= 0]


def draw_lists(
    targets: Sequence[EntityTarget],
    pool: Pool,
    options: DrawOptions,
    rng: random.Random,
    heard: Sequence[Sequence[str]] | None = None,
) -> BatchLists:
    """Draw a list for each utterance of a training batch; nothing but `rng` decides.

    Args:
      targets: what is said.
      pool: of all distractors.
      options: how many of which kind.
      rng: draws.
      heard: for each utterance the forms that it may hold by its sound; None for no such kind.
    """
    said = [_draw_said(target, options, rng) for target in targets]
    everyone = sorted({form for target in targets for form in (*target.entities, *target.rare)})
    drawn = []
    for target, own, sounding in zip(targets, said, heard or [()] * len(targets), strict=True):
        count = _log_uniform(options.most_distractors, rng)
        sources = (
            (round(count * options.hard_share), _hard(target, pool)),
            (round(count * options.batch_share), everyone),
            (round(count * options.heard_share), sounding),
        )
        drawn.append([*own, *_draw_distractors(target, count, sources, pool.forms, rng)])
    return _numbered(drawn, said, pool.speller)


def fixed_lists(
    targets: Sequence[EntityTarget], forms: Sequence[str], count: int, speller: Speller
) -> BatchLists:
    """Return the lists of a batch of dev: its entities, and `count` forms that are not said.

    The text of an utterance decides which.
    """
    drawn, said = [], []
    for target in targets:
        own = list(target.entities)
        rng = random.Random(f"list of {target.text}")
        drawn.append([*own, *_draw_distractors(target, count, (), forms, rng)])
        said.append(own)
    return _numbered(drawn, said, speller)


def _draw_said(target: EntityTarget, options: DrawOptions, rng: random.Random) -> list[str]:
    withheld = rng.random() < options.withheld_share
    rare = [word for word in target.rare if rng.random() < options.rare_share]
    return [] if withheld else [*target.entities, *rare]


def _log_uniform(most: int, rng: random.Random) -> int:
    return int(math.exp(rng.uniform(0.0, math.log(most + 1)))) - 1 if most else 0


def _hard(target: EntityTarget, pool: Pool) -> list[str]:
    near = {near for form in (*target.entities, *target.rare) for near in pool.near(form)}
    return sorted(near)


def _draw_distractors(
    target: EntityTarget,
    count: int,
    sources: Iterable[tuple[int, Sequence[str]]],
    others: Sequence[str],
    rng: random.Random,
) -> list[str]:
    """Draw from sources, so many of each at most, and the rest from others; nothing said."""
    drawn: dict[str, None] = {}
    for wanted, source in (*sources, (count, others)):
        room = min(wanted, count - len(drawn))
        for form in rng.sample(source, min(room, len(source))):
            if not is_said(form, target.text):
                drawn[form] = None
    return list(drawn)


def _numbered(
    drawn: Sequence[Iterable[str]], said: Sequence[Iterable[str]], speller: Speller
) -> BatchLists:
    entities = SpelledList.of_forms((form for each in drawn for form in each), speller)
    numbers = {form: number for number, form in enumerate(entities.forms)}

    def numbers_of(forms: Iterable[str]) -> tuple[int, ...]:
        return tuple(sorted({numbers[form] for form in forms if form in numbers}))

    return BatchLists(entities, tuple(map(numbers_of, drawn)), tuple(map(numbers_of, said)))
