"""Choose sentences of other texts to be read aloud for breadth, beside a corpus's own.

    python -m local.synthetic.breadth TEXT_DIR... --text FILE... --out FILE.txt [--sentences N]

A sentence that has a word of an entity or distractor of dev or test is left out, unless the
training text of a corpus has that word as well; so are sentences with anything but letters,
apostrophes and spaces, and those with fewer than 4 or more than 14 words.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from local.synthetic.entities import spoken_form
from local.synthetic.sentences import read_sentences
from wfst_bias.files import read_lines, write_text

LEAST_WORDS, MOST_WORDS = 4, 14
LEAST_LETTERS = 4  # of a word that is withheld
SEED = 3
_PLAIN = re.compile(r"[a-z][a-z']*( [a-z][a-z']*)*")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text_dirs", nargs="+", type=Path, help="folders of local.synthetic.text")
    parser.add_argument("--text", nargs="+", type=Path, required=True, help="a sentence a line")
    parser.add_argument("--sentences", type=int, default=6000, help="how many at most")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    withheld = set().union(*map(withheld_words, arguments.text_dirs))
    withheld -= set().union(*map(training_words, arguments.text_dirs))
    lines = [line.strip() for path in arguments.text for line in read_lines(path)]
    chosen = choose(lines, withheld, arguments.sentences)
    write_text(arguments.out, "".join(f"{line}\n" for line in chosen))
    print(f"{len(chosen)} sentences of {len(lines)}", file=sys.stderr)


def choose(lines: Iterable[str], withheld: set[str], most: int) -> list[str]:
    """Return at most so many distinct fitting lines, drawn by a fixed seed."""
    fitting = sorted({line for line in lines if fits(line.split(), line, withheld)})
    random.Random(SEED).shuffle(fitting)
    return fitting[:most]


def fits(words: Sequence[str], line: str, withheld: set[str]) -> bool:
    """Say whether a line is plain, of a fitting length, and free of withheld words."""
    right_length = LEAST_WORDS <= len(words) <= MOST_WORDS
    return right_length and bool(_PLAIN.fullmatch(line)) and withheld.isdisjoint(words)


def withheld_words(folder: Path) -> set[str]:
    """Return the longer words of all entities and distractors of dev and test."""
    sentences = [
        each for name in ("dev", "test") for each in read_sentences(folder / f"{name}.tsv")
    ]
    written = [name for each in sentences for name, _ in each.entities]
    written += [line.partition("\t")[0] for line in read_lines(folder / "distractors.txt")]
    return {w for name in written for w in spoken_form(name).split() if len(w) >= LEAST_LETTERS}


def training_words(folder: Path) -> set[str]:
    """Return the words of a corpus's training text."""
    return {word for line in read_lines(folder / "train.text") for word in line.split()}


if __name__ == "__main__":
    main()
