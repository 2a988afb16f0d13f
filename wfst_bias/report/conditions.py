"""Conditions: under what a set was decoded, read from the name that its folder has.

A condition is a system with a list: `none`, `list100` and `shared` are the plain decoder, and
`adapter.list100` or `joint-list1000` are other systems. A name without a list, such as `g2g`, is
that of a system; what it was made from says which list it had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

NO_LIST, SHARED = "none", "shared"
SCORED_LIST = "list100"  # whose names count where a condition has no list of its own

_LIST = re.compile(r"(?:^|[._-])(list[0-9]+|shared)(?=$|[._-])")


@dataclass(frozen=True)
class Condition:
    """Name one way in which a set was decoded.

    Attributes:
      key: as in the name of its folder, `decode/SET.KEY`.
      system: the system, empty for the plain decoder.
      list_name: `list100`, `shared` or the like; empty where there is no list.
      title: what the system is called, empty for its name.
      place: of the system among those that have a title.
    """

    key: str
    system: str
    list_name: str
    title: str = ""
    place: int = 0

    @classmethod
    def of(cls, key: str, set_name: str, made_from: str = "") -> Condition:
        """Read a condition off its name.

        Args:
          key: the name.
          set_name: the set that was decoded.
          made_from: the arguments of the command that decoded it, which may name the list.
        """
        if key == NO_LIST:
            return cls(key, "", "")
        named = _LIST.search(key)
        if named is not None:
            rest = (key[: named.start()], key[named.end() :])
            return cls(key, "-".join(part.strip("._-") for part in rest if part), named.group(1))
        given = re.search(rf"\b{re.escape(set_name)}\.(list[0-9]+|shared)\.", made_from)
        return cls(key, key, given.group(1) if given else "")

    def named(self, titles: Mapping[str, str]) -> Condition:
        """Return it with the title that its system has, by the system; empty for the plain one."""
        places = {system: place for place, system in enumerate(titles, start=1)}
        place = places.get(self.system, 0) if self.system else 0
        return replace(self, title=titles.get(self.system, ""), place=place)

    @property
    def system_label(self) -> str:
        """Return what legends call its system."""
        return self.title or self.system or "default"

    @property
    def label(self) -> str:
        """Return what tables call it."""
        if not self.system:
            return self.list_label
        return f"{self.system_label}, {self.list_label}" if self.list_name else self.system_label

    @property
    def list_label(self) -> str:
        """Return what its list is called."""
        size = self.list_size
        if size is not None:
            return f"list of {size:,}"
        return "shared list" if self.list_name else "no list"

    @property
    def short_list_label(self) -> str:
        """Return what its list is called where there is little room."""
        return self.list_label.removeprefix("list of ").replace("shared list", "shared")

    @property
    def list_size(self) -> int | None:
        """Return the number of distractors in the list of an utterance; None for other lists."""
        number = self.list_name.removeprefix("list")
        return int(number) if number.isdigit() else None

    @property
    def scored_list(self) -> str:
        """Return the list whose entities count."""
        return self.list_name or SCORED_LIST

    @property
    def order(self) -> tuple[object, ...]:
        """Return what conditions are sorted by: no list, plain lists, systems, all together."""
        rank = 2 if self.system.startswith("joint") else 1 if self.system else 0
        is_listed = bool(self.list_name)
        of_list = self.list_name == SHARED, self.list_size or 0
        return rank, self.place, self.system, is_listed, *of_list, self.key
