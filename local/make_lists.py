"""Make lists out of published ones: longer ones, and one for a whole set.

    python local/make_lists.py enlarge REF.tsv --word-counts COUNTS.tsv --size N --out FILE.tsv
    python local/make_lists.py share REF.tsv --out FILE.txt

REF.tsv has four columns: id, text, rare words, list. Longer lists are the utterance's own and
distractors drawn from the words that rank past the most frequent ones; the same for every call,
and a shorter list is part of every longer one.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.files import write_text
from wfst_bias.lm.vocabulary import read_word_counts

N_FREQUENT = 5000  # words that are never drawn
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    enlarge = commands.add_parser("enlarge", help="a list per utterance, with more distractors")
    enlarge.add_argument("--word-counts", type=Path, required=True)
    enlarge.add_argument("--size", type=int, required=True)
    share = commands.add_parser("share", help="one list: the rare words of all utterances")
    for command in (enlarge, share):
        command.add_argument("ref", type=Path)
        command.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    utterances = read_entities_tsv(arguments.ref).values()
    if arguments.command == "share":
        write_text(arguments.out, "".join(f"{word}\n" for word in rare_words(utterances)))
    else:
        pool = rare_pool(arguments.word_counts)
        lines = (enlarged_line(utterance, pool, arguments.size) for utterance in utterances)
        write_text(arguments.out, "".join(lines))


def rare_words(utterances: Iterable[UtteranceList]) -> list[str]:
    """Return the rare words of all utterances, sorted."""
    return sorted({word for utterance in utterances for word in utterance.rare})


def rare_pool(word_counts: Path) -> list[str]:
    """Return the words that rank past the most frequent ones; at equal counts, as in the file."""
    counts = read_word_counts(word_counts)
    return sorted(counts, key=lambda word: -counts[word])[N_FREQUENT:]


def enlarged_line(utterance: UtteranceList, pool: Sequence[str], size: int) -> str:
    """Return the four columns of an utterance, its list filled up to `size` entities."""
    if size > len(pool):
        raise SystemExit(f"only {len(pool)} words to draw from, fewer than {size}")
    rng = random.Random(f"{SEED} {utterance.utterance_id}")
    entities = set(utterance.entities)
    while len(entities) < size:
        entities.add(rng.choice(pool))
    columns = (json.dumps(words) for words in (utterance.rare, sorted(entities)))
    return "\t".join((utterance.utterance_id, utterance.text, *columns)) + "\n"


if __name__ == "__main__":
    main()
