"""Find what a downloaded corpus has for lists: names or rare words of a set, and distractors.

    python -m local.corpora.names MANIFESTS/NAME SET --out DIR

MANIFESTS/NAME begins the names of the manifests, SET is dev or test. In DIR:

    text.txt         the training transcripts, for the language model
    SET.tsv          id, text, text again, entities (JSON), as `local.synthetic.lists` reads it
    distractors.txt  names or rare words of the training transcripts: written form, TAB, kind

A word is rare unless it is among the 5,000 most frequent ones of the training transcripts, and
said twice there. Where an utterance is also written with its case, its entities are names: words
with a capital that follow each other within a sentence, the frequent ones at both ends left off.
Elsewhere they are its rare words. No corpus of these comes with names marked.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lhotse import SupervisionSegment, load_manifest

from local.synthetic.sentences import Sentence, word_sequences
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.score.comparison import comparison_words

N_FREQUENT = 5000
NAME, RARE_WORD = "name", "rare word"

# A word with what surrounds it: brackets and quotes before, marks after.
_WORD = re.compile(r"(?P<before>[^\w\s]*)(?P<word>\w(?:[^\s]*\w)?)(?P<after>[^\w\s]*)")
_ENDS_SENTENCE = frozenset(".?!:")

Entities = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Written:
    """Hold a word of a text with its case.

    Attributes:
      begins: whether it is the first of a sentence, where a capital says nothing.
      is_parted: whether a mark stands between it and the word before.
    """

    word: str
    begins: bool
    is_parted: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifests", type=Path, metavar="MANIFESTS/NAME")
    parser.add_argument("set", choices=("dev", "test"))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        write_names(arguments.manifests, arguments.set, arguments.out)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def write_names(manifests: Path, name: str, out: Path) -> None:
    """Write the three files.

    Raises:
      InputError: there is no utterance for training, or none in the set.
    """
    train, of_set = (_read(manifests, split) for split in ("train", name))
    write_text(out / "text.txt", "".join(f"{each.text}\n" for each in train))
    frequent = frequent_words(each.text for each in train)
    sentences = (Sentence(u.id, u.text, u.text, entities(u, frequent)) for u in of_set)
    write_text(out / f"{name}.tsv", "".join(sentence.line() for sentence in sentences))
    pool = sorted({entity for each in train for entity in entities(each, frequent)})
    write_text(out / "distractors.txt", "".join(f"{text}\t{kind}\n" for text, kind in pool))


def _read(manifests: Path, split: str) -> list[SupervisionSegment]:
    path = manifests.with_name(f"{manifests.name}_supervisions_{split}.jsonl.gz")
    utterances = list(load_manifest(path))
    if not utterances:
        raise InputError("no utterance in it", path=path, remedy="see report.txt beside it")
    return utterances


def frequent_words(texts: Iterable[str], most: int = N_FREQUENT) -> frozenset[str]:
    """Return the most frequent words that are said twice; of equally frequent ones, the first
    by alphabet."""
    counts = Counter(word for text in texts for word in comparison_words(text))
    ranked = sorted((word for word in counts if counts[word] > 1), key=lambda w: (-counts[w], w))
    return frozenset(ranked[:most])


def entities(utterance: SupervisionSegment, frequent: Collection[str]) -> Entities:
    """Return the names of an utterance with case, else its rare words, each once."""
    words = comparison_words(utterance.text)
    original = (utterance.custom or {}).get("orig_text")
    if original is None:
        return tuple((word, RARE_WORD) for word in dict.fromkeys(words) if word not in frequent)
    found = {comparison_words(name): name for name in names(original, frequent)}
    longest = max(map(len, found), default=0)
    said = set(word_sequences(words, longest))  # not so what is written in digits
    return tuple((name, NAME) for form, name in found.items() if form in said)


def names(text: str, frequent: Collection[str]) -> Iterator[str]:
    """Yield the names in a text with its case, frequent words at their ends left off."""
    run: list[str] = []
    for written in (*written_words(text), None):
        is_capital = written is not None and written.word[0].isupper() and not written.begins
        if run and (written is None or not is_capital or written.is_parted):
            yield from _trimmed(run, frequent)
            run = []
        if written is not None and is_capital:
            run.append(written.word)


def _trimmed(run: list[str], frequent: Collection[str]) -> Iterator[str]:
    rare = [i for i, word in enumerate(run) if not set(comparison_words(word)) <= set(frequent)]
    if rare:
        yield " ".join(run[rare[0] : rare[-1] + 1])


def written_words(text: str) -> Iterator[Written]:
    """Yield the words of a text, and say how they are parted."""
    ended, parted = True, False
    for found in _WORD.finditer(text):
        yield Written(found["word"], ended, parted or bool(found["before"]))
        ended, parted = bool(_ENDS_SENTENCE & set(found["after"])), bool(found["after"])


if __name__ == "__main__":
    main()
