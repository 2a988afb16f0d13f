"""How many variants an entity gets, and how dear they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from wfst_bias.errors import InputError

# Costs beyond this let so much through that lists of thousands no longer fit into memory.
LARGEST_LIMIT_NATS = 8.0


@dataclass(frozen=True)
class G2gOptions:
    """Choose under which further spellings entities are found.

    A variant gains what its entity does, less `variant_nats` and `variant_scale` times the cost of
    the rules that lead to it. One that is made of words which the language model knows costs more,
    the more frequent they are, so that an ordinary word is not taken for a name.
    """

    tables: str | None = field(
        default=None,
        metadata={
            "flag": "g2g",
            "help": "table of rules of which spellings sound alike, data/g2g/english.tsv or your "
            "own; several with commas between them; entities are then also found under variants",
        },
    )
    most_variants: int = field(
        default=5, metadata={"help": "variants of an entity beside its own spelling"}
    )
    most_cost_nats: float = field(
        default=3.0, metadata={"help": "what the rules that lead to a variant cost at most"}
    )
    variant_nats: float = field(
        default=3.0, metadata={"help": "taken off the boost of every variant, in nats"}
    )
    variant_scale: float = field(
        default=1.0, metadata={"help": "weight of the cost of the rules, taken off the boost"}
    )
    known_word_scale: float = field(
        default=1.0,
        metadata={"help": "weight of the frequency of words that a variant equals, taken off too"},
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if isinstance(value, float) and not 0 <= value < math.inf:
                raise InputError(f"{option.name} must be a number of at least 0", value=value)
        if self.most_variants < 0:
            raise InputError("most_variants must be at least 0", value=self.most_variants)
        if self.most_cost_nats > LARGEST_LIMIT_NATS:
            raise InputError(
                f"most_cost_nats must be at most {LARGEST_LIMIT_NATS:g}", value=self.most_cost_nats
            )
        if self.tables is not None and not all(self.files):
            raise InputError("expected names of files in tables", value=self.tables)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files of the tables, none where variants are off."""
        return () if self.tables is None else tuple(f.strip() for f in self.tables.split(","))
