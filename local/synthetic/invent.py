"""Write training sentences with invented names in place of a corpus's own.

    python -m local.synthetic.invent TEXT_DIR --out DIR [--skip N] [--limit N]

An acoustic model has heard the names of train.tsv many times; an adapter has to learn from names
that it has not. So each entity of the sentences past the first N of TEXT_DIR/train.tsv is replaced
by one of the same kind, whose words are drawn letter by letter from a Markov chain over the words
of that kind. Words that many entities share, such as "syndrome", and short ones, such as "van",
stay. No word of dev, of test or of the distractors is written. DIR gets train.tsv.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from local.synthetic.breadth import training_words, withheld_words
from local.synthetic.entities import spoken_form
from local.synthetic.sentences import Sentence, read_sentences
from wfst_bias.errors import InputError
from wfst_bias.files import write_text

CONTEXT = 3  # letters that the next one depends on
LEAST_LETTERS, MOST_LETTERS = 4, 16  # of a word that is replaced
N_TRIES = 1_000  # for one word
CAPITALIZED = ("person", "place")
SHARED = 5  # entities that have a word which is kept
SEED = 11
END = "\n"


class WordMaker:
    """Draw words letter by letter, like those it was given."""

    def __init__(self, words: Iterable[str]) -> None:
        self._next: dict[str, list[str]] = defaultdict(list)
        for word in words:
            letters = f"{'^' * CONTEXT}{word}{END}"
            for place in range(CONTEXT, len(letters)):
                self._next[letters[place - CONTEXT : place]].append(letters[place])

    def draw(self, rng: random.Random) -> str:
        """Return a word, of any length."""
        word = "^" * CONTEXT
        while not word.endswith(END):
            word += rng.choice(self._next[word[-CONTEXT:]])
        return word[CONTEXT:-1]


class Inventor:
    """Replace the names of sentences.

    Args:
      entities: written form and kind, of training.
      avoided: words that are not written.
      rng: what is drawn with.
    """

    def __init__(
        self, entities: Collection[tuple[str, str]], avoided: Collection[str], rng: random.Random
    ) -> None:
        counts = Counter(word for name, _ in entities for word in set(spoken_form(name).split()))
        self._kept = {word for word, count in counts.items() if count >= SHARED}
        self._avoided = {*avoided, *counts}
        self._rng = rng
        self._makers = self._makers_of(entities)

    def _makers_of(self, entities: Iterable[tuple[str, str]]) -> Mapping[str, WordMaker]:
        words: dict[str, set[str]] = defaultdict(set)
        for name, kind in entities:
            words[kind].update(filter(self._is_replaced, spoken_form(name).split()))
        return {kind: WordMaker(sorted(each)) for kind, each in words.items()}

    def _is_replaced(self, word: str) -> bool:
        return len(word) >= LEAST_LETTERS and word not in self._kept

    def name_like(self, name: str, kind: str) -> str:
        """Return an invented name, with as many words as the given one."""
        words = spoken_form(name).split()
        if not any(map(self._is_replaced, words)):
            words = ["x" * LEAST_LETTERS]  # only shared words: a new word instead
        return " ".join(self._word(kind) if self._is_replaced(word) else word for word in words)

    def _word(self, kind: str) -> str:
        for _ in range(N_TRIES):
            word = self._makers[kind].draw(self._rng)
            if LEAST_LETTERS <= len(word) <= MOST_LETTERS and word not in self._avoided:
                return word.title() if kind in CAPITALIZED else word
        raise InputError("its names are too few to invent others like them", value=kind)

    def rewrite(self, sentence: Sentence, utterance_id: str) -> Sentence:
        """Return a sentence with its entities replaced, in their order."""
        text, done, names = sentence.text, "", []
        for name, kind in sentence.entities:
            before, _, text = text.partition(name)
            names.append((self.name_like(name, kind), kind))
            done += before + names[-1][0]
        return Sentence(utterance_id, done + text, spoken_form(done + text), tuple(names))


def invent(
    sentences: Sequence[Sentence], withheld: Collection[str], entities: Collection[tuple[str, str]]
) -> list[Sentence]:
    """Return the sentences that have entities, with invented ones, and all others as they are."""
    inventor = Inventor(entities, withheld, random.Random(SEED))
    return [
        inventor.rewrite(sentence, sentence.utterance_id.replace("-train-", "-invented-"))
        for sentence in sentences
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text_dir", type=Path, help="folder of local.synthetic.text")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--skip", type=int, default=0, help="without the first N sentences")
    parser.add_argument("--limit", type=int, help="N sentences at most")
    arguments = parser.parse_args()
    try:
        sentences = read_sentences(arguments.text_dir / "train.tsv")
        entities = sorted({entity for each in sentences for entity in each.entities})
        end = None if arguments.limit is None else arguments.skip + arguments.limit
        part = sentences[arguments.skip : end]
        if not part:
            raise InputError(
                f"no sentence is left after the first {arguments.skip}",
                path=arguments.text_dir / "train.tsv",
            )
        avoided = withheld_words(arguments.text_dir) | training_words(arguments.text_dir)
        written = invent(part, avoided, entities)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    write_text(arguments.out / "train.tsv", "".join(each.line() for each in written))
    names = {name for each in written for name, _ in each.entities}
    print(f"{len(written)} sentences, {len(names)} invented names", file=sys.stderr)


if __name__ == "__main__":
    main()
