"""Words of the LM that an entity is easily mistaken for.

A long list holds words one letter away from ordinary ones ("shoud", "bosh", "cheape"). What is
said is then almost always the ordinary word, and the more frequent it is, the more a boost has to
overcome before the entity is written in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


class Rivals:
    """Find the most probable word within one edit of a form.

    Words are filed under themselves and under each string that deleting a letter gives; two words
    within one insertion, deletion, substitution or swap of neighbours share such a key (Garbe's
    symmetric deletion).
    """

    def __init__(self, words: Sequence[tuple[str, float]], least_log_prob: float) -> None:
        """File the words that are more probable than `least_log_prob`."""
        log_probs: dict[str, float] = {}
        for form, log_prob in words:
            if log_prob > log_probs.get(form, least_log_prob):
                log_probs[form] = log_prob
        self._by_key: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for form, log_prob in log_probs.items():
            for key in {form, *_shortened(form)}:
                self._by_key[key].append((log_prob, form))
        self._found: dict[str, float] = {}

    def log_prob(self, form: str) -> float:
        """Return the unigram log-probability of the best rival of `form`, -inf without one.

        The form itself is no rival, and neither is anything for a form of several words. A form
        looked up once is remembered.
        """
        if " " in form:
            return float("-inf")
        found = self._found.get(form)
        if found is None:
            found = self._found[form] = self._look_up(form)
        return found

    def _look_up(self, form: str) -> float:
        best = float("-inf")
        known = self._by_key.get
        for key in (form, *_shortened(form)):
            for log_prob, word in known(key, ()):
                if log_prob > best and word != form and within_one_edit(word, form):
                    best = log_prob
        return best


def _shortened(form: str) -> list[str]:
    """Return the strings that deleting a letter gives, with repetitions."""
    return [form[:i] + form[i + 1 :] for i in range(len(form))]


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
