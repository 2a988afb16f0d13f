"""Words of the LM that an entity is easily mistaken for.

A long list holds words one letter away from ordinary ones ("shoud", "bosh", "cheape"). What is
said is then almost always the ordinary word, and the more frequent it is, the more a boost has to
overcome before the entity is written in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence


class Rivals:
    """Find the most probable word within one edit of a form.

    Words are filed under themselves and under each string that deleting a letter gives; two words
    within one insertion, deletion, substitution or swap of neighbours share such a key (Garbe's
    symmetric deletion).
    """

    def __init__(self, words: Sequence[tuple[str, float]]) -> None:
        self._log_probs: dict[str, float] = {}
        for form, log_prob in words:
            if log_prob > self._log_probs.get(form, float("-inf")):
                self._log_probs[form] = log_prob
        self._by_key: dict[str, list[str]] = defaultdict(list)
        for form in self._log_probs:
            for key in _keys(form):
                self._by_key[key].append(form)

    def log_prob(self, form: str) -> float:
        """Return the unigram log-probability of the best rival of `form`, -inf without one.

        The form itself is no rival, and neither is anything for a form of several words.
        """
        best = float("-inf")
        if " " in form:
            return best
        for key in _keys(form):
            for word in self._by_key.get(key, ()):
                log_prob = self._log_probs[word]
                if log_prob > best and word != form and within_one_edit(word, form):
                    best = log_prob
        return best


def _keys(form: str) -> Iterable[str]:
    return {form, *(form[:i] + form[i + 1 :] for i in range(len(form)))}


def within_one_edit(first: str, second: str) -> bool:
    """Say whether one insertion, deletion, substitution or swap of neighbours is enough."""
    shorter, longer = sorted((first, second), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), None)
    if at is None:
        return True
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    swapped = shorter[at : at + 2] == longer[at : at + 2][::-1]
    return shorter[at + 1 :] == longer[at + 1 :] or (
        swapped and shorter[at + 2 :] == longer[at + 2 :]
    )
