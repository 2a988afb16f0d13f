"""The form in which words are compared, so that `Łukasz` written equals `lukasz` spoken."""

from __future__ import annotations

import unicodedata

from wfst_bias.entities.normalize import APOSTROPHES, DROPPED_MARKS, PLAIN_LETTERS, SPACING_MARKS


def comparison_words(text: str) -> tuple[str, ...]:
    """Split a text into words as they are compared, both of references and of hypotheses.

    Case is folded, diacritics and full stops go, every apostrophe becomes the plain one. What
    else is no letter, digit or apostrophe separates words, as the hyphen of `Jean-Claude` does.
    This is how an entity is normalized, but it depends on no model's letters.
    """
    return tuple(comparable(text).split())


def comparable(text: str) -> str:
    """Return a text as it is compared, white space between words; each character by itself."""
    return text.translate(_COMPARABLE)


class _Comparable(dict[int, str]):
    """Map code points to what stands for them, for str.translate; filled as they turn up."""

    def __missing__(self, code: int) -> str:
        self[code] = self._comparable(chr(code))
        return self[code]

    def _comparable(self, character: str) -> str:
        if character in APOSTROPHES:
            return "'"
        if character in SPACING_MARKS:
            return " "
        category = unicodedata.category(character)
        if character in DROPPED_MARKS or unicodedata.combining(character) or category == "Cf":
            return ""
        folded = unicodedata.normalize("NFKD", character.casefold())
        if folded != character:
            return folded.translate(self)
        return PLAIN_LETTERS.get(character, character) if category[0] in "LMN" else " "


_COMPARABLE = _Comparable()
