"""Which segments of a corpus are kept, as options of its command."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from wfst_bias.errors import InputError


@dataclass(frozen=True)
class SelectionOptions:
    """Choose which segments are kept; all lengths in seconds."""

    min_seconds: float = field(default=1.0, metadata={"help": "shorter utterances are left out"})
    max_seconds: float = field(default=30.0, metadata={"help": "longer ones are left out"})
    join_below_seconds: float = field(
        default=1.0, metadata={"help": "shorter segments are joined with what follows"}
    )
    max_gap_seconds: float = field(
        default=0.5, metadata={"help": "longest pause between segments that are joined"}
    )
    overlap_seconds: float = field(
        default=0.1, metadata={"help": "by which two segments may overlap"}
    )
    overshoot_seconds: float = field(
        default=0.5, metadata={"help": "past the end of the recording, cut off in silence"}
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            if not getattr(self, option.name) >= 0:
                value = getattr(self, option.name)
                raise InputError(f"{option.name} must not be negative", value=value)
        if not self.min_seconds < self.max_seconds:
            raise InputError("min_seconds must be below max_seconds", value=self.min_seconds)
