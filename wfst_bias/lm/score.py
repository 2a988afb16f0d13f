"""Scores of sentences under an n-gram model, by back-off: for tests and reports, not for search."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from wfst_bias.lm.arpa import BOS, EOS, NgramLm, NgramTable

Entry = tuple[float, float]  # log-probability and back-off weight, nats


@dataclass(frozen=True)
class Perplexity:
    """Report how well a model predicts a text.

    Attributes:
      perplexity: per word, ends of sentences counted as words.
      n_words: words of the text, without ends of sentences.
      n_class: those of them that the model does not know, or only as its class word.
    """

    perplexity: float
    n_words: int
    n_class: int


class NgramScorer:
    """Look up probabilities in an n-gram model; unknown words count as its class word."""

    def __init__(self, lm: NgramLm) -> None:
        self._order = lm.order
        self._ids = lm.word_ids
        class_word = lm.class_word
        self._class_id = -1 if class_word is None else lm.word_ids[class_word]
        self._entries: dict[tuple[int, ...], Entry] = {}
        for table in lm.ngrams:
            self._entries.update(_table_entries(table))

    def log_prob(self, history: tuple[str, ...], word: str) -> float:
        """Return ln p(word | history), minus infinity for a word that the model cannot make.

        Args:
          history: the words before, oldest first; the model uses the last `order - 1`.
          word: the word, or `</s>`.
        """
        kept = history[max(0, len(history) - self._order + 1) :]
        return self._log_prob(tuple(self._word_id(w) for w in kept), self._word_id(word))

    def sentence_log_prob(self, sentence: str) -> float:
        """Return the log-probability, in nats, of a sentence with its end."""
        return sum(self._steps(sentence))

    def perplexity(self, sentences: Iterable[str]) -> Perplexity:
        """Return the perplexity of sentences of whitespace-separated words, not a number if none.

        Without a class word, one unknown word makes it infinite.
        """
        sentences = list(sentences)
        word_ids = [self._word_id(word) for sentence in sentences for word in sentence.split()]
        steps = [step for sentence in sentences for step in self._steps(sentence)]
        per_word = math.exp(-sum(steps) / len(steps)) if steps else math.nan
        return Perplexity(per_word, len(word_ids), word_ids.count(self._class_id))

    def _steps(self, sentence: str) -> list[float]:
        words = (BOS, *sentence.split(), EOS)
        return [self.log_prob(words[:i], words[i]) for i in range(1, len(words))]

    def _word_id(self, word: str) -> int:
        return self._ids.get(word, self._class_id)

    def _log_prob(self, history: tuple[int, ...], word_id: int) -> float:
        entry = self._entries.get((*history, word_id))
        if entry is not None:
            return entry[0]
        if not history:
            return -math.inf
        backoff = self._entries.get(history, (0.0, 0.0))[1]
        return backoff + self._log_prob(history[1:], word_id)


def _table_entries(table: NgramTable) -> Iterable[tuple[tuple[int, ...], Entry]]:
    values = zip(table.log_probs.tolist(), table.backoffs.tolist(), strict=True)
    return zip(map(tuple, table.ids.tolist()), values, strict=True)
