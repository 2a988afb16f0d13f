"""Make the sentences of a synthetic corpus: train, dev and test, the same on every call.

    python -m local.synthetic.text DATASET --out DIR

DATASET is a folder beside this one that has templates.txt and entities.tsv, or a path. In DIR:

    {train,dev,test}.tsv    id, text, spoken, entities (JSON); no header
    train.text              what is said in training, for language and subword models
    train_entities.txt      the entities said in training: written form, kind
    distractors.txt         those that training does not say: written form, kind

No template, sentence or entity of one set is in another. Held-out templates have words of their
own, far more often than new speech has words that a large training text lacks; so most sentences of
dev and test that have such a word are drawn again.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from local.synthetic.entities import (
    Entity,
    EntitySplit,
    all_forms,
    read_entities,
    split_entities,
    spoken_form,
)
from local.synthetic.grammar import Grammar, Template
from local.synthetic.sentences import SETS, Sentence, word_sequences
from local.synthetic.template_split import split_templates
from wfst_bias.errors import InputError
from wfst_bias.files import write_text

LOCAL = Path(__file__).resolve().parent.parent
SIZES = {"train": 15_000, "dev": 260, "test": 500}
SEED = 7
ENTITY_SHARE = 0.72  # of the utterances
LONGEST_WORDS = 25
N_USES = 2  # of an entity in dev or test, at most
UNSEEN_KEPT = 0.05  # of the dev and test sentences drawn with an ordinary word that train lacks
N_TRIES = 3_000  # for one sentence

_REPETITION = re.compile(r"\b([a-z' ]+) and (?:on |in |to )?\1\b")


class Deck:
    """Deal entities: each once before any again."""

    def __init__(
        self, entities: Iterable[Entity], rng: random.Random, n_rounds: int | None = None
    ) -> None:
        self._entities = tuple(entities)
        self._rng = rng
        self._n_rounds_left = n_rounds
        self._cards: list[Entity] = []

    def deal(self) -> Entity | None:
        """Return an entity, None when all rounds are over."""
        if not self._cards and self._n_rounds_left != 0:
            self._cards = self._rng.sample(self._entities, len(self._entities))
            self._n_rounds_left = None if self._n_rounds_left is None else self._n_rounds_left - 1
        return self._cards.pop() if self._cards else None

    def put_back(self, entity: Entity) -> None:
        """Take an entity back that was not used; it is dealt later in this round."""
        self._cards.insert(self._rng.randrange(len(self._cards) + 1), entity)


class SetWriter:
    """Make the sentences of one set out of its own templates and entities.

    Where the vocabulary of another set is given, most sentences with other ordinary words are
    drawn again.
    """

    def __init__(
        self,
        prefix: str,
        grammar: Grammar,
        templates: Sequence[Template],
        decks: Mapping[str, Deck],
        rng: random.Random,
        vocabulary: Collection[str] | None = None,
    ) -> None:
        self._prefix, self._grammar, self._decks, self._rng = prefix, grammar, decks, rng
        self._vocabulary = vocabulary
        self._with_slots = [t for t in templates if grammar.has_slots(t)]
        self._without = [t for t in templates if not grammar.has_slots(t)]

    def sentences(self, n_sentences: int, said: set[str]) -> Iterator[Sentence]:
        """Make sentences, entities in a fixed share of them; what is in `said` is not said again.

        Raises:
          InputError: the templates and entities do not yield so many.
        """
        n_with = round(n_sentences * ENTITY_SHARE)
        wanted = [True] * n_with + [False] * (n_sentences - n_with)
        self._rng.shuffle(wanted)
        width = max(4, len(str(n_sentences)))
        numbers = {True: 0, False: 0}
        for has_entity in wanted:
            numbers[has_entity] += 1
            mark = "e" if has_entity else "f"
            name = f"{self._prefix}-{mark}-{numbers[has_entity]:0{width}d}"
            yield self._new_sentence(name, has_entity, said)

    def _new_sentence(self, name: str, has_entity: bool, said: set[str]) -> Sentence:
        templates = self._with_slots if has_entity else self._without
        for _ in range(N_TRIES if templates else 0):
            words = self._grammar.draw(self._rng.choice(templates), self._rng)
            if has_entity != any(map(_slot_kind, words)) or not self._is_natural(words):
                continue
            sentence = self._filled(name, words, said)
            if sentence is not None:
                said.add(sentence.spoken)
                return sentence
        raise InputError(
            "too few templates or entities for a new sentence",
            path=self._grammar.path,
            value=name,
            remedy="add some, or ask for fewer sentences",
        )

    def _is_natural(self, words: Sequence[str]) -> bool:
        if _REPETITION.search(" ".join(words)):
            return False
        if self._vocabulary is None:
            return True
        ordinary = (word for word in words if not _slot_kind(word))
        return all(w in self._vocabulary for w in ordinary) or self._rng.random() < UNSEEN_KEPT

    def _filled(self, name: str, words: Sequence[str], said: Collection[str]) -> Sentence | None:
        """Fill the slots; None, and the entities put back, if it is too long or not new."""
        dealt: list[tuple[str, Entity]] = []
        for kind in filter(None, map(_slot_kind, words)):
            entity = self._decks[kind].deal()
            if entity is None:
                break
            dealt.append((kind, entity))
        else:
            entities = [entity for _, entity in dealt]
            sentence = self._put_together(name, words, entities)
            is_short = len(sentence.spoken.split()) <= LONGEST_WORDS
            if is_short and sentence.spoken not in said and len(set(entities)) == len(entities):
                return sentence
        for kind, entity in dealt:
            self._decks[kind].put_back(entity)
        return None

    def _put_together(
        self, name: str, words: Sequence[str], entities: Iterable[Entity]
    ) -> Sentence:
        called = [(self._rng.choice(entity.forms), entity.kind) for entity in entities]
        forms = iter(called)
        text = " ".join(next(forms)[0] if _slot_kind(word) else word for word in words)
        return Sentence(name, text, spoken_form(text), tuple(called))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="parliament, medical-terms, or a folder like these")
    parser.add_argument("--out", type=Path, required=True)
    for name in SETS:
        parser.add_argument(f"--{name}-sentences", type=int, default=SIZES[name], metavar="N")
    arguments = parser.parse_args()
    sizes = {name: getattr(arguments, f"{name}_sentences") for name in SETS}
    try:
        make_text(LOCAL / arguments.dataset, arguments.out, sizes)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def make_text(source: Path, out: Path, sizes: Mapping[str, int] = SIZES) -> None:
    """Make and write everything; what it comes to is printed on stderr."""
    entities = read_entities(source / "entities.tsv")
    kinds = {entity.kind for entity in entities}
    grammar = Grammar.read(source / "templates.txt", kinds)
    split = split_entities(entities, grammar.words(), _rng(source.name, "entities"))
    templates = split_templates(grammar, _rng(source.name, "templates"))
    said: set[str] = set()
    sets: dict[str, list[Sentence]] = {}
    for name in SETS:
        rng = _rng(source.name, name)
        n_rounds = None if name == "train" else N_USES
        decks = {
            kind: Deck((e for e in getattr(split, name) if e.kind == kind), rng, n_rounds)
            for kind in sorted(kinds)
        }
        prefix = f"{source.name}-{name}"
        known = vocabulary(sets["train"]) if sets else None
        writer = SetWriter(prefix, grammar, templates[name], decks, rng, known)
        made = writer.sentences(sizes[name], said)
        sets[name] = list(tqdm(made, name, sizes[name], file=sys.stderr, disable=None))
        if name == "train":
            split = without_said(split, (sentence.spoken for sentence in sets["train"]))
    _write(out, sets, split)
    _log(f"{source.name}: {len(grammar.templates)} templates")
    for line in (*summary(sets), *_split_summary(split)):
        _log(line)


def without_said(split: EntitySplit, spoken: Iterable[str]) -> EntitySplit:
    """Leave out the entities of dev, test and distractors that training says in other words.

    That is where a name is made of ordinary words only, which stand so in a template.
    """
    held_out = (*split.dev, *split.test, *split.distractors)
    forms = {form for entity in held_out for form in entity.spoken_forms}
    longest = max((len(form.split()) for form in forms), default=0)
    said = {
        sequence
        for sentence in spoken
        for sequence in map(" ".join, word_sequences(sentence.split(), longest))
        if sequence in forms
    }
    kept = {
        name: [entity for entity in getattr(split, name) if said.isdisjoint(entity.spoken_forms)]
        for name in ("dev", "test", "distractors")
    }
    left_out = [entity for entity in held_out if not said.isdisjoint(entity.spoken_forms)]
    return EntitySplit(train=split.train, left_out=[*split.left_out, *left_out], **kept)


def vocabulary(sentences: Iterable[Sentence]) -> frozenset[str]:
    """Return the words said in sentences."""
    return frozenset(word for sentence in sentences for word in sentence.spoken.split())


def summary(sets: Mapping[str, Sequence[Sentence]]) -> Iterator[str]:
    """Say of each set how much it has, and of dev and test how many ordinary words are new."""
    known = vocabulary(sets["train"])
    for name, sentences in sets.items():
        words = [word for sentence in sentences for word in sentence.spoken.split()]
        entities = [entity for sentence in sentences for entity in sentence.entities]
        line = (
            f"{name}: {len(sentences)} sentences, {len(words)} words, {len(set(words))} distinct; "
            f"{len(entities)} entities, {len(set(entities))} distinct"
        )
        if name != "train":
            ordinary = [word for sentence in sentences for word in _ordinary_words(sentence)]
            n_new = sum(word not in known for word in ordinary)
            line += f"; {100 * n_new / max(len(ordinary), 1):.2f} % of ordinary words not in train"
        yield line


def _split_summary(split: EntitySplit) -> Iterator[str]:
    counts = (f"{name} {len(entities)}" for name, entities in vars(split).items())
    yield f"entities: {', '.join(counts)}"


def _ordinary_words(sentence: Sentence) -> list[str]:
    """Return the words of a sentence outside its entities, which stand in it in their order."""
    rest, text = "", sentence.text
    for written, _ in sentence.entities:
        before, _, text = text.partition(written)
        rest += before
    return (rest + text).split()


def _write(out: Path, sets: Mapping[str, Sequence[Sentence]], split: EntitySplit) -> None:
    for name, sentences in sets.items():
        write_text(out / f"{name}.tsv", "".join(sentence.line() for sentence in sentences))
    spoken = "".join(f"{sentence.spoken}\n" for sentence in sets["train"])
    write_text(out / "train.text", spoken)
    said = sorted({entity for sentence in sets["train"] for entity in sentence.entities})
    write_text(out / "train_entities.txt", _form_lines(said))
    untrained = all_forms([*split.distractors, *split.dev, *split.test])
    write_text(out / "distractors.txt", _form_lines(untrained.items()))


def _form_lines(forms: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{form}\t{kind}\n" for form, kind in forms)


def _slot_kind(word: str) -> str:
    return word[1:-1] if word.startswith("{") else ""


def _rng(dataset: str, what: str) -> random.Random:
    return random.Random(f"{SEED} {dataset} {what}")


def _log(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
