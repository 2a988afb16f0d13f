"""Variants of the forms of entities: those of their words put together."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.entities.entity_list import Entity
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.g2g.derivation import derive
from wfst_bias.g2g.finder import Limits, Spellings, VariantFinder
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.g2g.table import BREAK, RuleTable

# Words found for each variant that is wanted: among them are some that turn out to be ordinary.
FOUND_PER_VARIANT = 2

# The cost in nats of a spelling that some word of the entity has: of ordinary words more than 0.
WordCost = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Variant:
    """Hold a spelling of a form and what is taken off its boost, in nats."""

    form: str
    cost_nats: float


class FormVariants:
    """Find the variants of forms as the tokens of a model can spell them.

    A form is taken as its entity is written where that says more: of `Łukasz`, whose form may be
    `lukasz`, the table reads the ł.

    Args:
      table: the rules.
      normalizer: of the model.
      letters: that the model's words are made of.
      options: how many variants, and how dear.
      cache: the folder that keeps variants of long lists, None for none.
    """

    def __init__(
        self,
        table: RuleTable,
        normalizer: Normalizer,
        letters: Iterable[str],
        options: G2gOptions,
        cache: Path | None = None,
    ) -> None:
        self.options = options
        self._plain = _Plain(normalizer, frozenset(letters))
        kept = {
            letter: plain
            for letter in sorted(table.letters | self._plain.letters)
            if (plain := self._plain[letter]) is not None and plain.strip() == plain
        }
        self._read_letters = table.letters & kept.keys()
        n_best = 1 + FOUND_PER_VARIANT * options.most_variants
        self._find = VariantFinder(table, kept, Limits(n_best, options.most_cost_nats), cache)

    @classmethod
    def load(
        cls,
        options: G2gOptions,
        normalizer: Normalizer,
        letters: Iterable[str],
        cache: Path | None = None,
    ) -> FormVariants | None:
        """Read the tables that the options name; None if they name none.

        Raises:
          InputError: a table that cannot be read.
        """
        if not options.files or not options.most_variants:
            return None
        return cls(RuleTable.read(*options.files), normalizer, letters, options, cache)

    def of(
        self, forms: Sequence[tuple[str, str]], word_cost: WordCost
    ) -> list[tuple[Variant, ...]]:
        """Return the variants of forms, all found at once, the cheapest of each first.

        Args:
          forms: normalized form, and how its entity is written.
          word_cost: what a changed word costs beside its rules.

        Returns:
          for each form its variants, without itself; spelled in the letters of the model.
        """
        sources = [self._sources(form, written) for form, written in forms]
        found = self._find(word for words in sources for word in words)
        priced: dict[str, Spellings] = {}
        variants = []
        for (form, _), words in zip(forms, sources, strict=True):
            for word in words:
                if word not in priced:
                    priced[word] = self._priced(found[word], word_cost)
            variants.append(self._combine(form, [priced[word] for word in words]))
        return variants

    def prepare(self, entities: Iterable[Entity]) -> None:
        """Find the variants of a list's words, so that the cache has them for other processes."""
        boosted = (e for e in entities if e.score is None or e.score >= 0)
        asked = ((form, entity.written) for entity in boosted for form in entity.forms)
        self._find(word for form, written in asked for word in self._sources(form, written))

    def explain(self, form: str, written: str, variant: str) -> str:
        """Return the rules by which a variant of a form comes about, as a reader sees them."""
        words = self._sources(form, written)
        found = self._find(words)
        texts = _divided(variant.lower(), [found[word] for word in words])
        finder, most = self._find, self.options.most_cost_nats
        ways = (
            derive(word, text.replace(" ", BREAK), finder.table, finder.kept, most)
            for word, text in zip(words, texts, strict=True)
        )
        return ", ".join(str(way) for way in ways if way is not None and way.rules)

    def _sources(self, form: str, written: str) -> list[str]:
        """Return the words from which the variants of a form come, in lower case."""
        lower = form.lower()
        if written.lower() == lower:
            return lower.split()
        source = "".join(map(self._source, unicodedata.normalize("NFC", written)))
        words = [word for word in source.split() if self._kept(word)]
        return words if " ".join(map(self._kept, words)) == lower else lower.split()

    def _kept(self, word: str) -> str:
        return "".join(self._plain[letter] or "" for letter in word)

    def _source(self, character: str) -> str:
        """Return a character of a written form as rules read it, or else in plain letters."""
        lower = character.lower()
        if lower in self._read_letters and self._plain[lower] == self._plain[character]:
            return lower
        return self._plain[character] or ""

    def _priced(self, spellings: Spellings, word_cost: WordCost) -> Spellings:
        """Return spellings with all that they cost; the first, a word's own, costs nothing."""
        scale, flat = self.options.variant_scale, self.options.variant_nats
        return tuple(
            (text, scale * cost + flat + word_cost(text)) if number else (text, 0.0)
            for number, (text, cost) in enumerate(spellings)
        )

    def _combine(self, form: str, words: Sequence[Spellings]) -> tuple[Variant, ...]:
        if not all(words):
            return ()
        flat = self.options.variant_nats
        best: list[tuple[float, str]] = [(0.0, "")]
        for spellings in words:
            longer = [
                # An entity is a variant once, however many of its words are.
                (total + cost - flat * (total > 0 and cost > 0), f"{begun} {text}")
                for total, begun in best
                for text, cost in spellings
            ]
            best = sorted(longer)[: self.options.most_variants + 1]
        cheapest = {text[1:]: cost for cost, text in reversed(best) if text[1:] != form.lower()}
        variants = [Variant(_cased(text, form), cost) for text, cost in cheapest.items()]
        return tuple(variants[: -self.options.most_variants - 1 : -1])


def _divided(text: str, words: Sequence[Spellings]) -> tuple[str, ...]:
    """Return what each word became in a text, the cheapest way there is."""
    ways: dict[str, tuple[float, tuple[str, ...]]] = {f"{text} ": (0.0, ())}
    for spellings in words:
        longer: dict[str, tuple[float, tuple[str, ...]]] = {}
        for rest, (total, begun) in ways.items():
            for spelling, cost in spellings:
                left = rest.removeprefix(f"{spelling} ")
                way = (total + cost, (*begun, spelling))
                if left != rest and way < longer.get(left, (math.inf, ())):
                    longer[left] = way
        ways = longer
    return ways[""][1]


def _cased(text: str, form: str) -> str:
    """Return a text in the case of a form."""
    if form.isupper():
        return text.upper()
    return text.title() if form.istitle() else text


class _Plain(dict[str, "str | None"]):
    """Map a character to the model's letters in lower case, None where it cannot be spoken."""

    def __init__(self, normalizer: Normalizer, letters: frozenset[str]) -> None:
        super().__init__()
        self._normalizer = normalizer
        self._letter = min(filter(str.isalpha, letters), default=min(letters))
        self.letters = frozenset(letter.lower() for letter in letters)

    def __missing__(self, character: str) -> str | None:
        # Between letters, where a hyphen becomes a space and is not left out.
        normalized = self._normalizer.normalize(f"{self._letter}{character}{self._letter}")
        plain = None if normalized.unspeakable else normalized.form[1:-1].lower()
        self[character] = plain
        return plain
