"""Which templates are of train, of dev and of test."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from local.synthetic.grammar import Grammar, Template
from wfst_bias.errors import InputError

HELD_OUT_SHARE = 0.1  # for dev and for test each
N_NEW_WORDS = 1  # in a held-out template, at most, that no template of train has


def split_templates(grammar: Grammar, rng: random.Random) -> dict[str, list[Template]]:
    """Divide templates, those with slots and those without alike.

    The held-out ones are drawn among those that have at most N_NEW_WORDS words of their own. Where
    they are too few, those with the fewest are taken: each word that only one template has is
    otherwise unknown to a model in all its many sentences.

    Raises:
      InputError: fewer than three templates with slots, or without.
    """
    sides: dict[str, list[Template]] = {"train": [], "dev": [], "test": []}
    vocabularies = {template: grammar.words_of(template) for template in grammar.templates}
    n_uses = Counter(word for words in vocabularies.values() for word in words)
    for wanted in (True, False):
        found = [t for t in grammar.templates if grammar.has_slots(t) == wanted]
        if len(found) < len(sides):
            what = "templates with slots" if wanted else "templates without slots"
            remedy = f"write {len(sides)} or more"
            raise InputError(f"{len(found)} {what}", path=grammar.path, remedy=remedy)
        rng.shuffle(found)
        n_each = max(1, round(len(found) * HELD_OUT_SHARE))
        held_out: list[Template] = []
        while len(held_out) < 2 * n_each:
            chosen = _first_with_few_new_words(found, vocabularies, n_uses)
            found.remove(chosen)
            held_out.append(chosen)
            n_uses.subtract(vocabularies[chosen])
        sides["dev"] += held_out[0::2]
        sides["test"] += held_out[1::2]
        sides["train"] += found
    return sides


def _first_with_few_new_words(
    templates: Sequence[Template],
    vocabularies: dict[Template, frozenset[str]],
    n_uses: Counter[str],
) -> Template:
    def n_new(template: Template) -> int:
        new = sum(n_uses[word] == 1 for word in vocabularies[template])
        return max(new, N_NEW_WORDS)

    return min(templates, key=n_new)
