"""All options of decoding, as one value and as a TOML file."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.scales import Scales
from wfst_bias.sound.options import (
    LexiconLookupOptions,
    PhoneRescoreOptions,
    PhoneSpotOptions,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class OutputOptions:
    """Choose what comes out and how the work is divided."""

    n_best: int = field(default=5, metadata={"help": "hypotheses in the n-best list"})
    frame_shift_ms: float = field(
        default=20.0, metadata={"help": "time from one frame to the next, in milliseconds"}
    )
    longest_piece: int = field(
        default=1500,
        metadata={"help": "frames; longer utterances are cut in pauses and joined afterwards"},
    )
    batch_size: int = field(default=16, metadata={"help": "utterances searched at once"})

    def __post_init__(self) -> None:
        for name, least in (("n_best", 1), ("longest_piece", 50), ("batch_size", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}", value=getattr(self, name))
        if not self.frame_shift_ms > 0:
            raise InputError("frame_shift_ms must be positive", value=self.frame_shift_ms)


@dataclass(frozen=True)
class DecodeOptions:
    """Gather the options of decoding; each section is a table of the TOML file."""

    scales: Scales = field(default_factory=Scales)
    boost: BoostOptions = field(default_factory=BoostOptions)
    g2g: G2gOptions = field(default_factory=G2gOptions)
    adaptive: AdaptiveOptions = field(default_factory=AdaptiveOptions)
    search: SearchOptions = field(default_factory=SearchOptions)
    output: OutputOptions = field(default_factory=OutputOptions)
    phone_spot: PhoneSpotOptions = field(default_factory=PhoneSpotOptions)
    phone_rescore: PhoneRescoreOptions = field(default_factory=PhoneRescoreOptions)
    lexicon_lookup: LexiconLookupOptions = field(default_factory=LexiconLookupOptions)

    @property
    def needs_phones(self) -> bool:
        """Say whether decoding needs phone log-probabilities."""
        has_limit = self.phone_rescore.phone_limit is not None
        techniques = (self.phone_spot, self.phone_rescore, self.lexicon_lookup)
        return has_limit or any(technique.is_on for technique in techniques)

    def without_phones(self) -> DecodeOptions:
        """Return the same without what needs phone log-probabilities."""
        return replace(
            self,
            phone_spot=PhoneSpotOptions(),
            phone_rescore=PhoneRescoreOptions(),
            lexicon_lookup=LexiconLookupOptions(),
        )

    @classmethod
    def read(cls, path: Path | str) -> DecodeOptions:
        """Read options from a TOML file; what it leaves out keeps its default.

        Raises:
          InputError: not TOML, an unknown table or key, or a value of the wrong type or range.
        """
        try:
            tables = tomllib.loads("\n".join(read_lines(path)))
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"not TOML ({error})", path=path) from error
        sections = {f.name: f.default_factory for f in fields(cls)}
        unknown = set(tables) - set(sections)
        if unknown:
            raise InputError(
                f"expected the tables {', '.join(sections)}", path=path, value=min(unknown)
            )
        made = {name: _section(kind, tables.get(name, {}), name, path)
                for name, kind in sections.items()}  # fmt: skip
        return cls(**made)

    def write(self, path: Path | str) -> None:
        """Write all options as TOML, atomically; None is left out."""
        blocks = []
        for name, values in asdict(self).items():
            lines = [f"{key} = {_toml(v)}" for key, v in values.items() if v is not None]
            blocks.append("\n".join([f"[{name}]", *lines]))
        write_text(path, "\n\n".join(blocks) + "\n")


def _section(kind: Any, values: Any, name: str, path: Path | str) -> Any:
    if not isinstance(values, dict):
        raise InputError(f"expected a table [{name}]", path=path, value=values)
    known = get_type_hints(kind)
    for key, value in values.items():
        if key not in known:
            raise InputError(f"unknown option in [{name}]", path=path, value=key)
        _check_type(f"{name}.{key}", value, known[key], path)
    try:
        return kind(**values)
    except InputError as error:
        raise InputError(f"[{name}] {error}", path=path) from error


def _toml(value: object) -> str:
    """Return a number or text as TOML has it; its texts escape as those of JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _check_type(name: str, value: object, kind: object, path: Path | str) -> None:
    if kind == str | None:
        fits, expected = isinstance(value, str), "a text"
    elif kind is int:
        fits, expected = isinstance(value, int), "a whole number"
    else:
        fits, expected = isinstance(value, int | float), "a number"
    if isinstance(value, bool) or not fits:
        raise InputError(f"{name} must be {expected}", path=path, value=value)
