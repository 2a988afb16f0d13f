"""A new list on a lattice, against all ways to read its words as entities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from factories import CHARACTERS, token_table
from hypothesis import given, settings
from hypothesis import strategies as st
from small_lattices import SYMBOLS, best_texts, lattices, new_list, paths

from wfst_bias.decode.lattice_files import INNER_MARK
from wfst_bias.entities.entity_list import EntityList, entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.compiled_list import load_variants
from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.new_list import boost

TOKENS = token_table(CHARACTERS)
NORMALIZER = Normalizer(TOKENS)
WEIGHTS = Weights(1.0, 0.5)
FORMS = st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3).map(" ".join)
LISTS = st.dictionaries(FORMS, st.floats(0, 6, width=16), max_size=4)


def entities_of(boosts: dict[str, float]) -> EntityList:
    lines = [f"{form} :{score} @N{n} {form}" for n, (form, score) in enumerate(boosts.items())]
    return entities_from_strings(lines, NORMALIZER, "sherpa")


def chunks(written: list[str]) -> list[tuple[str, str, bool]]:
    """Return what is one word or entity: its letters, its text, whether it begins as one."""
    found: list[tuple[str, str, bool]] = []
    for symbol in written:
        if symbol.startswith(INNER_MARK):
            letters, text, begins = found.pop() if found else ("", "", False)
            inner = symbol.removeprefix(INNER_MARK)
            found.append((letters + inner, text + inner, begins))
        else:
            text = symbol.replace("▁", " ").strip()
            found.append((NORMALIZER.normalize(text).form, text, True))
    return found


def readings(
    rest: list[tuple[str, str, bool]], boosts: dict[str, float], names: dict[str, str]
) -> dict[str, float]:
    """Return every text that chunks can be read as, and what it gains at best."""
    if not rest:
        return {"": 0.0}
    best: dict[str, float] = {}
    for length in range(1, len(rest) + 1):
        form = " ".join(letters for letters, _, _ in rest[:length])
        begun = all(begins for _, _, begins in rest[:length])
        options = [(names[form], boosts[form])] if begun and form in boosts else []
        options += [(rest[0][1], 0.0)] if length == 1 else []
        for text, gain in options:
            for following, more in readings(rest[length:], boosts, names).items():
                whole = " ".join(f"{text} {following}".split())
                best[whole] = max(gain + more, best.get(whole, -np.inf))
    return best


@settings(max_examples=200)
@given(lattices(silent=False), LISTS)
def test_every_way_to_read_entities_is_there(arcs: LatticeArcs, boosts: dict[str, float]) -> None:
    entities = new_list(entities_of(boosts))
    names = {form: f"N{n} {form}" for n, form in enumerate(boosts)}
    score = WEIGHTS.total(arcs)
    expected: dict[str, float] = {}
    for path in paths(arcs):
        written = [SYMBOLS[w] for w in arcs.written[list(path.arcs)] if w > 0]
        total = float(score[list(path.arcs)].sum())
        for text, gain in readings(chunks(written), boosts, names).items():
            expected[text] = max(total + gain, expected.get(text, -np.inf))
    found = boost(arcs, entities)
    assert best_texts(found, WEIGHTS.total(found), entities.symbols) == pytest.approx(expected)


@given(lattices(silent=False))
def test_an_empty_list_changes_nothing(arcs: LatticeArcs) -> None:
    found = boost(arcs, new_list(entities_of({})))
    score = WEIGHTS.total(arcs)
    assert best_texts(found, WEIGHTS.total(found)) == pytest.approx(best_texts(arcs, score))


@given(lattices(silent=False), LISTS)
def test_the_model_is_asked_what_it_was(arcs: LatticeArcs, boosts: dict[str, float]) -> None:
    entities = new_list(entities_of(boosts))
    found = boost(arcs, entities)
    asked = {path.asked for path in paths(found, entities.symbols)}
    assert asked == {path.asked for path in paths(arcs)}


def test_scores_are_those_of_decoding() -> None:
    options = BoostOptions()
    entities = entities_from_strings(["ab", "ba :3", "bb :-2"], NORMALIZER, "sherpa")
    unigrams = [("aab", -2.0)]
    found = new_list(entities, options, unigrams)
    scores = {found.symbols[number]: score for number, score in found.forms.ends.values()}
    assert scores == {"ab": options.default_boost("ab", -2.0, 3), "ba": 3.0}
    assert found.penalties.of(["a", "bb"]) == -2.0
    assert found.symbols[: len(SYMBOLS)] == SYMBOLS


def test_variants_are_other_ways_to_read_an_entity(tmp_path: Path) -> None:
    rules = tmp_path / "rules.tsv"
    rules.write_text("a\tb\t0.5\tx\n")
    variants = load_variants(G2gOptions(str(rules), variant_nats=1.0), TOKENS)
    entities = entities_from_strings(["aa :6 @Ann", "bb :2 @Bob"], NORMALIZER, "sherpa")
    found = new_list(entities, variants=variants)
    ends = {form: found.forms.ends[found.forms.walk(0, form) or 0] for form in ("aa", "ba", "bb")}
    read = {form: (found.symbols[number], nats) for form, (number, nats) in ends.items()}
    # What is itself a name of the list is no variant of another.
    assert read == {"aa": ("Ann", 6.0), "ba": ("Ann", 4.5), "bb": ("Bob", 2.0)}
