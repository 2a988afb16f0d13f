"""A list as the adapter reads it: the forms of its entities, each as subwords."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from wfst_bias.entities.entity_list import Entity
from wfst_bias.entities.spelling import Segmentation, Speller


@dataclass(frozen=True)
class SpelledList:
    """Hold forms with their subwords, in an order that the list's own does not change.

    Attributes:
      forms: normalized, sorted, each once.
      tokens: the token ids of each, at least one.
    """

    forms: tuple[str, ...] = ()
    tokens: tuple[Segmentation, ...] = ()

    @classmethod
    def of(cls, entities: Iterable[Entity], speller: Speller) -> SpelledList:
        """Spell the forms of a list.

        Entities with a negative score are left out, since they are not to be raised, and so are
        forms that the tokens cannot spell.
        """
        wanted = (entity for entity in entities if entity.score is None or entity.score >= 0)
        return cls.of_forms((form for entity in wanted for form in entity.forms), speller)

    @classmethod
    def of_forms(cls, forms: Iterable[str], speller: Speller) -> SpelledList:
        """Spell forms, each by its best segmentation."""
        spelled = [(form, speller.segmentations(form)) for form in sorted(set(forms))]
        rows = [(form, segmentations[0]) for form, segmentations in spelled if segmentations]
        return cls(tuple(form for form, _ in rows), tuple(tokens for _, tokens in rows))

    def __len__(self) -> int:
        return len(self.forms)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the token ids, by which embeddings are cached."""
        return hashlib.sha256(json.dumps(self.tokens).encode()).hexdigest()
