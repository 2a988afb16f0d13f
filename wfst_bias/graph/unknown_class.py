"""A class of unknown words for an LM from elsewhere that has none.

Lists attach, and words are spelled out, where the LM offers that class. One that never does gets it
at the empty history, so that every context offers it by backing off; what the LM says of its own
words remains as it is. The class is as probable as the rarest tenth of the words together, much as
words seen once tell how often new ones come; `class_nats` moves it from there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wfst_bias.lm.arpa import BOS, EOS, NgramLm, NgramTable

UNKNOWN = "<unk>"
RAREST_SHARE = 0.1


def with_unknown_class(lm: NgramLm) -> NgramLm:
    """Return the LM itself if it predicts a class of unknown words, else with one as a unigram."""
    log_prob = _rarest_log_prob(lm)
    if lm.class_word is None:
        row = NgramTable(
            np.array([[len(lm.words)]], np.int32), np.array([log_prob]), np.zeros(1, np.float64)
        )
        return NgramLm((*lm.words, UNKNOWN), (_append(lm.ngrams[0], row), *lm.ngrams[1:]))
    number = lm.word_ids[lm.class_word]
    if any(np.isfinite(t.log_probs[t.ids[:, -1] == number]).any() for t in lm.ngrams):
        return lm
    unigrams = lm.ngrams[0]
    log_probs = np.where(unigrams.ids[:, 0] == number, log_prob, unigrams.log_probs)
    return NgramLm(lm.words, (replace(unigrams, log_probs=log_probs), *lm.ngrams[1:]))


def _rarest_log_prob(lm: NgramLm) -> float:
    """Return the log of the probability of the rarest words, -inf if no word is predicted."""
    unigrams = lm.ngrams[0]
    apart = [lm.word_ids[word] for word in (BOS, EOS, *lm.class_words)]
    own = np.isfinite(unigrams.log_probs) & ~np.isin(unigrams.ids[:, 0], apart)
    ranked = np.sort(unigrams.log_probs[own])
    rarest = ranked[: int(np.ceil(RAREST_SHARE * len(ranked)))]
    return float(np.logaddexp.reduce(rarest)) if len(rarest) else -np.inf


def _append(table: NgramTable, row: NgramTable) -> NgramTable:
    return NgramTable(
        np.concatenate([table.ids, row.ids]),
        np.concatenate([table.log_probs, row.log_probs]),
        np.concatenate([table.backoffs, row.backoffs]),
    )
