"""Normalization: a phrase as a user writes it, turned into words of the model's own letters.

A letter that the model has is kept. Any other character is tried in the other case, as a dash,
apostrophe or punctuation mark, without its diacritics, and in its compatibility form, in this
order; what is left, digits first of all, cannot be spoken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from wfst_bias.tokens import TokenTable

STEPS = (
    "case",
    "diacritics",
    "hyphen",
    "apostrophe",
    "punctuation",
    "whitespace",
    "compatibility",
    "invisible",
)

HYPHENS = frozenset("-‐‑‒–—―⁃−﹘﹣")
APOSTROPHES = frozenset("'’‘ʼ`´′ʹʻʾʿ‛")
DROPPED_MARKS = frozenset('.:·•"“”„‟«»‹›™®©℠')
SPACING_MARKS = frozenset(",;!?¡¿…_،؛؟、。")
PLAIN_LETTERS = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
    "ħ": "h",
    "ŋ": "ng",
    "ŧ": "t",
    "ə": "a",
    "ɓ": "b",
    "ɗ": "d",
    "ƙ": "k",
    "ƒ": "f",
}

MOST_REMEMBERED = 1 << 16  # phrases

# A combining class that no diacritic has: the virama, which changes the syllable.
_VIRAMA = 9


@dataclass(frozen=True, slots=True)
class Normalized:
    """Hold a phrase in the model's letters.

    Attributes:
      form: its words, one space between them; meaningless where something is unspeakable.
      steps: what was done, in the order of `STEPS`.
      unspeakable: the characters that no letter of the model stands for, in their order.
    """

    form: str
    steps: tuple[str, ...] = ()
    unspeakable: str = ""


class Normalizer:
    """Normalize phrases for one model, deciding on each character once.

    Phrases are remembered for a while: lists of utterances share most of theirs.
    """

    def __init__(self, tokens: TokenTable) -> None:
        self._replacements = _Replacements(tokens.letters)
        marks = HYPHENS | APOSTROPHES | DROPPED_MARKS | SPACING_MARKS
        self._marks = "".join(sorted(tokens.letters & marks))
        self._kept = tokens.letters | {" "}
        self._known: dict[str, Normalized] = {}

    def normalize(self, phrase: str) -> Normalized:
        """Normalize a phrase; normalizing the result again changes nothing."""
        known = self._known.get(phrase)
        if known is None:
            if len(self._known) == MOST_REMEMBERED:
                self._known.clear()
            known = self._known[phrase] = self._normalize(phrase)
        return known

    def _normalize(self, phrase: str) -> Normalized:
        composed = phrase if phrase.isascii() else self._compose(phrase)
        words = composed.translate(self._replacements).split()
        spoken = [word for word in words if word.strip(self._marks)] if self._marks else words
        form = " ".join(spoken)
        if form == phrase:
            return Normalized(form)
        found = self._replacements.steps_of(composed)
        if len(spoken) < len(words):
            found |= _bit("punctuation")
        if " ".join(phrase.split()) != phrase:
            found |= _bit("whitespace")
        return Normalized(form, _named_steps(found), self._replacements.unspeakable_in(composed))

    def _compose(self, phrase: str) -> str:
        # Composition would also take apart the few letters that Unicode excludes from it.
        return phrase if self._kept.issuperset(phrase) else unicodedata.normalize("NFC", phrase)


class _Replacements(dict[int, str]):
    """Map code points to what replaces them, for str.translate; filled as characters turn up."""

    def __init__(self, letters: frozenset[str]) -> None:
        super().__init__({ord(" "): " "})
        self._letters = letters
        self._unspeakable: set[str] = set()
        self._changed: dict[str, int] = {}
        self._apostrophe = min(APOSTROPHES & letters, default="")

    def __missing__(self, code: int) -> str:
        character = chr(code)
        resolved = self._resolve(character)
        if resolved is None:
            self._unspeakable.add(character)
        replacement, steps = resolved or ("", ())
        if steps:
            self._changed[character] = sum(map(_bit, set(steps)))
        self[code] = replacement
        return replacement

    def steps_of(self, phrase: str) -> int:
        """Return the steps that a phrase once translated took, one bit for each."""
        found = 0
        for character in self._changed.keys() & phrase:
            found |= self._changed[character]
        return found

    def unspeakable_in(self, phrase: str) -> str:
        """Return the unspeakable characters of a phrase once translated, each once."""
        if self._unspeakable.isdisjoint(phrase):
            return ""
        return "".join(dict.fromkeys(c for c in phrase if c in self._unspeakable))

    def _resolve(self, character: str) -> tuple[str, tuple[str, ...]] | None:
        if character in self._letters:
            return character, ()
        for cased in (character.lower(), character.upper()):
            if self._letters.issuperset(cased):
                return cased, ("case",)
        return self._resolve_mark(character) or self._resolve_parts(character)

    def _resolve_mark(self, character: str) -> tuple[str, tuple[str, ...]] | None:
        category = unicodedata.category(character)
        if character.isspace():
            return " ", ("whitespace",)
        if category == "Cf":
            return "", ("invisible",)
        if character in HYPHENS:
            return " ", ("hyphen",)
        if character in APOSTROPHES:
            return self._apostrophe, ("apostrophe",)
        if character in DROPPED_MARKS:
            return "", ("punctuation",)
        if character in SPACING_MARKS or category in ("Ps", "Pe"):
            return " ", ("punctuation",)
        return None

    def _resolve_parts(self, character: str) -> tuple[str, tuple[str, ...]] | None:
        """Resolve each part of what the character can be rewritten as."""
        decomposed = unicodedata.normalize("NFD", character)
        if self._letters.issuperset(decomposed):
            return decomposed, ()
        for step, rewritten in _rewritings(character, decomposed):
            parts = [self._resolve(part) for part in rewritten]
            if all(part is not None for part in parts):
                known = [part for part in parts if part is not None]
                steps = {step}.union(*(steps for _, steps in known))
                return "".join(text for text, _ in known), tuple(sorted(steps))
        return None


def _rewritings(character: str, decomposed: str) -> Iterator[tuple[str, str]]:
    bare = "".join(c for c in decomposed if unicodedata.combining(c) in (0, _VIRAMA))
    if bare != character:
        yield "diacritics", bare
    plain = PLAIN_LETTERS.get(character.lower())
    if plain is not None:
        yield "diacritics", plain if character.islower() else plain.capitalize()
    compatible = unicodedata.normalize("NFKC", character)
    if compatible != character:
        yield "compatibility", compatible


def _bit(step: str) -> int:
    return 1 << STEPS.index(step)


@cache
def _named_steps(bits: int) -> tuple[str, ...]:
    return tuple(step for step in STEPS if bits & _bit(step))
