"""Systems that run.sh decodes with beside the tuned one, as local/systems.toml says.

    python -m local.systems names [NAME...]            check names; all of them if there is none
    python -m local.systems against NAME               what NAME, or all, is compared with
    python -m local.systems parts NAME FILE.toml       what it has: true or false for search,
                                                       adapter, list, and phones, by its options
    python -m local.systems titles [NAME...]           what they are called, for the report
    python -m local.systems options NAME [--tuned FILE.toml] --out FILE.toml
    python -m local.systems lm NAME LM.arpa --out FILE.arpa

`options` writes the tuned options, or the defaults, with those of the system in their place. `lm`
writes the language model that the system reads, where it is another: in it no context says more of
a class word than backing off to the empty one does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import NgramLm, NgramTable, read_arpa, write_arpa
from wfst_bias.tune.space import with_values

ALL = "all"  # the tuned system
BESIDE_ALL = "decoder"  # what that is compared with
TUNED = "all techniques"  # what the report calls the system that has everything
SYSTEMS = Path(__file__).with_name("systems.toml")


@dataclass(frozen=True)
class System:
    """Hold what is other about a system.

    Attributes:
      says: what tables call it.
      search: whether texts are searched for, or the best token of each frame is taken.
      adapter: whether it has the model's adapter.
      list: whether the decoder has the list.
      contexts: whether the contexts of the language model say how likely its class is.
      phones: whether it has the tuned techniques that need phone log-probabilities.
      against: the system that it is compared with, or `all`.
      without: the technique that it lacks of all, if it is for that.
      redundant: why nothing may be worse without it.
      options: in place of the tuned ones, by `section.option`.
    """

    says: str
    search: bool = True
    adapter: bool = True
    list: bool = True
    contexts: bool = True
    phones: bool = True
    against: str = "all"
    without: str = ""
    redundant: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def when_left_out(self) -> dict[str, str]:
        """Return what tables say of the technique that it lacks."""
        return {"without": self.without, "redundant": self.redundant}


def read_systems(path: Path = SYSTEMS) -> dict[str, System]:
    """Read the systems, in the order of the file.

    Raises:
      InputError: a table with something that is not a system's.
    """
    tables: dict[str, Any] = tomli.loads(path.read_text(encoding="utf-8"))
    try:
        systems = {name: System(**table) for name, table in tables.items()}
    except TypeError as error:
        raise InputError(f"not a system: {error}", path=path) from error
    for each in systems.values():
        if each.against not in (*systems, ALL):
            raise InputError("no system to compare with", path=path, value=each.against)
    return systems


def options_of(system: System, tuned: Path | None) -> DecodeOptions:
    """Return the options of a system, beginning with tuned ones or the defaults."""
    options = DecodeOptions() if tuned is None else DecodeOptions.read(tuned)
    return with_values(options if system.phones else options.without_phones(), system.options)


def without_contexts(lm: NgramLm) -> NgramLm:
    """Return a model that gives class words by backing off to the empty history alone."""
    classes = [lm.word_ids[word] for word in lm.class_words]
    unigrams, *longer = lm.ngrams
    tables = (_without(classes, table) for table in longer)
    return NgramLm(lm.words, (unigrams, *tables))


def _without(words: Sequence[int], table: NgramTable) -> NgramTable:
    """Return a table that never predicts these words; its backoffs stay."""
    predicts = np.isin(table.ids[:, -1], words)
    return replace(table, log_probs=np.where(predicts, -np.inf, table.log_probs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    names = commands.add_parser("names", help="check names, or list all")
    names.add_argument("names", nargs="*")
    titles = commands.add_parser("titles", help="what systems are called, as TOML")
    titles.add_argument("names", nargs="*")
    against = commands.add_parser("against", help="the system that another is compared with")
    parts = commands.add_parser("parts", help="whether a system has search, adapter, list, phones")
    options = commands.add_parser("options", help="the options of a system")
    options.add_argument("--tuned", type=Path)
    lm = commands.add_parser("lm", help="the language model of a system, if it is another")
    for command in (against, parts, options, lm):
        command.add_argument("name")
    for command in (options, lm):
        command.add_argument("--out", type=Path, required=True)
    lm.add_argument("arpa", type=Path)
    parts.add_argument("options", type=Path)
    arguments = parser.parse_args()
    try:
        _run(arguments)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def _run(arguments: argparse.Namespace) -> None:
    systems = read_systems()
    if arguments.command == "against" and arguments.name == ALL:
        print(BESIDE_ALL)
        return
    of_several = arguments.command in ("names", "titles")
    wanted = arguments.names if of_several else [arguments.name]
    if unknown := [name for name in wanted if name not in systems]:
        remedy = f"give some of {', '.join(systems)}"
        raise InputError("no such system", value=unknown[0], remedy=remedy)
    if arguments.command == "names":
        print(*(wanted or systems), sep="\n")
        return
    if arguments.command == "titles":
        called = {"": TUNED} | {name: systems[name].says for name in wanted or systems}
        print(
            *(f"{json.dumps(name)} = {json.dumps(says)}" for name, says in called.items()), sep="\n"
        )
        return
    system = systems[arguments.name]
    if arguments.command == "against":
        print(system.against)
    elif arguments.command == "parts":
        has_phones = DecodeOptions.read(arguments.options).needs_phones
        has = (system.search, system.adapter, system.list, has_phones)
        print(*(str(part).lower() for part in has))
    elif arguments.command == "options":
        options_of(system, arguments.tuned).write(arguments.out)
    elif system.contexts:
        arguments.out.unlink(missing_ok=True)  # of a system that had another once
    else:
        write_arpa(without_contexts(read_arpa(arguments.arpa)), arguments.out)


if __name__ == "__main__":
    main()
