"""Classes of entities, as files of lists give them and as an LM knows them.

A class is named by its class word, such as `<person>`. Where the LM offers that word, the entities
of the class may begin. An entity without a class may begin where the LM offers any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wfst_bias.entities.entity_list import (
    CHANGED,
    Entity,
    EntityList,
    LineReport,
    compile_list,
)
from wfst_bias.entities.list_file import ListLine, RejectedLine, read_list
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller

_CLASS_AND_FILE = re.compile(r"(\w[\w-]*)=(.+)", re.DOTALL)


@dataclass(frozen=True)
class ListFile:
    """Name a file of a list, and the class of those of its lines that name none."""

    path: Path
    class_word: str | None = None

    def __str__(self) -> str:
        return str(self.path)

    @classmethod
    def parse(cls, given: str) -> ListFile:
        """Read `FILE` or `CLASS=FILE`; a file with such a name can be given as `./CLASS=FILE`."""
        named = _CLASS_AND_FILE.fullmatch(given)
        return cls(Path(given)) if named is None else cls(Path(named[2]), f"<{named[1]}>")


def read_entity_lists(
    files: Sequence[ListFile],
    normalizer: Normalizer,
    list_format: str = "auto",
    *,
    speller: Speller | None = None,
    strict: bool = False,
) -> EntityList:
    """Read several files as one list and resolve it; see `read_list` and `compile_list`.

    Where there are several, the report names the file of each line.
    """
    lines = [line for file in files for line in _read(file, list_format, len(files) > 1)]
    path = files[0].path if len(files) == 1 else None
    return compile_list(lines, normalizer, speller=speller, strict=strict, path=path)


def _read(
    file: ListFile, list_format: str, is_one_of_several: bool
) -> Iterator[ListLine | RejectedLine]:
    name = str(file.path) if is_one_of_several else ""
    default = () if file.class_word is None else (file.class_word,)
    for line in read_list(file.path, list_format):
        if isinstance(line, ListLine):
            yield replace(line, classes=line.classes or default, file=name)
        else:
            yield replace(line, file=name)


def in_known_classes(entities: EntityList, known: Sequence[str]) -> EntityList:
    """Return a list as an LM can serve it: classes that it lacks become that of unknown words.

    The report says so of each such line. Doing it again changes nothing.

    Args:
      entities: the list.
      known: the class words of the LM, that of unknown words first.
    """
    asked = [entity.classes for entity in entities.entities]
    asked += [entry.classes for entry in entities.report]
    if set(known).issuperset(word for classes in asked for word in classes):
        return entities
    return replace(
        entities,
        entities=tuple(_served(entity, known) for entity in entities.entities),
        report=tuple(_told(entry, known) for entry in entities.report),
    )


def _served(entity: Entity, known: Sequence[str]) -> Entity:
    return replace(entity, classes=_among(entity.classes, known))


def _told(entry: LineReport, known: Sequence[str]) -> LineReport:
    lacking = [word for word in entry.classes if word not in known]
    if not lacking or not entry.forms:
        return replace(entry, classes=_among(entry.classes, known))
    reason = f"the language model has no class {', '.join(lacking)}: taken as {known[0]}"
    reasons = "; ".join(filter(None, (entry.reason, reason)))
    return replace(entry, classes=_among(entry.classes, known), status=CHANGED, reason=reasons)


def _among(classes: tuple[str, ...], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({word if word in known else known[0] for word in classes}))
