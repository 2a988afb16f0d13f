"""A list made ready for the search: E, and what its forms stand for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wfst_bias.entities.classes import in_known_classes
from wfst_bias.entities.entity_list import Entity, EntityList
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.penalties import Penalties
from wfst_bias.entities.spelling import Speller
from wfst_bias.graph.boost import RARE_LOG_PROB, BoostOptions
from wfst_bias.graph.entity_fst import EntityFst, SpelledForms, compile_entity_fst
from wfst_bias.graph.rivals import Rivals
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.tokens import WORD_MARK, TokenTable


@dataclass(frozen=True)
class CompiledList:
    """Hold a list ready for the search.

    Attributes:
      entities: the list; its report says what became of every line.
      spelled: the forms whose score is not negative, all classes together.
      fsts: for each class of the graph, E over those of its forms.
      form_entity: `(forms,)` the entity of each form of E.
      form_boost_nats: `(forms,)`.
      penalties: the forms with a negative score.
      size: how many entities the default scores reckon with.
      width: V + 1.
    """

    entities: EntityList
    spelled: SpelledForms
    fsts: tuple[EntityFst, ...]
    form_entity: NDArray[np.int64]
    form_boost_nats: NDArray[np.float64]
    penalties: Penalties
    size: int
    width: int

    @cached_property
    def fst(self) -> EntityFst:
        """Return E over all forms, whatever their classes."""
        return compile_entity_fst(self.spelled, self.width)

    def entity(self, form: int) -> Entity:
        """Return the entity that a form stands for."""
        return self.entities.entities[int(self.form_entity[form])]


class ListCompiler:
    """Compile entity lists for a graph: its token table, its LM's words, and its classes."""

    def __init__(
        self,
        tokens: TokenTable,
        speller: Speller,
        unigrams: Sequence[tuple[str, float]],
        options: BoostOptions,
        classes: Sequence[str],
    ) -> None:
        self.normalizer = Normalizer(tokens)
        self.speller = speller
        self.rivals = Rivals(unigrams, RARE_LOG_PROB)
        self.options = options
        self.classes = classes
        self.width = tokens.size + 1
        self.renumber = TokenNumbers.of(tokens).from_columns()
        self.letters = np.zeros(tokens.size, np.int64)
        for symbol, column in tokens.ids.items():
            self.letters[self.renumber[column]] = len(symbol.replace(WORD_MARK, ""))

    def with_options(self, options: BoostOptions) -> ListCompiler:
        """Return a compiler with other options; what this one knows of words they share."""
        other = copy(self)
        other.options = options
        return other

    def compile(self, entities: EntityList) -> CompiledList:
        """Spell the forms of a list, give each its score, and compile E for each class.

        An entity without a class is in all of them. One of a class that the LM lacks is in that
        of unknown words, and the report of the list says so.
        """
        return self._compile(in_known_classes(entities, self.classes), len(entities))

    def restrict(self, compiled: CompiledList, written: Collection[str]) -> CompiledList:
        """Return a list of these entities, and of those with a negative score, scores unchanged."""
        kept = (
            entity
            for entity in compiled.entities.entities
            if entity.written in written or (entity.score is not None and entity.score < 0)
        )
        return self._compile(replace(compiled.entities, entities=tuple(kept)), compiled.size)

    def _compile(self, entities: EntityList, size: int) -> CompiledList:
        owners: list[int] = []
        boosts: list[float] = []
        spellings: list[tuple[int, ...]] = []
        spelled_form: list[int] = []
        penalties: dict[str, float] = {}
        for number, entity in enumerate(entities.entities):
            for form in entity.forms:
                boost = self._boost(entity, form, size)
                if boost < 0:
                    penalties[form] = boost
                    continue
                found = self.speller.segmentations(form)
                spelled_form.extend([len(owners)] * len(found))
                spellings.extend(found)
                owners.append(number)
                boosts.append(boost)
        forms = self._ragged(spellings, spelled_form, boosts)
        form_entity = np.array(owners, np.int64)
        return CompiledList(
            entities,
            forms,
            self._fsts(entities, forms, form_entity),
            form_entity,
            forms.boost_nats,
            Penalties(penalties, self.normalizer),
            size,
            self.width,
        )

    def _fsts(
        self, entities: EntityList, forms: SpelledForms, form_entity: NDArray[np.int64]
    ) -> tuple[EntityFst, ...]:
        """Compile E for each class; classes of the same forms share it."""
        compiled: dict[bytes, EntityFst] = {}
        fsts = []
        for word in self.classes:
            belongs = [not e.classes or word in e.classes for e in entities.entities]
            of_class = np.array(belongs, bool)[form_entity]
            key = of_class.tobytes()
            if key not in compiled:
                compiled[key] = compile_entity_fst(forms.only(of_class), self.width)
            fsts.append(compiled[key])
        return tuple(fsts)

    def _boost(self, entity: Entity, form: str, n_entities: int) -> float:
        if entity.score is not None:
            return entity.score
        rival = self.rivals.log_prob(form) if self.options.rival_scale else float("-inf")
        return self.options.default_boost(form, rival, n_entities)

    def _ragged(
        self, spellings: list[tuple[int, ...]], spelled_form: list[int], boosts: list[float]
    ) -> SpelledForms:
        flat = np.fromiter((t for s in spellings for t in s), np.int64)
        lengths = np.fromiter(map(len, spellings), np.int64, len(spellings))
        return SpelledForms(
            self.renumber[flat],
            np.concatenate([[0], np.cumsum(lengths)]),
            np.array(spelled_form, np.int64),
            np.array(boosts, np.float64),
            self.letters,
        )
