"""A list made ready for the search: E, and what its forms stand for."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wfst_bias.entities.classes import in_known_classes
from wfst_bias.entities.entity_list import Entity, EntityList
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.penalties import Penalties
from wfst_bias.entities.spelling import Speller
from wfst_bias.g2g.forms import FormVariants
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.boost import RARE_LOG_PROB, BoostOptions
from wfst_bias.graph.entity_fst import EntityFst, SpelledForms, compile_entity_fst
from wfst_bias.graph.rivals import Rivals
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.tokens import WORD_MARK, TokenTable

# Spellings by tokens of a variant, which is rarer than the entity's own form.
VARIANT_SEGMENTATIONS = 2


@dataclass(frozen=True)
class CompiledList:
    """Hold a list ready for the search.

    Attributes:
      entities: the list; its report says what became of every line.
      spelled: the forms whose score is not negative, all classes together, variants last.
      form_text: `(forms,)` the letters of each form of E.
      form_own: `(forms,)` the form of the list that each is or is a variant of.
      form_entity: `(forms,)` the entity of each form of E.
      form_boost_nats: `(forms,)`.
      class_forms: for each class of the graph `(forms,)`, which are its.
      penalties: the forms with a negative score.
      size: how many entities the default scores reckon with.
      width: V + 1.
    """

    entities: EntityList
    spelled: SpelledForms
    form_text: tuple[str, ...]
    form_own: NDArray[np.int64]
    form_entity: NDArray[np.int64]
    form_boost_nats: NDArray[np.float64]
    class_forms: tuple[NDArray[np.bool_], ...]
    penalties: Penalties
    size: int
    width: int

    @cached_property
    def fsts(self) -> tuple[EntityFst, ...]:
        """Return E for each class of the graph; classes of the same forms share it."""
        compiled: dict[bytes, EntityFst] = {}
        for forms in self.class_forms:
            key = forms.tobytes()
            if key not in compiled:
                compiled[key] = compile_entity_fst(self.spelled.only(forms), self.width)
        return tuple(compiled[forms.tobytes()] for forms in self.class_forms)

    @cached_property
    def fst(self) -> EntityFst:
        """Return E over all forms, whatever their classes."""
        return compile_entity_fst(self.spelled, self.width)

    @cached_property
    def form_of_text(self) -> Mapping[str, int]:
        """Return by its letters each form of the list itself, variants left out."""
        own = np.flatnonzero(self.form_own == np.arange(len(self.form_own)))
        return {self.form_text[form]: form for form in own.tolist()}

    @cached_property
    def most_words(self) -> int:
        """Return how many words the longest of these forms has."""
        return max((len(text.split()) for text in self.form_of_text), default=0)

    def entity(self, form: int) -> Entity:
        """Return the entity that a form stands for."""
        return self.entities.entities[int(self.form_entity[form])]


class _Form(NamedTuple):
    """Hold a form, the number of the form that it is or is a variant of, its entity and boost."""

    text: str
    own: int
    entity: int
    boost: float


class ListCompiler:
    """Compile entity lists for a graph: its token table, its LM's words, and its classes."""

    def __init__(
        self,
        tokens: TokenTable,
        speller: Speller,
        unigrams: Sequence[tuple[str, float]],
        options: BoostOptions,
        classes: Sequence[str],
        variants: FormVariants | None = None,
    ) -> None:
        self.normalizer = Normalizer(tokens)
        self.speller = speller
        self.rivals = Rivals(unigrams, RARE_LOG_PROB)
        self.options = options
        self.classes = classes
        self.variants = variants
        # In lower case, as rules spell; of words that differ in case alone the most frequent.
        by_log_prob = sorted(unigrams, key=itemgetter(1))
        self.word_log_probs = {word.lower(): log_prob for word, log_prob in by_log_prob}
        self.width = tokens.size + 1
        self.renumber = TokenNumbers.of(tokens).from_columns()
        self.letters = np.zeros(tokens.size, np.int64)
        for symbol, column in tokens.ids.items():
            self.letters[self.renumber[column]] = len(symbol.replace(WORD_MARK, ""))

    def with_options(
        self, options: BoostOptions, variants: FormVariants | None = None
    ) -> ListCompiler:
        """Return a compiler with other options; what this one knows of words they share."""
        other = copy(self)
        other.options, other.variants = options, variants
        return other

    def compile(self, entities: EntityList) -> CompiledList:
        """Spell the forms of a list and give each its score; E is compiled when it is asked for.

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
        forms: list[_Form] = []
        penalties: dict[str, float] = {}
        for number, entity in enumerate(entities.entities):
            for text in entity.forms:
                boost = self._boost(entity, text, size)
                if boost < 0:
                    penalties[text] = boost
                else:
                    forms.append(_Form(text, len(forms), number, boost))
        n_own = len(forms)
        forms = [*forms, *self._variants(forms, entities.entities, size)]
        spelled = self._spell(forms, n_own)
        form_entity = np.array([form.entity for form in forms], np.int64)
        return CompiledList(
            entities,
            spelled,
            tuple(form.text for form in forms),
            np.array([form.own for form in forms], np.int64),
            form_entity,
            spelled.boost_nats,
            self._class_forms(entities, form_entity),
            Penalties(penalties, self.normalizer),
            size,
            self.width,
        )

    def _variants(
        self, own: Sequence[_Form], entities: Sequence[Entity], size: int
    ) -> Iterator[_Form]:
        """Return further spellings of forms, none of which is a form of the list.

        A variant gains what its entity does less its cost, and no more than an entity of that
        spelling would.
        """
        if self.variants is None:
            return
        listed = {form.text for form in own}
        asked = [(form.text, entities[form.entity].written) for form in own]
        found = self.variants.of(asked, self._known_word_cost)
        for form, variants in zip(own, found, strict=True):
            for variant in variants:
                most = min(form.boost, self._boost(entities[form.entity], variant.form, size))
                if variant.form not in listed and most >= variant.cost_nats:
                    boost = most - variant.cost_nats
                    yield _Form(variant.form, form.own, form.entity, boost)

    def _known_word_cost(self, words: str) -> float:
        """Return what a variant of one word costs for being made of words that the LM knows."""
        assert self.variants is not None, "asked for variants alone"
        log_probs = (self.word_log_probs.get(word, -math.inf) for word in words.split())
        return self.variants.options.known_word_scale * max(0.0, sum(log_probs) - RARE_LOG_PROB)

    def _spell(self, forms: Sequence[_Form], n_own: int) -> SpelledForms:
        spellings: list[tuple[int, ...]] = []
        spelled_form: list[int] = []
        for number, form in enumerate(forms):
            found = self.speller.segmentations(form.text)
            if number >= n_own:
                found = found[:VARIANT_SEGMENTATIONS]
            spelled_form.extend([number] * len(found))
            spellings.extend(found)
        return self._ragged(spellings, spelled_form, [form.boost for form in forms])

    def _class_forms(
        self, entities: EntityList, form_entity: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], ...]:
        """Return for each class which forms are its."""
        return tuple(
            np.array([not e.classes or word in e.classes for e in entities.entities], bool)[
                form_entity
            ]
            for word in self.classes
        )

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


def load_variants(
    options: G2gOptions, tokens: TokenTable, cache: Path | str | None = None
) -> FormVariants | None:
    """Read the tables of rules that options name, for a token table; None if they name none.

    Args:
      options: which tables, and how many variants.
      tokens: of the model.
      cache: the folder that keeps the variants of long lists; None for none.

    Raises:
      InputError: a table that cannot be read.
    """
    folder = None if cache is None else Path(cache)
    return FormVariants.load(options, Normalizer(tokens), tokens.letters, folder)
