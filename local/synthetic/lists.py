"""Make the lists to bias a set with: some for each utterance, and one for the whole set.

    python -m local.synthetic.lists DIR/test.tsv --distractors DIR/distractors.txt --out OUT/NAME
        [--sizes 100,1000,5000] [--shared 1000]

OUT/NAME.listN.tsv is what `wfst-bias decode --entities-tsv` and `wfst-bias score --ref` read: id,
text, the entities of the utterance, its list; the list has these and N distractors. A size for
which there are too few distractors is named and left out, but not the smallest. OUT/NAME.shared.txt
has all entities of the set and distractors, one a line. Same distractors on every call; a shorter
list is part of every longer one; no distractor is said in what it is a distractor for.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from local.synthetic.sentences import Sentence, read_sentences, word_sequences
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines, write_text
from wfst_bias.score.comparison import comparison_words

SEED = 11
SIZES = (100, 1000, 5000)
SHARED = "shared"

Words = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", type=Path, metavar="SET.tsv")
    parser.add_argument("--distractors", type=Path, required=True, help="written form, TAB, kind")
    parser.add_argument("--out", type=Path, required=True, help="begins the names of the lists")
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="distractors in a list")
    parser.add_argument("--shared", type=int, default=1000, help="the most in the list for all")
    arguments = parser.parse_args()
    if min(*arguments.sizes, arguments.shared) < 0:
        parser.error("--sizes and --shared: expected no negative number")
    try:
        sentences = read_sentences(arguments.sentences)
        pool = read_distractors(arguments.distractors)
        for size, lines in lists_of_sizes(sentences, pool, arguments.sizes):
            write_text(arguments.out.with_name(f"{arguments.out.name}.list{size}.tsv"), lines)
        drawn = _draw(sentences, pool, arguments.shared, SHARED)
        names = "".join(f"{name}\n" for name in shared_list(sentences, pool, len(drawn)))
        write_text(arguments.out.with_name(f"{arguments.out.name}.shared.txt"), names)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def lists_of_sizes(
    sentences: Sequence[Sentence], pool: Mapping[str, Words], sizes: Sequence[int]
) -> Iterator[tuple[int, str]]:
    """Yield each size with the lines of all utterances; sizes too large are named on stderr.

    Raises:
      InputError: there are too few distractors for the smallest size.
    """
    largest = max(sizes)
    drawn = {s.utterance_id: _draw([s], pool, largest, s.utterance_id) for s in sentences}
    enough = min(map(len, drawn.values()))
    for size in sorted(sizes):
        if size > enough and size == min(sizes):
            raise _too_few(size, enough)
        if size > enough:
            print(f"no lists of {size:,}: there are {enough:,} distractors", file=sys.stderr)
            continue
        yield size, "".join(_line(s, drawn[s.utterance_id][:size]) for s in sentences)


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


def _line(sentence: Sentence, drawn: Sequence[str]) -> str:
    spoken = sorted({text for text, _ in sentence.entities})
    columns = (json.dumps(n, ensure_ascii=False) for n in (spoken, sorted([*spoken, *drawn])))
    return "\t".join((sentence.utterance_id, sentence.text, *columns)) + "\n"


def shared_list(
    sentences: Sequence[Sentence], pool: Mapping[str, Words], n_distractors: int
) -> list[str]:
    """Return all entities of a set and distractors, sorted."""
    spoken = {text for sentence in sentences for text, _ in sentence.entities}
    return sorted([*spoken, *distractors(sentences, pool, n_distractors, SHARED)])


def distractors(
    sentences: Iterable[Sentence], pool: Mapping[str, Words], n_distractors: int, salt: str
) -> list[str]:
    """Draw distractors that none of the sentences says, in an order that the salt decides.

    Raises:
      InputError: there are fewer than asked for.
    """
    drawn = _draw(sentences, pool, n_distractors, salt)
    if len(drawn) < n_distractors:
        raise _too_few(n_distractors, len(drawn))
    return drawn


def _draw(
    sentences: Iterable[Sentence], pool: Mapping[str, Words], most: int, salt: str
) -> list[str]:
    longest = max(map(len, pool.values()), default=0)
    said = {
        sequence
        for sentence in sentences
        for sequence in word_sequences(comparison_words(sentence.text), longest)
    }
    order = random.Random(f"{SEED} {salt}").sample(sorted(pool), len(pool))
    unsaid = (written for written in order if pool[written] not in said)
    return list(itertools.islice(unsaid, most))


def _too_few(wanted: int, found: int) -> InputError:
    remedy = f"add some, or ask for {found} or fewer"
    return InputError("too few distractors for a list", value=wanted, remedy=remedy)


if __name__ == "__main__":
    main()
