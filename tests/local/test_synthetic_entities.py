"""Entities: how they are read and said, and how they are divided."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic.entities import (
    KNOWN,
    POOL,
    Entity,
    read_entities,
    split_entities,
    spoken_form,
    telling_words,
)
from wfst_bias.errors import InputError

HEADER = "written\tkind\tshort\tuse\n"
ORDINARY = {"green", "lake"}

first_names = st.sampled_from(["Anna", "Jörg", "Lake", "Green", "Le"])
family_names = st.text("abcde", min_size=2, max_size=5).map(str.capitalize)
entities = st.lists(
    st.builds(
        lambda first, family, kind, use: Entity(
            f"{first} {family}" if kind == "person" else family,
            kind,
            family if kind == "person" else "",
            use,
        ),
        first_names,
        family_names,
        st.sampled_from(["person", "place"]),
        st.sampled_from([KNOWN, POOL]),
    ),
    max_size=40,
    unique_by=lambda entity: entity.written,
)


@given(entities, st.integers(0, 9))
def test_no_telling_word_on_two_sides(listed: list[Entity], seed: int) -> None:
    split = split_entities(listed, ORDINARY, random.Random(seed))
    words = {
        side: {word for entity in of_side for word in telling_words(entity, ORDINARY)}
        for side, of_side in vars(split).items()
    }
    for one, other in [*combinations(("train", "dev", "test"), 2), ("train", "distractors")]:
        assert words[one].isdisjoint(words[other])
    assert sorted(e.written for side in vars(split).values() for e in side) == sorted(
        entity.written for entity in listed
    )
    assert all(entity.use == KNOWN for entity in [*split.dev, *split.test])
    assert all(entity.use == POOL for entity in [*split.train, *split.left_out])


@given(entities)
def test_same_split_every_time(listed: list[Entity]) -> None:
    first, second = (split_entities(listed, ORDINARY, random.Random(3)) for _ in range(2))
    assert first == second


def test_shares_hold_where_nothing_is_shared() -> None:
    listed = [
        Entity("Town" + "abcdefghij"[i // 10] + "abcdefghij"[i % 10], "place", "", use)
        for use, numbers in ((KNOWN, range(30)), (POOL, range(30, 70)))
        for i in numbers
    ]
    split = split_entities(listed, (), random.Random(0))
    assert {side: len(of_side) for side, of_side in vars(split).items()} == {
        "train": 20,
        "dev": 10,
        "test": 20,
        "distractors": 20,
        "left_out": 0,
    }


def test_short_names_and_ordinary_words() -> None:
    entity = Entity("Lake Østby", "person", "Ng", KNOWN)
    assert telling_words(entity, ORDINARY) == {"ostby", "lake ostby", "ng"}


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Róża Thun und Hohenstein", "roza thun und hohenstein"),
        ("Saryusz-Wolski", "saryusz wolski"),
        ("L’Aquila", "l'aquila"),
        ("Łódź", "lodz"),
        ("Tromsø Gießen", "tromso giessen"),
        ("Đurđa Ægir", "durda aegir"),
    ],
)
def test_spoken_forms(written: str, spoken: str) -> None:
    assert spoken_form(written) == spoken


@given(st.text("aäłøßđæœ'’- éŠx", min_size=1).filter(lambda text: text.strip("'’- ")))
def test_spoken_form_has_letters_only(text: str) -> None:
    spoken = spoken_form(text)
    assert set(spoken) <= set("abcdefghijklmnopqrstuvwxyz' ")
    assert spoken_form(spoken) == spoken


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "entities.tsv"
    path.write_text(HEADER + "Zoë Baird\tperson\tBaird\tknown\nBrno\tplace\t\tpool\n", "utf-8")
    zoe, brno = read_entities(path)
    assert zoe.spoken_forms == ("zoe baird", "baird")
    assert (brno.forms, brno.use) == (("Brno",), POOL)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("", "1: expected the header"),
        ("name\tkind\n", "1: expected the header"),
        (HEADER + "Brno\tplace\tpool\n", "2: expected 4 columns, found 3"),
        (HEADER + "Brno\tplace\t\tmine\n", "2: expected known or pool: 'mine'"),
        (HEADER + "Брно\tplace\t\tpool\n", "2: cannot be spoken: 'Брно'; write it in Latin"),
        (HEADER + "\tplace\t\tpool\n", "2: a name or kind is empty"),
        (HEADER + "Brno\tplace\t\tpool\nBrno\tplace\t\tknown\n", "3: given before, in line 2"),
    ],
)
def test_faults(tmp_path: Path, lines: str, complaint: str) -> None:
    path = tmp_path / "entities.tsv"
    path.write_text(lines, "utf-8")
    with pytest.raises(InputError) as raised:
        read_entities(path)
    assert str(raised.value).startswith(f"{path}:{complaint}")
