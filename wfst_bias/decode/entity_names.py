"""What the entities of a list are called, for what says how names are pronounced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wfst_bias.entities.entity_list import CHANGED, Entity, EntityList, LineReport
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.phones.names import Name
from wfst_bias.sound.pronounce import Pronouncer


def names_of(entity: Entity, normalizer: Normalizer) -> tuple[Name, ...]:
    """Return a name for each form of an entity.

    That of its own spelling is as the user wrote it, since diacritics tell where it comes from; a
    spoken form of the list is one as it stands.
    """
    own = normalizer.normalize(entity.written)
    return tuple(
        Name(entity.written, entity.language, form)
        if form == own.form and not own.unspeakable
        else Name(form, entity.language)
        for form in entity.forms
    )


def with_sounds(entities: EntityList, pronouncer: Pronouncer, normalizer: Normalizer) -> EntityList:
    """Return a list whose report also tells what is wrong with the sound of its lines.

    The names are pronounced all at once. A list without a report stays as it is.
    """
    if not entities.report:
        return entities
    named = [(entity, names_of(entity, normalizer)) for entity in entities.entities]
    pronouncer.learn(names=(name for _, names in named for name in names))
    faults: dict[tuple[str, str], list[str]] = {}
    for entity, names in named:
        for form, name in zip(entity.forms, names, strict=True):
            if found := pronouncer.faults(name):
                faults[entity.written, form] = list(found)
    if not faults:
        return entities
    return replace(entities, report=tuple(_told(entry, faults) for entry in entities.report))


def _told(entry: LineReport, faults: dict[tuple[str, str], list[str]]) -> LineReport:
    keys = ((entry.written, form) for form in entry.forms)
    found: Iterable[str] = (fault for key in keys for fault in faults.get(key, ()))
    new = [fault for fault in dict.fromkeys(found) if fault not in entry.reason]
    if not new:
        return entry
    return replace(entry, status=CHANGED, reason="; ".join(filter(None, (entry.reason, *new))))
