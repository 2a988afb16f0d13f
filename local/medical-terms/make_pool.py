"""Make the `pool` lines of entities.tsv again: further drugs, diseases and procedures.

    python -m local.medical-terms.make_pool [--entities local/medical-terms/entities.tsv]

The `known` lines of the file stay as they are. Needs, besides this package,
`pip install --no-deps cellxgene-ontology-guide==1.11.1 drug-named-entity-recognition==2.0.9
zstandard==0.25.0`. The same versions and templates give the same file.
"""

from __future__ import annotations

import argparse
import bz2
import importlib.util
import json
import pickle
import random
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import astuple
from itertools import product
from pathlib import Path

from local.synthetic.entities import COLUMNS, KNOWN, POOL, Entity, read_entities, spoken_form
from local.synthetic.grammar import Grammar
from wfst_bias.errors import InputError

HERE = Path(__file__).resolve().parent
SEED = 11
KINDS = ("drug", "disease", "procedure")
N_OF_KIND = {"drug": 3_500, "disease": 2_700, "procedure": 800}
# Of names that are alike, so that none of the families rules the list.
MOST_OF_FAMILY = {"drug": 320, "disease": 50, "procedure": 120}
LONGEST_LETTERS = {"drug": 17, "disease": 34, "procedure": 26}
LONGEST_WORDS = 3
MOST_HYPHENS = 2

DRUGS = ("drug_named_entity_recognition", "drug_ner_dictionary.pkl.bz2")
DISEASES = ("cellxgene_ontology_guide", "data/MONDO-ontology-v2026-05-05.json.zst")

# Endings of medicines; most are stems of international non-proprietary names.
DRUG_ENDINGS = (
    "mab nib tug vir cillin mycin micin cin oxacin azole dazole olol pril sartan statin stat"
    " dipine pam lam caine curium onium ium rin gliptin flozin glutide tide platin rubicin taxel"
    " trexate trexed triptan setron lukast ast fenac profen fen oxicam cam coxib xib barbital"
    " bital bamate thiazide semide oxetine tyline pramine azine idone ridol perone mustine"
    " citabine bine stim grel xaban gatran cept kinra sone lone onide terol tropium phylline"
    " astine adine idine amine amide dil zosin brate phan phine codone nal quine quin antel ectin"
    " fungin bactam penem cef cycline mide zomib degib parib lisib sertib siran sen tan entan ant"
    " mod ciclib tib fenib ren ran til tril tadine ridine pine zine nidine mer cog relin relix"
    " morelin tocin pressin gene zone trel triol calcet ine ide tat lin nol ban gin mol lix tus"
    " mus cel dol tam din sulfan bicin dronate dronic oxan oxin tal tin rol lol ole one ene"
)
# What animals have, and words of classification that nobody would say.
NO_DISEASE_WORDS = (
    "canine chicken feline bovine equine porcine avian poultry rodent sheep goat dog cat cattle"
    " horse swine fish monkey animal non obsolete vs related gene susceptibility susceptibilities"
    " associated other unspecified type due inherited characteristic disposition material somatic"
    " experimental without with of and or to in by the not human sleep-wake positive negative gram"
    " mixed normal abnormal partial total left right"
)
# Stems of parts of the body, and endings of what is done to them.
STEMS = (
    "aden angi aort appendic arteri arthr atri balan bronch burs caec cardi cervic cholangi"
    " cholecyst choledoch chondr choroid col colp condyl cost crani cyst dacryocyst dermat disc"
    " diverticul duoden encephal enter epididym fasci fibr fistul fund ganglion gastr gingiv gloss"
    " hepat hymen hyster ile irid jejun kerat labyrinth lamin laryng lith lob lymphaden mast"
    " mastoid maxill menisc my myring nephr neur oesophag omphal oophor orchi oste palat pancreat"
    " papill pericardi periton pharyng phleb pleur pneumon proct prostat pyel pylor rect retin"
    " rhin salping scler sept sial sigmoid spermat sphincter splen spondyl stapedi stern synov"
    " tars ten thorac thrombo thym tonsill trabecul trache trachel turbin tympan ureter urethr"
    " valv vas ventricul vertebr vesic vestibul vitr vulv"
)
PROCEDURE_ENDINGS = (
    "ectomy otomy ostomy oplasty oscopy orrhaphy opexy ography ocentesis odesis olysis otripsy"
)
HOLLOW_STEMS = (
    "gastr duoden jejun ile col sigmoid caec cholecyst choledoch pancreat oesophag ureter vesic"
    " enter pyel salping"
)

_WRITTEN = re.compile(r"[^\W\d_]+(?:[ '-]+[^\W\d_]+)*")
_WORD = re.compile(r"(?:Mc|de |van |von )?[^\W\d_A-Z]*|[A-Z][^\W\d_A-Z]+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entities", type=Path, default=HERE / "entities.tsv")
    arguments = parser.parse_args()
    try:
        known = [each for each in read_entities(arguments.entities) if each.use == KNOWN]
        pool = make_pool(known, Grammar.read(HERE / "templates.txt", KINDS).words())
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    rows = [COLUMNS, *map(astuple, (*known, *pool))]
    arguments.entities.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    counts = Counter((entity.use, entity.kind) for entity in (*known, *pool))
    for (use, kind), count in counts.items():
        print(f"{use} {kind}: {count}", file=sys.stderr)


def make_pool(known: Iterable[Entity], ordinary: Collection[str]) -> list[Entity]:
    """Draw the names of each kind, sorted; none that is known or has ordinary words alone.

    Raises:
      InputError: a source is not installed, or yields too few names.
    """
    taken = {form for entity in known for form in entity.spoken_forms}
    spellings = {word: one_spelling(word) for form in taken for word in form.split()}
    sources = {"drug": drug_names, "disease": disease_names, "procedure": procedure_names}
    pool = []
    for kind in KINDS:
        names = sorted(set(filter(is_writable, sources[kind]())))
        random.Random(f"{SEED} {kind}").shuffle(names)
        names = [name for name in names if not respells(name, spellings)]
        chosen = list(choose(names, kind, taken, ordinary))
        if len(chosen) < N_OF_KIND[kind]:
            raise InputError(f"only {len(chosen)} names", value=kind, remedy="ask for fewer")
        pool += [Entity(name, kind, "", POOL) for name in sorted(chosen[: N_OF_KIND[kind]])]
    return pool


def choose(
    names: Iterable[str], kind: str, taken: set[str], ordinary: Collection[str]
) -> Iterator[str]:
    """Yield names in their order, not too many of a family; what they say is added to `taken`."""
    n_of_family: Counter[str] = Counter()
    for name in names:
        family, spoken = family_of(name, kind), spoken_form(name)
        if (
            len(name) <= LONGEST_LETTERS[kind]
            and spoken not in taken
            and not set(ordinary).issuperset(spoken.split())
            and n_of_family[family] < MOST_OF_FAMILY[kind]
        ):
            n_of_family[family] += 1
            taken.add(spoken)
            yield name


def respells(name: str, spellings: Mapping[str, str]) -> bool:
    """Say whether a word of the name is one of the known words in another spelling or case."""
    words = (word for word in spoken_form(name).split() if word not in spellings)
    return not set(spellings.values()).isdisjoint(map(one_spelling, words))


def one_spelling(word: str) -> str:
    """Return what British, American and possessive spellings of a word have in common."""
    for ending in ("'s", "s"):
        word = word.removesuffix(ending)
    for spelling, other in (("ae", "e"), ("oe", "e"), ("th", "t"), ("ph", "f"), ("y", "i")):
        word = word.replace(spelling, other)
    return word


def family_of(name: str, kind: str) -> str:
    """Return what alike names share: an ending, or the last word; of eponyms the first letter."""
    if kind == "disease":
        return name[0] if name[0].isupper() else name.split()[-1]
    return name[-3:] if kind == "drug" else name[-6:]


def is_writable(name: str) -> bool:
    """Say whether the name is a few words of Latin letters, none of them an abbreviation."""
    if not _WRITTEN.fullmatch(name) or name.count("-") > MOST_HYPHENS:
        return False
    parts = re.split("[ '-]", name)
    return len(name.split()) <= LONGEST_WORDS and all(map(_WORD.fullmatch, parts))


def drug_names() -> Iterator[str]:
    """Yield names of one word that DrugBank's open vocabulary has and that end like a medicine."""
    with bz2.open(_path_of(*DRUGS)) as stream:
        by_name = pickle.load(stream)["drug_canonical_to_data"]
    endings = tuple(DRUG_ENDINGS.split())
    for drug in by_name.values():
        name = drug.get("name", "").lower()
        if "drugbank_id" in drug and name.isalpha() and len(name) > 5 and name.endswith(endings):
            yield name


def disease_names() -> Iterator[str]:
    """Yield the labels of the disease ontology Mondo that are in use."""
    import zstandard

    not_said = frozenset(NO_DISEASE_WORDS.split())
    packed = _path_of(*DISEASES).read_bytes()
    text = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    for term in json.loads(text).values():
        words = re.split("[ -]", term["label"].lower())
        is_long_enough = all(len(word) > 2 for word in words) and len(term["label"]) > 4
        if not term.get("deprecated") and is_long_enough and not_said.isdisjoint(words):
            yield term["label"]


def procedure_names() -> Iterator[str]:
    """Yield systematic names: a stem and an ending, or two hollow organs that are joined."""
    for stem, ending in product(STEMS.split(), PROCEDURE_ENDINGS.split()):
        yield _join(stem, ending)
    for first, second in product(HOLLOW_STEMS.split(), repeat=2):
        if first != second:
            yield _join(first, f"o{second}ostomy")


def _join(stem: str, ending: str) -> str:
    return stem.rstrip("o") + ending


def _path_of(package: str, file: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise InputError("a package is missing", value=package, remedy="see the top of this script")
    return Path(found.origin).parent / file


if __name__ == "__main__":
    main()
