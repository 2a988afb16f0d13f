"""What is said in a cut that may stand on a list: its entities, and the rare words of its text.

Rare words beside entities, so that what is learnt does not rest on the sentences around entities.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wfst_bias.acoustic.subwords import Subwords
from wfst_bias.acoustic.targets import Target, spelled_targets_of
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError

logger = logging.getLogger(__name__)

_SHORTEST_RARE = 4  # letters


@dataclass(frozen=True)
class EntityTarget(Target):
    """The transcript of an utterance, and what in it may stand on a list.

    Attributes:
      entities: normalized, sorted, each once; every one is in the text.
      rare: rare words of the text beside them, likewise.
    """

    entities: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()


def entity_targets_of(
    train: Any, dev: Any, subwords: Subwords, rare_count: int
) -> dict[str, EntityTarget]:
    """Return the target of each cut of train and dev, by its id.

    Entities are those that cuts, or their supervisions, carry as `custom["entities"]`, phrases or
    objects with a `text`. Those that are not in the transcript are left out, with one warning.

    Args:
      train: cuts; their words are counted.
      dev: cuts.
      subwords: of the model.
      rare_count: a word is rare that occurs so often at most.

    Raises:
      InputError: as `targets_of`; entities of another form, the cut is named.
    """
    spelled = spelled_targets_of([*train, *dev], subwords)
    counts = Counter(word for cut in train for word in spelled[cut.id].text.split())
    rare = {word for word, count in counts.items() if count <= rare_count}
    normalizer, lost = Normalizer(subwords.token_table()), 0
    targets: dict[str, EntityTarget] = {}
    for cut in (*train, *dev):
        target = spelled[cut.id]
        named = {normalizer.normalize(phrase).form for phrase in _phrases_of(cut)} - {""}
        said = {form for form in named if is_said(form, target.text)}
        lost += len(named) - len(said)
        targets[cut.id] = _with_entities(target, said, rare)
    if lost:
        logger.warning("%d entities are not in the transcripts of their cuts: left out", lost)
    return targets


def is_said(form: str, text: str) -> bool:
    """Say whether a form is in a text, from a word's start to a word's end."""
    return f" {form} " in f" {text} "


def forms_of(targets: Iterable[EntityTarget]) -> list[str]:
    """Return all forms that utterances hold, sorted, each once."""
    return sorted({form for target in targets for form in (*target.entities, *target.rare)})


def of_cuts(cuts: Any, targets: Mapping[str, EntityTarget]) -> list[EntityTarget]:
    """Return the targets of cuts."""
    return [targets[cut.id] for cut in cuts]


def _with_entities(target: Target, said: set[str], rare: set[str]) -> EntityTarget:
    in_entities = {word for form in said for word in form.split()}
    others = {
        word
        for word in target.text.split()
        if word in rare and word not in in_entities and len(word) >= _SHORTEST_RARE
    }
    return EntityTarget(
        target.text, target.tokens, target.phones, tuple(sorted(said)), tuple(sorted(others))
    )


def _phrases_of(cut: Any) -> Iterator[str]:
    for holder in (cut, *cut.supervisions):
        named = (getattr(holder, "custom", None) or {}).get("entities") or ()
        if not isinstance(named, list | tuple):
            raise _fault(cut, named)
        for entry in named:
            phrase = entry.get("text") if isinstance(entry, dict) else entry
            if not isinstance(phrase, str):
                raise _fault(cut, entry)
            yield phrase


def _fault(cut: Any, value: object) -> InputError:
    return InputError(
        f"the entities of cut {cut.id}: expected a list of phrases or of objects with a text",
        value=value,
        remedy="correct custom['entities']",
    )
