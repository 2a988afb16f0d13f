import itertools
import json
import random
import sys

import pytest

from local.synthetic import invent
from local.synthetic.entities import spoken_form
from local.synthetic.sentences import Sentence
from wfst_bias.errors import InputError

FAMILY_NAMES = "Alport Barth Cohen Dent Evans Marfan Marden Barnett Colden Carden Alden Daner"
SYNDROMES = [(f"{name} syndrome", "disease") for name in FAMILY_NAMES.split()]
FIRST_NAMES = "Marta Martin Marina Carina Katrina Katarina Lucas Lucan Adrian Marian"
PEOPLE = [("Łucja van Dorn", "person"), *((name, "person") for name in FIRST_NAMES.split())]
ENTITIES = [*PEOPLE, *SYNDROMES]


def inventor(avoided=(), seed=1):
    return invent.Inventor(ENTITIES, avoided, random.Random(seed))


def sentence(*names):
    text = f"we met {names[0][0]} with {names[-1][0]} today"
    return Sentence("x-train-e-1", text, spoken_form(text), names)


@pytest.mark.parametrize("seed", range(20))
def test_a_name_keeps_its_short_and_its_shared_words(seed):
    first, van, last = inventor(seed=seed).name_like("Łucja van Dorn", "person").split()
    assert van == "van"
    assert {first.lower(), last.lower()}.isdisjoint({"lucja", "dorn", "marta"})
    assert first[0].isupper()
    new, syndrome = inventor(seed=seed).name_like("Alport syndrome", "disease").split()
    assert (syndrome, new == "alport") == ("syndrome", False)


def test_words_to_avoid_are_never_written():
    free = {inventor(seed=seed).name_like("Alport syndrome", "disease") for seed in range(200)}
    avoided = {name.split()[0] for name in sorted(free)[::2]}
    bound = {inventor(avoided, seed).name_like("Alport syndrome", "disease") for seed in range(200)}
    assert avoided
    assert avoided.isdisjoint(name.split()[0] for name in bound)


def test_a_sentence_tells_its_new_names_in_their_order():
    old = sentence(("Łucja van Dorn", "person"), ("Alport syndrome", "disease"))
    new = inventor().rewrite(old, "x")
    (person, _), (disease, _) = new.entities
    assert new.text == f"we met {person} with {disease} today"
    assert new.spoken == spoken_form(new.text)
    assert [kind for _, kind in new.entities] == ["person", "disease"]


def test_a_sentence_without_names_stays():
    plain = Sentence("x-train-f-1", "nobody came", "nobody came", ())
    assert invent.invent([plain], (), ENTITIES) == [
        Sentence("x-invented-f-1", "nobody came", "nobody came", ())
    ]


def test_too_few_names_to_invent_others_are_an_error():
    few = invent.Inventor([("Abcd", "person")], (), random.Random(1))
    with pytest.raises(InputError, match="too few"):
        few.name_like("Abcd", "person")


@pytest.fixture
def corpus(tmp_path):
    lines = [sentence(*pair).line() for pair in itertools.pairwise(ENTITIES)]
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "train.text").write_text("we met with today\n")
    (tmp_path / "distractors.txt").write_text("Aldrin\tperson\n")
    return tmp_path


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["invent", *map(str, arguments)])
    invent.main()


def test_the_same_text_gives_the_same_names(corpus, monkeypatch):
    for out in ("a", "b"):
        run(monkeypatch, corpus, "--out", corpus / out, "--skip", 2, "--limit", 3)
    first, again = ((corpus / out / "train.tsv").read_text(encoding="utf-8") for out in "ab")
    assert first == again
    rows = [line.split("\t") for line in first.splitlines()]
    assert len(rows) == 3
    assert all("-invented-" in row[0] for row in rows)
    known = {name for name, _ in ENTITIES}
    assert known.isdisjoint(e["text"] for row in rows for e in json.loads(row[3]))


def test_nothing_left_is_an_error_of_one_line(corpus, monkeypatch, capsys):
    with pytest.raises(SystemExit) as error:
        run(monkeypatch, corpus, "--out", corpus / "a", "--skip", 99)
    assert error.value.code == 2
    assert "no sentence is left after the first 99" in capsys.readouterr().err
