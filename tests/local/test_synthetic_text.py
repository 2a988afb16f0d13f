"""The text of a synthetic corpus: what its sets share, and what they do not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from local.synthetic.entities import Entity, EntitySplit, all_forms, read_entities, spoken_form
from local.synthetic.grammar import Grammar
from local.synthetic.sentences import read_sentences
from local.synthetic.text import Deck, SetWriter, main, make_text, without_said

SIZES = {"train": 200, "dev": 18, "test": 36}
ONSETS, ENDS = "bdfgklmnprst", ("ava", "enko", "ilde", "orsk", "umma")


def write_corpus(folder: Path) -> Path:
    """Write 24 templates, half of them without slots, and 180 entities."""
    folder.mkdir()
    verbs = [f"{verb}{end}" for verb in ("met", "saw", "heard") for end in ("", "(| again)")]
    templates = [f"we {verb} {{person}} <when>" for verb in verbs]
    templates += [f"they {verb} (people in |){{place}} <when>" for verb in verbs]
    templates += [f"i {verb} <what> <when>" for verb in verbs]
    templates += [f"you {verb} <what> <when>" for verb in verbs]
    classes = ["<when> = today | yesterday | on <day>", "<day> = monday | friday | sunday"]
    classes.append("<what> = nothing | a bird | (many|some|no) (fields|houses|green trees)")
    (folder / "templates.txt").write_text("\n".join([*templates, *classes]) + "\n", "utf-8")
    names = [f"{a.upper()}{b}{c}ø" for a in ONSETS for b in "aeiou" for c in ENDS[:3]]
    lines = ["written\tkind\tshort\tuse"]
    for number, name in enumerate(names):
        use = "known" if number % 3 else "pool"
        is_person = number % 2
        written = f"Jo {name}" if is_person else name
        kind, short = ("person", name) if is_person else ("place", "")
        lines.append("\t".join((written, kind, short, use)))
    (folder / "entities.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("text")
    source = write_corpus(folder / "tiny")
    make_text(source, folder / "out", SIZES)
    return source, folder / "out"


def test_sets_have_their_size_and_share_of_entities(made: tuple[Path, Path]) -> None:
    for name, size in SIZES.items():
        sentences = read_sentences(made[1] / f"{name}.tsv")
        assert len(sentences) == size
        with_entity = [sentence for sentence in sentences if sentence.entities]
        assert len(with_entity) == round(0.72 * size)
        assert all(s.utterance_id.startswith(f"tiny-{name}-e-") for s in with_entity)
        assert len({sentence.utterance_id for sentence in sentences}) == size


def test_no_sentence_and_no_entity_is_shared(made: tuple[Path, Path]) -> None:
    by_form = {f: e for e in read_entities(made[0] / "entities.tsv") for f in e.forms}
    sets = {name: read_sentences(made[1] / f"{name}.tsv") for name in SIZES}
    spoken = [sentence.spoken for sentences in sets.values() for sentence in sentences]
    assert len(set(spoken)) == len(spoken)
    said = {
        name: {by_form[form] for sentence in sentences for form, _ in sentence.entities}
        for name, sentences in sets.items()
    }
    assert not said["train"] & said["dev"]
    assert not said["test"] & (said["train"] | said["dev"])
    distractors = {line.split("\t")[0] for line in lines(made[1] / "distractors.txt")}
    held_out = all_forms([*said["dev"], *said["test"]])
    assert {by_form[form] for form in distractors}.isdisjoint(said["train"])
    assert held_out.keys() <= distractors
    assert {by_form[form].use for form in distractors} == {"known", "pool"}
    in_training = "\n".join(f" {sentence.spoken} " for sentence in sets["train"])
    assert not any(f" {spoken_form(form)} " in in_training for form in distractors)


def test_held_out_entities_are_said_twice_at_most(made: tuple[Path, Path]) -> None:
    by_form = {f: e for e in read_entities(made[0] / "entities.tsv") for f in e.forms}
    for name in ("dev", "test"):
        sentences = read_sentences(made[1] / f"{name}.tsv")
        counts = Counter(by_form[form] for s in sentences for form, _ in s.entities)
        assert max(counts.values()) <= 2


def test_persons_are_called_by_either_name(made: tuple[Path, Path]) -> None:
    train = read_sentences(made[1] / "train.tsv")
    persons = [form for s in train for form, kind in s.entities if kind == "person"]
    n_whole = sum(form.startswith("Jo ") for form in persons)
    assert 0.3 < n_whole / len(persons) < 0.7


def test_files_agree(made: tuple[Path, Path]) -> None:
    train = read_sentences(made[1] / "train.tsv")
    assert lines(made[1] / "train.text") == [sentence.spoken for sentence in train]
    said = {f"{form}\t{kind}" for sentence in train for form, kind in sentence.entities}
    assert set(lines(made[1] / "train_entities.txt")) == said
    for sentence in train:
        assert spoken_form(sentence.text) == sentence.spoken
        assert all(form in sentence.text for form, _ in sentence.entities)


def test_same_files_whatever_the_hash_seed(made: tuple[Path, Path], tmp_path: Path) -> None:
    source, out = made
    command = [sys.executable, "-m", "local.synthetic.text", str(source), "--out", str(tmp_path)]
    command += [word for name, n in SIZES.items() for word in (f"--{name}-sentences", str(n))]
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    called = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert called.returncode == 0, called.stderr
    assert "test: 36 sentences" in called.stderr
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        p.name: p.read_bytes() for p in out.iterdir()
    }


def test_entity_of_ordinary_words_is_left_out(made: tuple[Path, Path]) -> None:
    park, trees = (Entity(name, "place", "", "known") for name in ("Green Park", "Green Trees"))
    split = without_said(EntitySplit(test=[park, trees]), ["we saw green trees", "in the park"])
    assert (split.test, split.left_out) == ([park], [trees])


def test_sentences_with_words_that_training_lacks_are_few(tmp_path: Path) -> None:
    nouns = [f"{a}{b}" for a in ONSETS for b in "aeiou"]
    templates = (
        f"(go|leave) <noun> <noun>\n(go|leave) {{place}} <noun>\n<noun> = {'|'.join(nouns)}\n"
    )
    (tmp_path / "templates.txt").write_text(templates, "utf-8")
    grammar = Grammar.read(tmp_path / "templates.txt", ["place"])
    rng, known = random.Random(0), {"go", *nouns}
    decks = {"place": Deck([Entity("Brno", "place", "", "known")], rng)}
    writer = SetWriter("x", grammar, grammar.templates, decks, rng, known)
    verbs = Counter(sentence.spoken.split()[0] for sentence in writer.sentences(100, set()))
    assert 0 < verbs["leave"] < 0.15 * verbs["go"]


def test_too_few_entities(
    made: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    arguments = ["text", str(made[0]), "--out", str(out), "--train-sentences", "10"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "too few templates or entities for a new sentence" in capsys.readouterr().err
    assert not out.exists()


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()
