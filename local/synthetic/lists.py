"""Make lists to bias with: one for each utterance of a set, or one for the whole set.

    python -m local.synthetic.lists DIR/test.tsv --distractors DIR/distractors.txt --size N
        [--out FILE.tsv] [--shared FILE.txt]

FILE.tsv is what `wfst-bias decode --entities-tsv` and `wfst-bias score --ref` read: id, text, the
entities of the utterance, its list; the list has these and N distractors. FILE.txt has all
entities of the set and N distractors, one a line. Same distractors on every call; a shorter list is
part of every longer one; no distractor is said in what it is a distractor for.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from local.synthetic.sentences import Sentence, read_sentences, word_sequences
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text
from wfst_bias.score.comparison import comparison_words

SEED = 11

Words = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", type=Path, metavar="SET.tsv")
    parser.add_argument("--distractors", type=Path, required=True, help="written form, TAB, kind")
    parser.add_argument("--size", type=int, required=True, help="distractors in a list")
    parser.add_argument("--out", type=Path, help="a list for each utterance")
    parser.add_argument("--shared", type=Path, help="one list for all")
    arguments = parser.parse_args()
    if not (arguments.out or arguments.shared):
        parser.error("name --out, --shared or both")
    if arguments.size < 0:
        parser.error(f"--size {arguments.size} is negative")
    try:
        sentences = read_sentences(arguments.sentences)
        pool = read_distractors(arguments.distractors)
        if arguments.out:
            lines = (list_line(sentence, pool, arguments.size) for sentence in sentences)
            write_text(arguments.out, "".join(lines))
        if arguments.shared:
            names = shared_list(sentences, pool, arguments.size)
            write_text(arguments.shared, "".join(f"{name}\n" for name in names))
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def read_distractors(path: Path) -> dict[str, Words]:
    """Map distractors as written to their words as compared; of those that sound alike, the first.

    Raises:
      InputError: a line without a word.
    """
    written_by_words: dict[Words, str] = {}
    for number, line in enumerate(read_lines(path), start=1):
        written = line.split("\t")[0].strip()
        words = comparison_words(written)
        if not words:
            raise InputError("a distractor without a word", path=path, line=number, value=line)
        written_by_words.setdefault(words, written)
    return {written: words for words, written in written_by_words.items()}


def list_line(sentence: Sentence, pool: Mapping[str, Words], n_distractors: int) -> str:
    """Return the four columns of an utterance."""
    spoken = sorted({text for text, _ in sentence.entities})
    drawn = distractors([sentence], pool, n_distractors, sentence.utterance_id)
    columns = (json.dumps(n, ensure_ascii=False) for n in (spoken, sorted([*spoken, *drawn])))
    return "\t".join((sentence.utterance_id, sentence.text, *columns)) + "\n"


def shared_list(
    sentences: Sequence[Sentence], pool: Mapping[str, Words], n_distractors: int
) -> list[str]:
    """Return all entities of a set and distractors, sorted."""
    spoken = {text for sentence in sentences for text, _ in sentence.entities}
    return sorted([*spoken, *distractors(sentences, pool, n_distractors, "shared")])


def distractors(
    sentences: Iterable[Sentence], pool: Mapping[str, Words], n_distractors: int, salt: str
) -> list[str]:
    """Draw distractors that none of the sentences says, in an order that the salt decides.

    Raises:
      InputError: there are fewer than asked for.
    """
    longest = max(map(len, pool.values()), default=0)
    said = {
        sequence
        for sentence in sentences
        for sequence in word_sequences(comparison_words(sentence.text), longest)
    }
    drawn: list[str] = []
    for written in random.Random(f"{SEED} {salt}").sample(sorted(pool), len(pool)):
        if len(drawn) == n_distractors:
            break
        if pool[written] not in said:
            drawn.append(written)
    if len(drawn) < n_distractors:
        remedy = f"add some, or ask for {len(drawn)} or fewer"
        raise InputError("too few distractors for a list", value=n_distractors, remedy=remedy)
    return drawn


if __name__ == "__main__":
    main()
