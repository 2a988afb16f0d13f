"""Which options are searched, and between which values.

RANGES         where an option is searched unless a range is given
search_space   what `--search` asks for
fixed_values   what `--fix` asks for
with_values    options with some values in place of their own
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError

Values = Mapping[str, float]  # by `section.option`

RANGES: dict[str, tuple[float, float]] = {
    "scales.lm_scale": (0.0, 1.5),
    "scales.spelling_nats": (-1.5, 0.5),
    "scales.class_nats": (-10.0, 0.0),
    "scales.word_nats": (-2.0, 6.0),
    "boost.per_word_nats": (0.0, 30.0),
    "boost.per_letter_nats": (0.0, 2.0),
    "boost.whole_letters": (1.0, 8.0),
    "boost.size_scale": (0.0, 4.0),
    "boost.rival_scale": (0.0, 6.0),
    "boost.least_confidence": (0.0, 0.5),
    "g2g.most_variants": (0, 12),
    "g2g.most_cost_nats": (1.0, 5.0),
    "g2g.variant_nats": (0.0, 6.0),
    "g2g.variant_scale": (0.0, 3.0),
    "g2g.known_word_scale": (0.0, 4.0),
    "adaptive.gap_scale": (0.0, 1.0),
    "adaptive.most_nats": (0.0, 8.0),
    "adaptive.best_tokens": (1, 12),
    "adaptive.least_log_prob": (-16.0, -3.0),
    "phone_spot.spot_entities": (0, 200),
    "phone_spot.spot_phone_nats": (1.0, 6.0),
    "phone_spot.spot_size_nats": (0.0, 4.0),
    "phone_spot.spot_margin": (0.0, 10.0),
    "phone_rescore.phone_scale": (0.0, 100.0),
    "phone_rescore.phone_power": (0.0, 1.0),
    "lexicon_lookup.lookup_words": (0, 4),
    "lexicon_lookup.lookup_cost": (0.0, 0.5),
    "lexicon_lookup.lookup_nats": (0.0, 12.0),
    "lexicon_lookup.lookup_margin": (0.0, 30.0),
    "lexicon_lookup.lookup_spot_nats": (0.0, 40.0),
    "lexicon_lookup.lookup_rare_nats": (-16.0, -6.0),
    "lexicon_lookup.lookup_phones": (2, 8),
    "search.search_beam": (6.0, 20.0),
    "search.output_beam": (2.0, 12.0),
    "search.max_active_states": (1000, 30000),
}
# Wider beams make fewer errors and take longer, which no error count shows: only where asked for.
SEARCHED_BY_DEFAULT = ("scales", "boost", "adaptive")
NOT_SEARCHED = "output"  # what comes out does not get better by it

SIGNIFICANT_DIGITS = 4  # of a value that is tried


@dataclass(frozen=True)
class Range:
    """Bound an option; both ends belong to it."""

    low: float
    high: float
    is_whole: bool = False

    def including(self, value: float) -> Range:
        """Return the range, widened to hold a value."""
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def rounded(self, value: float) -> float:
        """Return a value that can be written down, in the range."""
        if self.is_whole:
            return round(value)
        return min(max(float(f"{value:.{SIGNIFICANT_DIGITS}g}"), self.low), self.high)


Space = Mapping[str, Range]


def numeric_options() -> dict[str, bool]:
    """Return all options that are numbers, and whether they are whole, by `section.option`."""
    found: dict[str, bool] = {}
    for section, kind in get_type_hints(DecodeOptions).items():
        hints = get_type_hints(kind)
        for option in fields(kind):
            if hints[option.name] in (int, float, float | None):
                found[f"{section}.{option.name}"] = hints[option.name] is int
    return found


def built_in_ranges() -> dict[str, Range]:
    """Return RANGES of the options that there are."""
    known = numeric_options()
    return {name: Range(*ends, known[name]) for name, ends in RANGES.items() if name in known}


def search_space(
    wanted: Sequence[str], start: DecodeOptions, fixed: Collection[str] = ()
) -> dict[str, Range]:
    """Return the options to search.

    A range that is built in is widened to hold where the search starts; one that is given is not.

    Args:
      wanted: `SECTION`, `SECTION.OPTION` or `SECTION.OPTION=LOW:HIGH` each; the last one for an
        option counts. None for what is searched by default.
      start: where the search starts.
      fixed: the options that are not searched.

    Raises:
      InputError: an option that does not exist or cannot be searched, or a range that is none.
    """
    built_in = {
        name: ends.including(value_of(start, name)) if is_number(start, name) else ends
        for name, ends in built_in_ranges().items()
    }
    space: dict[str, Range] = {}
    for text in wanted or SEARCHED_BY_DEFAULT:
        space |= _asked_for(text, built_in, is_default=not wanted)
    for name in fixed:
        if name in space and name in {text.partition("=")[0] for text in wanted}:
            raise InputError("an option both fixed and searched", value=name)
        space.pop(name, None)
    if not space:
        raise InputError("no option is left to search", value=" ".join(wanted) or None)
    for name, ends in space.items():
        _check(name, ends, start)
    return space


def fixed_values(wanted: Iterable[str]) -> dict[str, float]:
    """Return values by option, each asked for as `SECTION.OPTION=VALUE`.

    Raises:
      InputError: an option that does not exist, or a value that is no number.
    """
    known = numeric_options()
    found: dict[str, float] = {}
    for text in wanted:
        name, _, value = text.partition("=")
        if name not in known:
            raise _unknown(text, "SECTION.OPTION=VALUE", known)
        found[name] = _number(value, known[name], text)
    return found


def with_values(options: DecodeOptions, values: Values) -> DecodeOptions:
    """Return options with these values.

    Raises:
      InputError: a value that its option cannot have.
    """
    changed: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        section, option = name.split(".")
        changed.setdefault(section, {})[option] = value
    sections: dict[str, Any] = {
        section: replace(getattr(options, section), **own) for section, own in changed.items()
    }
    return replace(options, **sections)


def value_of(options: DecodeOptions, name: str) -> float:
    """Return the value of an option, by `section.option`."""
    section, option = name.split(".")
    value: float = getattr(getattr(options, section), option)
    return value


def is_number(options: DecodeOptions, name: str) -> bool:
    """Say whether an option has a value."""
    return value_of(options, name) is not None


def _asked_for(text: str, built_in: Space, *, is_default: bool) -> dict[str, Range]:
    """Return the ranges that one `--search` asks for."""
    name, equals, ends = text.partition("=")
    known = {n: whole for n, whole in numeric_options().items() if not _is_in(n, NOT_SEARCHED)}
    of_section = {n: own for n, own in built_in.items() if _is_in(n, name)}
    if not equals and (of_section or is_default):
        return of_section
    if name not in known:
        raise _unknown(text, "SECTION, SECTION.OPTION or SECTION.OPTION=LOW:HIGH", known)
    if equals:
        return {name: _parse_range(ends, known[name], text)}
    if name not in built_in:
        raise InputError("no range is built in", value=name, remedy=f"give one: {name}=LOW:HIGH")
    return {name: built_in[name]}


def _is_in(name: str, section: str) -> bool:
    return name.split(".")[0] == section


def _parse_range(ends: str, is_whole: bool, text: str) -> Range:
    low, colon, high = ends.partition(":")
    if not colon:
        raise InputError("expected SECTION.OPTION=LOW:HIGH", value=text)
    found = Range(_number(low, is_whole, text), _number(high, is_whole, text), is_whole)
    if not found.low < found.high:
        raise InputError("expected LOW below HIGH", value=text, remedy="--fix takes one value")
    return found


def _number(value: str, is_whole: bool, text: str) -> float:
    try:
        number = int(value) if is_whole else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        expected = "a whole number" if is_whole else "a number"
        raise InputError(f"expected {expected}, found {value!r}", value=text)
    return number


def _check(name: str, ends: Range, start: DecodeOptions) -> None:
    if not is_number(start, name):
        raise InputError("an option without a value to start from", value=name)
    for end in (ends.low, ends.high):
        try:
            with_values(start, {name: end})
        except InputError as error:
            shown = f"{name}={ends.low:g}:{ends.high:g}"
            raise InputError(f"cannot be searched, {error}", value=shown) from error


def _unknown(text: str, expected: str, known: Iterable[str]) -> InputError:
    return InputError(f"expected {expected}", value=text, remedy=f"options: {', '.join(known)}")
