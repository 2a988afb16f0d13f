"""What is written of an utterance, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wfst_bias.sound.phone_graph import Unit
from wfst_bias.sound.pronounce import Pronouncer


@dataclass(frozen=True)
class Spoken:
    """Hold what is written as one: a word, or an entity of the list.

    Attributes:
      text: as it is written.
      forms: how it is said, words with a space between them; an entity may have several.
      is_entity: whether it is from the list.
    """

    text: str
    forms: tuple[str, ...]
    is_entity: bool = False

    @property
    def words(self) -> Iterator[str]:
        """Return all words that may be said for it."""
        return (word for form in self.forms for word in form.split())

    def unit(self, pronouncer: Pronouncer) -> Unit:
        """Return all ways of saying it."""
        return tuple(tuple(map(pronouncer, form.split())) for form in self.forms)


def units_of(
    texts: Sequence[Sequence[Sequence[Spoken]]], pronouncer: Pronouncer
) -> list[list[list[Unit]]]:
    """Return the units of texts by utterance; all words that are new are pronounced at once."""
    pronouncer.learn(_words(texts))
    return [[[s.unit(pronouncer) for s in text] for text in of] for of in texts]


def _words(texts: Iterable[Iterable[Iterable[Spoken]]]) -> Iterator[str]:
    return (word for of in texts for text in of for spoken in text for word in spoken.words)
