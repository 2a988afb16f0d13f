"""Variants of words: looked up in memory, then in the cache, and computed all at once."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pynini

from wfst_bias.files import write_text
from wfst_bias.g2g.lattice import compose_words, word_starts
from wfst_bias.g2g.strings import BestStrings
from wfst_bias.g2g.table import BREAK, RuleTable
from wfst_bias.g2g.transducer import compile_transducer

log = logging.getLogger(__name__)

# Counts up when what is computed changes, so that older cached variants are not taken for it.
FORMAT = 1
# Words composed at once: some 300 MB at the default limit. Shorter lists are one composition.
WORDS_AT_ONCE = 20_000
# Fewer words are computed sooner than they are looked for on a disk.
LEAST_CACHED_WORDS = 500

# Spelling and cost in nats, cheapest first.
Spellings = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Limits:
    """Bound what is found for a word: how many spellings, itself included, and how dear."""

    n_best: int
    most_cost_nats: float


class VariantFinder:
    """Find the spellings of words that sound alike.

    Args:
      table: the rules.
      kept: a letter of words -> how it is written when no rule takes it; words are made of these.
      limits: of what is found for each word.
      cache: the folder that keeps what was found for long lists, None for none.
    """

    def __init__(
        self,
        table: RuleTable,
        kept: Mapping[str, str],
        limits: Limits,
        cache: Path | None = None,
    ) -> None:
        self.table, self.kept, self.limits, self.cache = table, dict(kept), limits, cache
        self._found: dict[str, Spellings] = {}

    def __call__(self, words: Iterable[str]) -> dict[str, Spellings]:
        """Return the spellings of each word: its own, which costs nothing, then by their costs.

        Spellings are of kept letters, and a space where one became several words. Of words with a
        letter that is not kept nothing is found.
        """
        wanted = set(words)
        missing = sorted(word for word in wanted if word not in self._found)
        if missing:
            self._found.update(self._look_up(missing))
        return {word: self._found[word] for word in wanted}

    @cached_property
    def rules(self) -> pynini.Fst:
        """Return the compiled rules."""
        return compile_transducer(self.table, self.kept, self.limits.most_cost_nats)

    def _look_up(self, words: Sequence[str]) -> dict[str, Spellings]:
        if self.cache is None or len(words) < LEAST_CACHED_WORDS:
            return self._compute(words)
        path = self.cache / f"g2g-{self._digest(words)}.json"
        found = _read(path, words)
        if found is None:
            found = self._compute(words)
            _write(path, found)
        return found

    def _compute(self, words: Sequence[str]) -> dict[str, Spellings]:
        found: dict[str, Spellings] = dict.fromkeys(words, ())
        known = self.kept.keys()
        # Words that end alike stand together, and share their ends.
        spelled = sorted((w for w in words if w and known >= set(w)), key=lambda word: word[::-1])
        for begin in range(0, len(spelled), WORDS_AT_ONCE):
            found.update(self._compute_at_once(spelled[begin : begin + WORDS_AT_ONCE]))
        return found

    def _compute_at_once(self, words: Sequence[str]) -> dict[str, Spellings]:
        lattice = compose_words(words, self.rules, self.limits.most_cost_nats)
        best = BestStrings.of(lattice, self.limits.n_best, self.limits.most_cost_nats)
        texts, costs = best.strings(word_starts(lattice, len(words)))
        return {
            word: self._ordered(word, zip(own, nats, strict=True))
            for word, own, nats in zip(words, texts, costs, strict=True)
        }

    def _ordered(self, word: str, found: Iterable[tuple[str, float]]) -> Spellings:
        """Return what was found for a word, its own spelling first, then by cost and letters."""
        own = "".join(self.kept[letter] for letter in word)
        others = sorted((c, _words(t)) for t, c in found if t != own and t.strip(BREAK))
        return ((own, 0.0), *((text, cost) for cost, text in others[: self.limits.n_best - 1]))

    def _digest(self, words: Sequence[str]) -> str:
        rules = [rule.line for rule in self.table.rules]
        content = [FORMAT, rules, sorted(self.kept.items()), list(words)]
        content += [self.limits.n_best, self.limits.most_cost_nats]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _words(text: str) -> str:
    return " ".join(text.split(BREAK)) if BREAK in text else text


def _read(path: Path, words: Sequence[str]) -> dict[str, Spellings] | None:
    """Return what the cache holds, None if that is nothing or broken."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    try:
        found = {
            word: tuple((str(text), float(cost)) for text, cost in spellings)
            for word, spellings in json.loads(content).items()
        }
    except (ValueError, TypeError, AttributeError):
        found = {}
    if found.keys() != set(words):
        log.warning("%s: the cached variants are broken; finding them anew", path)
        return None
    return found


def _write(path: Path, found: Mapping[str, Spellings]) -> None:
    try:
        write_text(path, json.dumps(found, ensure_ascii=False, separators=(",", ":")))
    except OSError as error:
        log.warning("%s: cannot be written (%s); variants are not kept", path, error.strerror)
