"""Entities spotted by phones: costs by enumeration of all stretches, planted names, rivals."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import N_COLUMNS, TABLE, LogProbs, by_letters, log_probs, saying, viterbi

from wfst_bias.phones.names import Name
from wfst_bias.sound.entity_sounds import EntitySounds
from wfst_bias.sound.options import PhoneSpotOptions
from wfst_bias.sound.spotting import PhoneSpotter

NAMES = st.lists(st.text("abk", min_size=1, max_size=4), min_size=1, max_size=5, unique=True)


def sounds(names: Sequence[str]) -> EntitySounds:
    return EntitySounds.of([(name, [Name(name)]) for name in names], by_letters(), 1)


def spotter(names: Sequence[str], n_entities: int = 1, **options: float) -> PhoneSpotter:
    chosen = PhoneSpotOptions(**{"spot_entities": 10, **options})  # type: ignore[arg-type]
    return PhoneSpotter(sounds(names), n_entities, chosen)


def said(text: str, sure: float = 0.99) -> LogProbs:
    """Return log-probabilities of letters, each followed by a blank; `_` is a blank too."""
    columns = [column for c in text for column in (TABLE.ids.get(c.upper(), 0), 0)]
    return saying(columns, N_COLUMNS, sure)


def spotted(by: PhoneSpotter, text: str) -> set[str]:
    return {entity for spot in by.spots(said(text)) for entity in spot.entities}


def cost_in(phones: Sequence[int], stretch: LogProbs) -> float:
    """Return what phones cost that are all that is said in a stretch, silence aside."""
    return float(stretch.max(axis=1).sum(dtype=float)) - viterbi(phones, stretch)[0]


@given(NAMES, st.integers(1, 9), st.integers(0, 10_000))
def test_costs_are_those_of_the_best_stretch(names, n_frames, seed):
    heard = log_probs(seed, n_frames)
    of = sounds(names)
    stretches = list(itertools.combinations(range(n_frames + 1), 2))
    expected = [min(cost_in(way, heard[b:e]) for b, e in stretches) for way in of.ways]
    found = spotter(names).costs(heard)
    fits = np.isfinite(expected)
    assert found[fits] == pytest.approx(np.array(expected)[fits], abs=1e-3)
    assert (found[~fits] > 1e6).all()


@given(NAMES, st.integers(4, 9), st.integers(0, 10_000))
def test_places_are_where_that_is(names, n_frames, seed):
    heard = log_probs(seed, n_frames)
    of, by = sounds(names), spotter(names)
    rows = np.arange(len(of.ways))[::-1]
    places = by.places(heard, rows)
    assert places.costs.min(axis=0) == pytest.approx(by.costs(heard)[rows], abs=1e-3)
    for i, row in enumerate(rows):
        end = int(places.costs[:, i].argmin())
        stretch = heard[places.begins[end, i] : end + 1]
        if places.costs[end, i] < 1e6:  # it fits
            way = list(of.ways)[row]
            assert cost_in(way, stretch) == pytest.approx(places.costs[end, i], abs=1e-3)


def test_what_is_said_is_spotted_wherever_it_is_and_nothing_else():
    by = spotter(["abka", "bbbb"])
    assert spotted(by, "kk_abka_k") == {"abka"}
    assert spotted(by, "bbbb_abka") == {"abka", "bbbb"}
    assert spotted(by, "____") == set()


def test_equal_phones_need_a_blank_between_them():
    twice, once = saying([1, 0, 1], N_COLUMNS), saying([1, 1, 1], N_COLUMNS)
    doubled = spotter(["aa"])
    assert doubled.costs(twice)[0] == pytest.approx(0)
    assert doubled.costs(once)[0] > 2


def test_a_rival_in_the_same_place_keeps_an_entity_out_and_elsewhere_it_does_not():
    # Of "abkab", three phones are those of "bka", which explains less.
    names = ["abkab", "bka"]
    assert spotted(spotter(names), "abkab") == {"abkab"}
    assert spotted(spotter(names), "abkab__bka") == {"abkab", "bka"}
    assert spotted(spotter(names, spot_margin=100.0), "abkab") == {"abkab", "bka"}
    # Names that sound the same are no rivals of each other.
    same = EntitySounds.of([("Abb", [Name("abb")]), ("ABB", [Name("abb")])], by_letters(), 1)
    by = PhoneSpotter(same, 1, PhoneSpotOptions(spot_entities=1))
    assert spotted(by, "abb") == {"Abb", "ABB"}


def test_the_longer_the_list_the_more_has_to_be_heard():
    # Four phones are worth 14, and the one that is not heard costs some 5.7: 8.3 remain.
    for n_entities, found in ((100, {"abka"}), (10_000, {"abka"}), (100_000, set())):
        assert spotted(spotter(["abka"], n_entities), "abba") == found


def test_a_spot_says_where_and_how_well():
    (spot,) = spotter(["abb"]).spots(said("kabbk"))
    # A letter takes two frames, the last phone ends before its blank.
    assert (spot.entities, spot.said, spot.begin, spot.end) == (("abb",), (1, 2, 2), 2, 7)
    assert spot.score == pytest.approx(3 * 3.5)


def test_only_so_many_are_kept_the_best_first():
    names = ["abk", "abb", "aba"]
    found = spotted(spotter(names, spot_entities=1, spot_margin=100.0), "abk")
    assert found == {"abk"}
    assert len(spotted(spotter(names, spot_entities=2, spot_margin=100.0), "abk")) == 2


def test_of_nothing_nothing_is_spotted():
    assert spotted(spotter(["a"]), "") == frozenset()
    assert spotted(spotter([]), "abk") == frozenset()


def test_impossible_phones_cost_no_more_than_the_lowest():
    heard = said("abk")
    heard[:, 2] = -np.inf
    assert np.isfinite(spotter(["abk"]).costs(heard)).all()
    assert spotter(["abk"]).costs(heard)[0] == pytest.approx(100, abs=6)
