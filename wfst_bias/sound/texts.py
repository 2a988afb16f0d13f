"""What is written of an utterance, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wfst_bias.phones.names import Name
from wfst_bias.sound.phone_graph import Unit
from wfst_bias.sound.pronounce import Pronouncer


@dataclass(frozen=True)
class Spoken:
    """Hold what is written as one: a word, or an entity of the list.

    Attributes:
      text: as it is written.
      names: what an entity is called, once for each of its forms; none for a word, which is said
        as it is written.
    """

    text: str
    names: tuple[Name, ...] = ()

    @property
    def is_entity(self) -> bool:
        """Say whether it is from the list."""
        return bool(self.names)

    def unit(self, pronouncer: Pronouncer) -> Unit:
        """Return all ways of saying it."""
        if not self.names:
            return ((pronouncer(self.text),),)
        return tuple(map(pronouncer.words_of, self.names))


def units_of(
    texts: Sequence[Sequence[Sequence[Spoken]]], pronouncer: Pronouncer
) -> list[list[list[Unit]]]:
    """Return the units of texts by utterance; all that is new is pronounced at once."""
    every = [spoken for of in texts for text in of for spoken in text]
    pronouncer.learn(
        (spoken.text for spoken in every if not spoken.is_entity),
        (name for spoken in every for name in spoken.names),
    )
    return [[[s.unit(pronouncer) for s in text] for text in of] for of in texts]
