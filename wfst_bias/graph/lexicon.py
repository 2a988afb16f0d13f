"""L: which tokens spell each word of the LM."""

from __future__ import annotations

from dataclasses import dataclass

from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import NgramLm
from wfst_bias.tokens import TokenTable

SENTENCE_MARKS = ("<s>", "</s>")
LEAST_SPELLABLE_SHARE = 0.5


@dataclass(frozen=True)
class Lexicon:
    """Hold the spellings of the LM's words.

    Attributes:
      spellings: (word number, token columns) pairs; word numbers start at 1, in the order of the
        LM; a word may have several spellings.
      unspeakable: words that the tokens cannot spell; the graph leaves them out.
    """

    spellings: tuple[tuple[int, tuple[int, ...]], ...]
    unspeakable: tuple[str, ...]


def build_lexicon(lm: NgramLm, tokens: TokenTable, speller: Speller) -> Lexicon:
    """Spell every word of the LM, its class words and sentence marks apart.

    Raises:
      InputError: most words cannot be spelled, so tokens and LM do not belong together.
    """
    normalizer = Normalizer(tokens)
    spellings: list[tuple[int, tuple[int, ...]]] = []
    unspeakable = []
    words = [
        (number, word)
        for number, word in enumerate(lm.words, start=1)
        if word not in SENTENCE_MARKS and word not in lm.class_words
    ]
    for number, word in words:
        normalized = normalizer.normalize(word)
        speakable = normalized.form and not normalized.unspeakable
        found = speller.segmentations(normalized.form) if speakable else ()
        spellings.extend((number, spelling) for spelling in found)
        if not found:
            unspeakable.append(word)
    if len(unspeakable) > (1 - LEAST_SPELLABLE_SHARE) * len(words):
        raise InputError(
            f"the tokens cannot spell {len(unspeakable)} of the language model's "
            f"{len(words)} words, so the two do not belong together; one of them",
            value=unspeakable[0] if unspeakable else "",
        )
    return Lexicon(tuple(spellings), tuple(unspeakable))
