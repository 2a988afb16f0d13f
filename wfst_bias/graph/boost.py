"""The score of an entity for which its list declares none."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from wfst_bias.errors import InputError

# Entities in a list from which on each has to give up some of its boost.
LONG_LIST = 100

# Unigram log-probability, in nats, below which a word is no rival: one in 160,000.
RARE_LOG_PROB = -12.0


@dataclass(frozen=True)
class BoostOptions:
    """Choose the score of entities for which the list declares none.

    A word of an entity gets a fixed boost, short words a part of it, since a few sounds are soon
    found by accident; what is misheard grows little with the length of a word. In a long list it
    owes of that the logarithm of the number it was drawn from, as in any class language model, and
    of the whole what a frequent word one letter away would be worth in its place. A boost that is
    large enough for names misheard in clear speech finds names in unclear speech that nobody said;
    hardly any of their letters is heard, so what is not heard with `least_confidence` is not
    written, unless the same piece of speech has the entity in another place.
    """

    per_word_nats: float = field(
        default=19.3, metadata={"help": "boost of an entity without a score, per word, in nats"}
    )
    per_letter_nats: float = field(
        default=0.3, metadata={"help": "boost of an entity without a score, per letter, in nats"}
    )
    whole_letters: float = field(
        default=4.0,
        metadata={"help": "letters from which a word gets its boost whole, shorter ones a share"},
    )
    size_scale: float = field(
        default=2.0,
        metadata={"help": "taken off the boost times the log of the list's size over 100"},
    )
    rival_scale: float = field(
        default=3.0,
        metadata={"help": "weight of the frequency of a word one letter away, taken off the boost"},
    )
    least_confidence: float = field(
        default=0.08,
        metadata={
            "help": "an entity without a score is written only where heard as surely as this"
        },
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if not math.isfinite(value):
                raise InputError(f"{option.name} must be a finite number", value=value)
        if self.whole_letters <= 0:
            raise InputError("whole_letters must be positive", value=self.whole_letters)
        if not 0 <= self.least_confidence <= 1:
            raise InputError(
                "least_confidence must lie between 0 and 1", value=self.least_confidence
            )

    def default_boost(self, form: str, rival_log_prob: float, n_entities: int) -> float:
        """Return the score in nats of a form, at least 0.

        Args:
          form: the normalized form.
          rival_log_prob: log-probability of the most frequent word that it is easily taken for.
          n_entities: the size of the list.
        """
        lengths = [len(word) for word in form.split()]
        whole = sum(min(1.0, length / self.whole_letters) for length in lengths)
        crowd = math.log(max(1.0, n_entities / LONG_LIST))
        rivalry = max(0.0, rival_log_prob - RARE_LOG_PROB)
        boost = (
            (self.per_word_nats - self.size_scale * crowd) * whole
            + self.per_letter_nats * sum(lengths)
            - self.rival_scale * rivalry
        )
        return max(0.0, boost)
