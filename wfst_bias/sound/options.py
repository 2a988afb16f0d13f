"""What sound has a say in, and how much: all three techniques are off by default."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from wfst_bias.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Entities in a list from which on more of it is heard by accident.
LONG_LIST = 100


@dataclass(frozen=True)
class PhoneRescoreOptions:
    """Choose how the n best texts are rescored by phones; with a scale of 0 they are not.

    A text loses `phone_scale` times the cost of its alignment over the number of its phones to the
    power of `phone_power`: 1 makes it the cost per phone, 0 the whole cost. Apart from that, an
    entity without a score is not written where its phones cost more than `phone_limit` each.
    """

    phone_scale: float = field(
        default=0.0,
        metadata={"help": "weight of what a text's phones cost, aligned with those heard; 0: none"},
    )
    phone_power: float = field(
        default=1.0,
        metadata={"help": "that cost is per phone at 1, of the whole text at 0, or in between"},
    )
    phone_texts: int = field(
        default=10, metadata={"help": "best texts of an utterance that phones rescore"}
    )
    phone_limit: float | None = field(
        default=None,
        metadata={
            "help": "nats for each of its phones by which an entity may be less probable than what "
            "was heard there; beyond that it is not written"
        },
    )

    def __post_init__(self) -> None:
        _check_finite(self)
        if self.phone_scale < 0:
            raise InputError("phone_scale must not be negative", value=self.phone_scale)
        if not 0 <= self.phone_power <= 1:
            raise InputError("phone_power must lie between 0 and 1", value=self.phone_power)
        if self.phone_texts < 1:
            raise InputError("phone_texts must be at least 1", value=self.phone_texts)
        if self.phone_limit is not None and self.phone_limit < 0:
            raise InputError("phone_limit must not be negative", value=self.phone_limit)

    @property
    def is_on(self) -> bool:
        """Say whether texts are rescored."""
        return self.phone_scale > 0

    def forbids(self, nats_per_phone: float) -> bool:
        """Say whether an entity whose phones cost so much is not to be written."""
        return self.phone_limit is not None and nats_per_phone > self.phone_limit

    def loss(self, cost_nats: float, n_phones: int) -> float:
        """Return what a text loses by the cost of its alignment, in nats."""
        per: float = max(n_phones, 1) ** self.phone_power
        return self.phone_scale * cost_nats / per


@dataclass(frozen=True)
class PhoneSpotOptions:
    """Choose which entities of a list an utterance is decoded with; with 0 it is all of them.

    An entity scores `spot_phone_nats` for each of its phones less what they cost where they are
    heard best. Those of a list of N have to reach `spot_size_nats` times the logarithm of N over
    100, or 0 if that is more.
    """

    spot_entities: int = field(
        default=0,
        metadata={
            "help": "most entities of a list that an utterance is decoded with, those whose phones "
            "were heard best; 0: all"
        },
    )
    spot_phone_nats: float = field(
        default=3.5,
        metadata={"help": "what each phone of an entity is worth, against what it costs"},
    )
    spot_size_nats: float = field(
        default=1.25,
        metadata={
            "help": "an entity is worth at least this times the log of the list's size over 100"
        },
    )
    spot_margin: float = field(
        default=1.0,
        metadata={"help": "nats by which another may be worth more where an entity was heard"},
    )

    def __post_init__(self) -> None:
        _check_finite(self)
        _check_at_least_0(self, *(option.name for option in fields(self)))

    @property
    def is_on(self) -> bool:
        """Say whether lists are shortened."""
        return self.spot_entities > 0

    def least_score(self, n_entities: int) -> float:
        """Return what an entity of a list of this size has to be worth."""
        return self.spot_size_nats * math.log(max(1.0, n_entities / LONG_LIST))


@dataclass(frozen=True)
class LexiconLookupOptions:
    """Choose when words are replaced by the entity they sound like; with 0 words none are.

    Costs are of phone edits, 1 for a phone more, less or another, or what a table of confusions
    says; they choose the candidates. What a whole text loses by one, in nats, decides.
    """

    lookup_words: int = field(
        default=0,
        metadata={"help": "most words in a row replaced by an entity that sounds so; 0: none"},
    )
    lookup_cost: float = field(
        default=0.0,
        metadata={"help": "edits per phone by which an entity may differ from what was heard"},
    )
    lookup_nats: float = field(
        default=4.0,
        metadata={"help": "nats that the phones may find the entity less probable than the words"},
    )
    lookup_margin: float = field(
        default=10.0,
        metadata={"help": "nats that they must find it more probable than words that are not rare"},
    )
    lookup_spot_nats: float = field(
        default=15.0,
        metadata={"help": "score from which a spotted entity is tried in the place it was heard"},
    )
    lookup_rare_nats: float = field(
        default=-12.0,
        metadata={"help": "words that the language model finds less probable, in nats, are rare"},
    )
    lookup_phones: int = field(
        default=4, metadata={"help": "fewest phones of an entity that is looked up"}
    )

    def __post_init__(self) -> None:
        _check_finite(self)
        _check_at_least_0(self, "lookup_words", "lookup_nats", "lookup_margin")
        if self.lookup_phones < 1:
            raise InputError("lookup_phones must be at least 1", value=self.lookup_phones)
        if not 0 <= self.lookup_cost < 1:
            raise InputError(
                "lookup_cost must be at least 0 and less than 1", value=self.lookup_cost
            )

    @property
    def is_on(self) -> bool:
        """Say whether words are looked up."""
        return self.lookup_words > 0


def _check_at_least_0(options: DataclassInstance, *names: str) -> None:
    for name in names:
        if getattr(options, name) < 0:
            raise InputError(f"{name} must be at least 0", value=getattr(options, name))


def _check_finite(options: DataclassInstance) -> None:
    for option in fields(options):
        value = getattr(options, option.name)
        if value is not None and not math.isfinite(value):
            raise InputError(f"{option.name} must be a finite number", value=value)
