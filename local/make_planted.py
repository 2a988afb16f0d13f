"""Make data/planted: text, lists and imitated log-probabilities, the same files on every call.

    python local/make_planted.py [--out FOLDER]
    python local/make_planted.py --check           says whether data/planted is what this makes

The sentences and names come from local/planted/grammar.toml, the imitation of a recognizer that
mishears names from local/planted/imitated_ctc.py. Nothing here is the output of a model.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tomli
from numpy.typing import NDArray
from planted.imitated_ctc import Clarity, Sound, lay_out, mishear

from wfst_bias.entities.list_file import ListLine, read_list
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.files import write_text
from wfst_bias.tokens import TokenTable

ROOT = Path(__file__).resolve().parent.parent
PLANTED = ROOT / "data/planted"
GRAMMAR = ROOT / "local/planted/grammar.toml"

SETS = ("dev", "test")
SEED = 20
N_TEXT_SENTENCES = 2000
N_UTTERANCES = 40
N_MADE_UP = 150
LIST_SIZE = 100

ORDINARY = Clarity(misheard=0.04, margin_nats=(0.2, 2.5), joined=0.03, split=0.01)
NAME = Clarity(misheard=0.3, margin_nats=(0.5, 9.0), joined=0.15, split=0.12)

# A stretch of a pattern that is plain text, or a slot.
_PIECES = re.compile(r"([^{} ][^{}]*(?<! ))|\{(\w+)\}")

README = """\
# Planted data: imitated, not measured

These files are made by `python local/make_planted.py`, and making them again gives the same
content. They let everything be tried in seconds, without a model and without recordings.

**The log-probabilities are no output of any model.** They imitate a character CTC model (20 ms
frames, most of them blank) that mishears invented names in planted places: the wrong letter is the
most probable one, the right one comes second. How often and by how much was chosen, so error rates
on them say that the programs work, and nothing about real speech.

| file | what |
| --- | --- |
| `text.txt` | 2,000 sentences for the language model; no name of a list is in them |
| `tokens.txt` | token table: space, a to z, apostrophe, blank |
| `names.txt` | one list for both sets, with names that nobody says among them |
| `dev.tsv`, `test.tsv` | 40 utterances each: id, text, its names, a list of 100 with them |
| `dev.npz`, `test.npz` | by utterance `(T, 29)`, float16, natural-log probabilities |

Each set has names of its own, and some sentences of patterns that `text.txt` has not.
"""


@dataclass(frozen=True)
class Grammar:
    """Hold sentence patterns and what fills their slots; names are written as in a list file."""

    sentences: tuple[str, ...]
    unseen: tuple[str, ...]
    slots: Mapping[str, Sequence[str]]
    names: Mapping[str, Mapping[str, Sequence[str]]]

    @classmethod
    def read(cls, path: Path) -> Grammar:
        """Read the grammar from its TOML file."""
        tables = tomli.loads(path.read_text(encoding="utf-8"))
        sentences, unseen = (
            tuple(pattern for theme in tables[name].values() for pattern in theme)
            for name in ("sentences", "unseen")
        )
        return cls(sentences, unseen, tables["slots"], tables["names"])


@dataclass(frozen=True)
class Part:
    """Hold a stretch of a sentence: what is written, what is said, and whether it is a name."""

    written: str
    spoken: str
    is_name: bool = False


NameSource = Callable[[str], Part]  # a name for a slot


class NameMaker:
    """Make up names of two or three syllables, none of them twice."""

    ONSETS = (*"bdfghklmnprstvw", "br", "dr", "gl", "st", "tr")
    NUCLEI = (*"aeiou", "a", "e", "o", "ai", "ea")
    CODAS = ("", "", "", "", "l", "n", "r", "s", "nd", "ck")

    def __init__(self, rng: random.Random, taken: set[str]) -> None:
        self._rng = rng
        self._taken = taken

    def make(self) -> str:
        """Return a name in lower case that no earlier name or word equals."""
        while True:
            syllables = [self._syllable() for _ in range(self._rng.randint(2, 3))]
            name = "".join(syllables)
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _syllable(self) -> str:
        return "".join(self._rng.choice(part) for part in (self.ONSETS, self.NUCLEI, self.CODAS))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the planted data.")
    parser.add_argument("--out", type=Path, default=PLANTED)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    if not arguments.check:
        make_planted(arguments.out)
        return
    with tempfile.TemporaryDirectory() as made:
        make_planted(Path(made))
        different = differing_files(Path(made), arguments.out)
    if different:
        sys.exit(f"{arguments.out}: not as made by {Path(__file__).name}: {', '.join(different)}")


def differing_files(made: Path, kept: Path) -> list[str]:
    """Return the files of two folders that differ in content or are in one only."""
    names = {path.name for folder in (made, kept) if folder.is_dir() for path in folder.iterdir()}
    return sorted(name for name in names if not _same_content(made / name, kept / name))


def _same_content(first: Path, second: Path) -> bool:
    if not (first.is_file() and second.is_file()):
        return False
    if first.suffix != ".npz":
        return first.read_bytes() == second.read_bytes()
    with np.load(first) as one, np.load(second) as other:
        return one.files == other.files and all(
            one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name])
            for name in one.files
        )


def make_planted(folder: Path) -> None:
    rng = random.Random(SEED)
    grammar = Grammar.read(GRAMMAR)
    maker = NameMaker(rng, taken=set(_words_of(grammar)))
    write_text(folder / "README.md", README)
    write_tokens(folder / "tokens.txt")
    write_names(folder / "names.txt", grammar, maker)
    write_lm_text(folder / "text.txt", grammar, maker, rng)
    for name in SETS:
        write_set(folder, name, grammar, rng)


def write_tokens(path: Path) -> None:
    symbols = ["▁", *"abcdefghijklmnopqrstuvwxyz", "'", "<blk>"]
    write_text(path, "".join(f"{symbol} {i}\n" for i, symbol in enumerate(symbols)))


def write_names(path: Path, grammar: Grammar, maker: NameMaker) -> None:
    """Write the list shared by both sets: their names, names that nobody says, made-up ones."""
    lines = [
        "# Names, all invented. One a line; what may follow a name:",
        "#   :4                   its score in nats, instead of the default",
        "#   ~cue ex nineteen     how it is said, where the letters do not tell",
    ]
    for kind in ("person", "place", "medicine"):
        listed = [name for of_set in grammar.names.values() for name in of_set[kind]]
        lines += ["", f"# {kind}", *sorted(listed)]
    made_up = sorted(maker.make().capitalize() for _ in range(N_MADE_UP))
    write_text(path, "\n".join([*lines, "", "# said by nobody", *made_up]) + "\n")


def write_lm_text(path: Path, grammar: Grammar, maker: NameMaker, rng: random.Random) -> None:
    """Write sentences whose names occur once each, so that they teach where names stand."""

    def make_up(_slot: str) -> Part:
        name = maker.make()
        return Part(name, name, is_name=True)

    sentences = [
        " ".join(part.spoken for part in fill(pattern, grammar.slots, make_up, rng))
        for pattern in rng.choices(grammar.sentences, k=N_TEXT_SENTENCES)
    ]
    write_text(path, "\n".join(sentences) + "\n")


def write_set(folder: Path, name: str, grammar: Grammar, rng: random.Random) -> None:
    """Write the references with their lists, and the imitated log-probabilities."""
    tokens = TokenTable.read(folder / "tokens.txt")
    listed = read_names(folder / "names.txt", Normalizer(tokens))
    source = shuffled_names(grammar.names[name], listed, rng)
    patterns = (*grammar.sentences, *grammar.unseen)
    rows: list[str] = []
    log_probs: dict[str, NDArray[np.float16]] = {}
    for number, pattern in enumerate(rng.choices(patterns, k=N_UTTERANCES), start=1):
        parts = fill(pattern, grammar.slots, source, rng)
        log_probs[f"{name}-{number:02d}"] = lay_out(hear(parts, rng), tokens, rng)
        rows.append(_reference(f"{name}-{number:02d}", parts, listed, rng))
    write_text(folder / f"{name}.tsv", "".join(rows))
    np.savez_compressed(folder / f"{name}.npz", **log_probs)


def read_names(path: Path, normalizer: Normalizer) -> dict[str, Part]:
    """Map each line of a list to what it has written and said."""
    lines = [line for line in read_list(path) if isinstance(line, ListLine)]
    return {
        line.text: Part(line.written, normalizer.normalize(line.spoken[0]).form, is_name=True)
        for line in lines
    }


def shuffled_names(
    names: Mapping[str, Sequence[str]], listed: Mapping[str, Part], rng: random.Random
) -> NameSource:
    """Return a source that gives each name of a kind once before it gives any again."""
    rounds = {
        kind: itertools.cycle(rng.sample(of_kind, len(of_kind))) for kind, of_kind in names.items()
    }
    return lambda slot: listed[next(rounds[slot])]


def fill(
    pattern: str, slots: Mapping[str, Sequence[str]], name: NameSource, rng: random.Random
) -> list[Part]:
    """Return a sentence in parts, its slots filled."""
    parts = []
    for text, slot in _PIECES.findall(pattern):
        if slot in slots:
            text = rng.choice(slots[slot])
        parts.append(name(slot) if not text else Part(text, text))
    return parts


def hear(parts: Sequence[Part], rng: random.Random) -> list[Sound]:
    """Return the sounds of a sentence, names heard less well than the rest."""
    return [
        sound
        for part in parts
        for sound in mishear(part.spoken.split(), NAME if part.is_name else ORDINARY, rng)
    ]


def _reference(
    utterance_id: str, parts: Sequence[Part], listed: Mapping[str, Part], rng: random.Random
) -> str:
    """Return a line of four columns: id, text, names in it, list of those and distractors."""
    text = " ".join(part.written for part in parts)
    spoken = sorted({part.written for part in parts if part.is_name})
    others = [part.written for part in listed.values() if part.written not in spoken]
    entities = sorted(spoken + rng.sample(others, LIST_SIZE - len(spoken)))
    columns = (json.dumps(names, ensure_ascii=False) for names in (spoken, entities))
    return "\t".join((utterance_id, text, *columns)) + "\n"


def _words_of(grammar: Grammar) -> Iterator[str]:
    fillers = itertools.chain.from_iterable(grammar.slots.values())
    for text in (*grammar.sentences, *grammar.unseen, *fillers):
        yield from text.split()


if __name__ == "__main__":
    main()
