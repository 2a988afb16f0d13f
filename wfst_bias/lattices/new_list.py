"""Another list applied to a lattice, without the audio: for experiments with lists.

Wherever the words of a path, in the letters of the model, are a form of an entity, the path may
also be read with the entity in their place, and gains its boost. Words that are spelled out count
as well, and so do variants of a form, where rules say which. Nothing else of the path's score
changes: the language model is asked for the words that stand there. What the search did not keep
is not found, so that a list that decoding knew finds more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from wfst_bias.decode.lattice_files import entity_symbol
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.penalties import Penalties
from wfst_bias.lattices.arcs import NOTHING, LatticeArcs, renumbered
from wfst_bias.lattices.nbest import appended
from wfst_bias.lattices.paths import connected

if TYPE_CHECKING:
    from wfst_bias.graph.compiled_list import CompiledList

# Where a path is: in no entity, behind one that its next word must not go on, or in node n - 2.
_FREE, _ENDED, _FIRST_NODE = 0, 1, 2

Ends = tuple[int, float]  # what is written, and its boost in nats


class Forms:
    """Hold forms letter by letter, as a tree; node 0 is its root."""

    def __init__(self, forms: Mapping[str, Ends]) -> None:
        self.children: list[dict[str, int]] = [{}]
        self.ends: dict[int, Ends] = {}
        for form, ends in forms.items():
            node = 0
            for letter in form:
                known = self.children[node].setdefault(letter, len(self.children))
                if known == len(self.children):
                    self.children.append({})
                node = known
            self.ends[node] = ends

    def walk(self, node: int, letters: str) -> int | None:
        """Return the node that letters lead to, None where no form goes on with them."""
        for letter in letters:
            following = self.children[node].get(letter)
            if following is None:
                return None
            node = following
        return node


@dataclass(frozen=True)
class NewList:
    """Hold a list ready for lattices.

    Attributes:
      forms: of the entities whose score is not negative.
      penalties: of the others.
      letters: number of `words.txt` -> what it adds in the letters of the model.
      symbols: what numbers are written as, those of the entities last.
    """

    forms: Forms
    penalties: Penalties
    letters: tuple[str, ...]
    symbols: tuple[str, ...]

    @classmethod
    def of(cls, entities: CompiledList, symbols: Sequence[str], normalizer: Normalizer) -> NewList:
        """Number the entities of a list; forms and variants score as in decoding.

        Args:
          entities: the list.
          symbols: what the numbers of lattices are written as.
          normalizer: for the letters of the model.
        """
        known = {symbol: number for number, symbol in enumerate(symbols)}
        forms: dict[str, Ends] = {}
        boosts = entities.form_boost_nats.tolist()
        for form, (text, nats) in enumerate(zip(entities.form_text, boosts, strict=True)):
            symbol = entity_symbol(entities.entity(form).written)
            ends = (known.setdefault(symbol, len(known)), nats)
            forms[text] = max(ends, forms.get(text, ends), key=itemgetter(1))
        letters = tuple(_letters(symbol, normalizer) for symbol in symbols)
        return cls(Forms(forms), entities.penalties, letters, tuple(known))


def _letters(symbol: str, normalizer: Normalizer) -> str:
    added = appended(symbol)
    if not added.startswith(" "):
        return added
    return f" {normalizer.normalize(added).form}"


def boost(lattice: LatticeArcs, entities: NewList) -> LatticeArcs:
    """Return the lattice with further paths, on which entities are written and boosted.

    Args:
      lattice: of words.
      entities: the list.
    """
    reader = _Reader(lattice, entities)
    source, target, arc, ends = (np.array(c) for c in zip(*reader.arcs(), strict=True))
    number, gain = np.array(reader.written, np.int64), np.array(reader.boosts)
    arcs = lattice.take(arc)
    within = target % reader.width >= _FIRST_NODE
    written = np.where(ends >= 0, number[ends], np.where(within, NOTHING, arcs.written))
    boosts = np.where(ends >= 0, gain[ends], 0.0)
    arcs = replace(arcs, written=written, label=written, boost_nats=arcs.boost_nats + boosts)
    keep = connected(source, target, arcs.is_final)
    return renumbered(arcs.take(keep), source[keep], target[keep])


class _Reader:
    """Follow forms along a lattice; a state with a place in a form is `state · width + place`."""

    def __init__(self, lattice: LatticeArcs, entities: NewList) -> None:
        self.lattice, self.entities = lattice, entities
        self.width = len(entities.forms.children) + _FIRST_NODE
        self.written: list[int] = [NOTHING]
        self.boosts: list[float] = [0.0]

    def arcs(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield source, target, the lattice's arc, and which entity ends with it, -1 for none."""
        places: dict[int, set[int]] = defaultdict(set)
        places[0].add(_FREE)
        columns = (self.lattice.source, self.lattice.target, self.lattice.written)
        rows = zip(*(c.tolist() for c in columns), strict=True)
        for arc, (source, target, number) in enumerate(rows):
            for place in sorted(places[source]):
                for after, ends in self._go_on(place, number):
                    places[target].add(after)
                    yield source * self.width + place, target * self.width + after, arc, ends

    def _go_on(self, place: int, number: int) -> Iterator[tuple[int, int]]:
        """Yield where a path may be after a writing, and which entity ends with it."""
        if number < 0:
            if place < _FIRST_NODE:
                yield _FREE, -1
            return
        letters = self.entities.letters[number] if number else ""
        begins = letters.startswith(" ")
        if place < _FIRST_NODE:
            if place == _FREE or begins or not number:
                yield (place if not number else _FREE), -1
            node = self.entities.forms.walk(0, letters[1:]) if begins else None
        else:
            node = self.entities.forms.walk(place - _FIRST_NODE, letters)
        if node is None:
            return
        yield node + _FIRST_NODE, -1
        ends = self.entities.forms.ends.get(node)
        if ends is not None and number:
            self.written.append(ends[0])
            self.boosts.append(ends[1])
            yield _ENDED, len(self.written) - 1
