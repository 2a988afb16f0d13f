"""Groups of entities that are counted apart: those of several words, those with an unknown word.

Groups of one function divide all entities: each is of exactly one of them.

- by_length: of one word, or of several.
- by_vocabulary: of words that a language model knows, or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.entity_score import Entity, IsOfGroup

ONE_WORD, SEVERAL_WORDS = "one word", "several words"
KNOWN, UNKNOWN = "known words", "an unknown word"


def by_length() -> dict[str, IsOfGroup]:
    """Tell apart entities of one word and of several, as words are compared."""
    return {
        ONE_WORD: lambda entity: len(entity) == 1,
        SEVERAL_WORDS: lambda entity: len(entity) > 1,
    }


def by_vocabulary(words: Iterable[str]) -> dict[str, IsOfGroup]:
    """Tell apart entities whose words are all known, and those with a word that is not.

    Args:
      words: of a language model, without class words and sentence marks; they are compared as
        `comparison_words` compares.
    """
    known = frozenset(part for word in words for part in comparison_words(word))

    def is_known(entity: Entity) -> bool:
        return known.issuperset(entity)

    return {KNOWN: is_known, UNKNOWN: lambda entity: not is_known(entity)}
