"""Which options are searched, between which values."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.errors import InputError
from wfst_bias.graph.scales import Scales
from wfst_bias.tune.space import (
    RANGES,
    Range,
    built_in_ranges,
    fixed_values,
    numeric_options,
    search_space,
    value_of,
    with_values,
)

START = DecodeOptions()


def test_every_number_among_the_options_is_known() -> None:
    expected = {f"{s}.{o}" for s, own in asdict(START).items() for o in own} - {"g2g.tables"}
    assert numeric_options().keys() == expected
    assert numeric_options()["search.max_active_states"]
    assert not numeric_options()["search.blank_threshold"]


def test_ranges_are_of_options_and_hold_their_defaults() -> None:
    sections = asdict(START).keys()
    known = {name for name in RANGES if name.split(".")[0] in sections}
    assert built_in_ranges().keys() == known <= numeric_options().keys()
    assert all(value_of(START, name) in ends for name, ends in built_in_ranges().items())


def test_what_is_searched_by_default() -> None:
    space = search_space((), START)
    assert {"scales.lm_scale", "boost.per_word_nats"} <= space.keys()
    assert not [name for name in space if name.startswith(("search.", "output."))]


def test_a_section_an_option_and_a_range() -> None:
    wanted = ("scales", "scales.lm_scale=0.25:1", "search.search_beam", "output")[:3]
    space = search_space(wanted, START)
    scales = {f"scales.{name}" for name in asdict(START.scales)}
    assert space.keys() == scales | {"search.search_beam"}
    assert space["scales.lm_scale"] == Range(0.25, 1.0)
    whole = search_space(("search.min_active_states=1:30",), START)
    assert whole == {"search.min_active_states": Range(1, 30, is_whole=True)}


def test_what_is_fixed_is_not_searched() -> None:
    assert "boost.size_scale" not in search_space(("boost",), START, ["boost.size_scale"])
    assert fixed_values(["boost.size_scale=1.5", "output.n_best=3"]) == {
        "boost.size_scale": 1.5,
        "output.n_best": 3,
    }


def test_a_built_in_range_is_widened_to_the_start_and_a_given_one_is_not() -> None:
    start = replace(START, scales=Scales(lm_scale=9.0))
    assert search_space(("scales",), start)["scales.lm_scale"].high == 9.0
    assert search_space(("scales.lm_scale=0:1",), start)["scales.lm_scale"].high == 1.0


@given(st.floats(-100, 100), st.floats(0.001, 100), st.floats(0, 1))
def test_rounding_stays_near_and_in_range(low: float, width: float, share: float) -> None:
    ends = Range(low, low + width)
    value = min(low + share * width, ends.high)
    rounded = ends.rounded(value)
    assert rounded in ends
    assert rounded == pytest.approx(value, rel=1e-3)
    assert ends.rounded(rounded) == rounded


@given(st.dictionaries(st.sampled_from(sorted(built_in_ranges())), st.floats(0, 1), min_size=1))
def test_values_are_set_and_nothing_else_is(shares: dict[str, float]) -> None:
    ranges = built_in_ranges()
    values = {
        name: ranges[name].rounded(
            ranges[name].low + share * (ranges[name].high - ranges[name].low)
        )
        for name, share in shares.items()
    }
    options = with_values(START, values)
    for name in numeric_options():
        assert value_of(options, name) == values.get(name, value_of(START, name))
    back = {name: value_of(START, name) for name in values}
    assert with_values(options, back) == START


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale", "expected SECTION, SECTION.OPTION"),
        ("scales.", "expected SECTION, SECTION.OPTION"),
        ("scales.none", "expected SECTION, SECTION.OPTION"),
        ("scales=0:1", "expected SECTION, SECTION.OPTION"),
        ("", "expected SECTION, SECTION.OPTION"),
        ("output", "expected SECTION, SECTION.OPTION"),
        ("output.n_best=1:9", "expected SECTION, SECTION.OPTION"),
        ("scales.lm_scale=", "expected SECTION.OPTION=LOW:HIGH"),
        ("scales.lm_scale=1", "expected SECTION.OPTION=LOW:HIGH"),
        ("scales.lm_scale=a:1", "expected a number, found 'a'"),
        ("scales.lm_scale=0:inf", "expected a number, found 'inf'"),
        ("scales.lm_scale=0:nan", "expected a number, found 'nan'"),
        ("scales.lm_scale=1:1", "expected LOW below HIGH"),
        ("scales.lm_scale=2:1", "expected LOW below HIGH"),
        ("search.max_active_states=10.5:20", "expected a whole number, found '10.5'"),
        ("search.min_active_states", "no range is built in"),
        ("scales.lm_scale=-1:1", "cannot be searched, lm_scale must not be negative"),
        ("boost.least_confidence=0:2", "cannot be searched, least_confidence must lie"),
    ],
)
def test_searches_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        search_space((text,), START)


def test_an_option_without_a_value_cannot_be_searched() -> None:
    start = replace(START, search=SearchOptions(blank_threshold=None))
    assert search_space(("search",), start)
    with pytest.raises(InputError, match="without a value to start from"):
        search_space(("search.blank_threshold=0.5:0.9",), start)


def test_nothing_to_search_and_fixed_and_searched() -> None:
    with pytest.raises(InputError, match=r"both fixed and searched: 'scales\.lm_scale'"):
        search_space(("scales.lm_scale=0:1",), START, ["scales.lm_scale"])
    with pytest.raises(InputError, match="no option is left"):
        search_space(("scales",), START, [f"scales.{name}" for name in asdict(START.scales)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lm_scale=1", "expected SECTION.OPTION=VALUE"),
        ("scales.lm_scale", "expected a number, found ''"),
        ("scales.lm_scale=big", "expected a number, found 'big'"),
        ("output.n_best=1.5", "expected a whole number, found '1.5'"),
    ],
)
def test_values_that_cannot_be_fixed(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fixed_values([text])
