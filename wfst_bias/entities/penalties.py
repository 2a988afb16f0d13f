"""Entities with a negative score: they cost it wherever their words stand in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wfst_bias.entities.normalize import Normalizer


class Penalties:
    """Sum the negative scores of the forms that occur in a text, whichever way it came about.

    Boosts are paths of the search graph; a penalty as a path would only be avoided by the path
    that spells the same words without it, so penalties are added to whole texts.
    """

    def __init__(self, forms: Mapping[str, float], normalizer: Normalizer) -> None:
        self.forms = {tuple(form.split()): score for form, score in forms.items()}
        self.normalizer = normalizer

    def __bool__(self) -> bool:
        return bool(self.forms)

    def of(self, words: Sequence[str]) -> float:
        """Return the sum in nats, at most 0, over all occurrences of forms in `words`."""
        spoken = self.normalizer.normalize(" ".join(words)).form.split()
        return sum(
            score * sum(tuple(spoken[i : i + len(form)]) == form for i in range(len(spoken)))
            for form, score in self.forms.items()
        )
