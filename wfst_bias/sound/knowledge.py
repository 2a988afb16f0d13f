"""What decoding by sound reads from files: the phone table, pronunciations, and confusions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wfst_bias.phones.inventory import fitted, phone_table
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.pronounce import Pronouncer


@dataclass(frozen=True, eq=False)
class PhoneKnowledge:
    """Hold how words are said and which phones are taken for others.

    Attributes:
      pronouncer: says words in the columns of the phone head.
      costs: of hearing one phone for another.
    """

    pronouncer: Pronouncer
    costs: ConfusionCosts

    @property
    def table(self) -> PhoneTable:
        """Return the columns of the phone head."""
        return self.pronouncer.table


@dataclass(frozen=True)
class PhoneFiles:
    """Name the files; None or none for what is built in.

    Attributes:
      phones: the phone table; else the one of `wfst-bias phones`.
      lexicons: pronunciations; each goes before those behind it, and before all else.
      confusions: costs of phone edits, see `ConfusionCosts`; else each costs 1.
    """

    phones: Path | None = None
    lexicons: tuple[Path, ...] = ()
    confusions: Path | None = None

    def read(self) -> PhoneKnowledge:
        """Read the files.

        Raises:
          InputError: a file is missing or broken, files do not belong together, or nothing says
            how words are pronounced.
        """
        table = phone_table() if self.phones is None else PhoneTable.read(self.phones)
        fit = partial(fitted, table=table)
        lexicons = [PhoneLexicon.read(path, fit) for path in self.lexicons]
        if self.confusions is None:
            costs = ConfusionCosts.uniform(table)
        else:
            costs = ConfusionCosts.read(self.confusions, table)
        return PhoneKnowledge(Pronouncer.of(table, lexicons), costs)
