"""Say what a model writes where names are said that it never learned, for `wfst-bias learn-rules`.

    python -m local.heard_names MODEL --cuts CUTS... --out PAIRS.tsv [--utterances N] [--nj N]

A line for each word of a name that was written as something near it, or right: SAID<TAB>WRITTEN, by
greedy decoding. Cuts carry their entities as the synthetic corpora do. Take the invented names of
local/train_adapter.sh: those that a model was trained on, it spells right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import kaldialign
import torch
from tqdm import tqdm

from local.heads import entity_words
from wfst_bias.acoustic.encode import encode
from wfst_bias.acoustic.evaluate import greedy, words_of
from wfst_bias.acoustic.recognizer import Heard, Recognizer
from wfst_bias.acoustic.sounds import sound_of_cut
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.cuts import iterate_cuts

MOST_APART = 0.6  # of the letters of the longer word: what differs more is no spelling of the name
_GAP = "*"

Pair = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder of a model")
    parser.add_argument("--cuts", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="PAIRS.tsv")
    parser.add_argument("--utterances", type=int, help="the first so many of each file")
    parser.add_argument("--nj", type=int, default=2, help="batches encoded at once")
    arguments = parser.parse_args()
    try:
        recognizer = Recognizer.load(arguments.model)
        pairs = [
            pair
            for path in arguments.cuts
            for pair in pairs_of_cuts(recognizer, path, arguments.utterances, arguments.nj)
        ]
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    write_text(arguments.out, "".join(f"{said}\t{written}\n" for said, written in pairs))
    wrong = sum(said != written for said, written in pairs)
    print(f"{len(pairs)} words of names, {wrong} of them written otherwise")


def pairs_of_cuts(
    recognizer: Recognizer, path: Path, utterances: int | None, n_threads: int
) -> Iterator[Pair]:
    """Yield the words of names in a file of cuts, and what the model writes for them.

    Raises:
      InputError: the file is missing or broken, or the audio of a cut cannot be read.
    """
    normalizer = Normalizer(recognizer.tokens)
    cuts = {cut.id: cut for cut in islice(iterate_cuts(path), utterances)}
    found = encode(recognizer, map(sound_of_cut, cuts.values()), n_threads)
    shown = tqdm(found, path.parent.name, len(cuts), unit="utt", delay=2, file=sys.stderr)
    for name, heard in shown:
        if isinstance(heard, InputError):
            raise heard
        text = normalizer.normalize(cuts[name].supervisions[0].text).form
        places = entity_words(cuts[name], text, normalizer)
        yield from pairs_at(places, text.split(), _written(heard, recognizer))


def _written(heard: Heard, recognizer: Recognizer) -> list[str]:
    log_probs = torch.from_numpy(heard.log_probs)[None]
    return words_of(greedy(log_probs, torch.tensor([log_probs.shape[1]]))[0], recognizer.tokens)


def pairs_at(places: frozenset[int], said: Sequence[str], written: Sequence[str]) -> Iterator[Pair]:
    """Yield the words at some places of what was said, beside those that stand for them.

    Words that were left out, or that are too far from what stands for them, have no pair.
    """
    place = -1
    for word, other in kaldialign.align(list(said), list(written), _GAP):
        place += word != _GAP
        if _GAP not in (word, other) and place in places:
            apart = kaldialign.edit_distance(list(word), list(other))["total"]
            if apart <= MOST_APART * max(len(word), len(other)):
                yield word, other


if __name__ == "__main__":
    main()
