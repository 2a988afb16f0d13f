"""Add mishearings to a development set: clear speech becomes as hard to recognize as unclear.

    python -m local.realspeech.roughen SET.npz SET.tsv ... --tokens tokens.txt --out FOLDER

A model tuned on clear speech alone trusts what it hears too much. FOLDER gets SET.npz with each
utterance as it is and once more as ID-rough, with mishearings, and each SET.tsv (id, text, rare
words, list) with both. How sure the model is of its mishearings, and which letters it takes for
which, goes by what it wavers between in the set itself; how many there are varies from utterance
to utterance, as voices do. Made of real log-probabilities, but not itself the output of a model:
options are tuned on it, no figure is reported of it.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.files import read_lines, write_text
from wfst_bias.formats.log_probs import create_log_probs, open_log_probs
from wfst_bias.tokens import TokenTable

SEED = 7
SUFFIX = "-rough"
MISHEARD = 0.016  # share of the letters that are misheard, on average
MEAN_GAP_NATS = 4.0  # by which a letter is behind what it is taken for, on average

Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log_probs", type=Path)
    parser.add_argument("refs", type=Path, nargs="+")
    parser.add_argument("--tokens", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    blank = TokenTable.read(arguments.tokens).blank_id
    with open_log_probs(arguments.log_probs) as archive:
        clear = {utterance_id: archive[utterance_id] for utterance_id in archive}
    arguments.out.mkdir(parents=True, exist_ok=True)
    with create_log_probs(arguments.out / arguments.log_probs.name) as add:
        for utterance_id, log_probs in (clear | roughened(clear, blank)).items():
            add(utterance_id, log_probs)
    for path in arguments.refs:
        lines = read_lines(path)
        write_text(arguments.out / path.name, "".join(f"{line}\n" for line in twice(lines)))


def twice(lines: Sequence[str]) -> list[str]:
    """Return the lines, and again with the utterance ids of the rough copies."""
    columns = (line.partition("\t") for line in lines)
    return [*lines, *(f"{name}{SUFFIX}\t{rest}" for name, _, rest in columns)]


def roughened(clear: Mapping[str, Floats], blank: int) -> dict[str, Floats]:
    """Return a rough copy of each utterance, by the id of the copy.

    Args:
      clear: `(T, V)` by utterance id, natural-log probabilities.
      blank: column of the blank.
    """
    doubts = wavering(clear.values())
    rng = np.random.default_rng(SEED)
    return {
        f"{name}{SUFFIX}": _mishear(log_probs, doubts, blank, rng)
        for name, log_probs in clear.items()
    }


def wavering(utterances: Iterable[Floats]) -> Floats:
    """Return `(V, V)`: where a row's token is the best, the share of each other in what is left."""
    total: Floats | None = None
    for log_probs in utterances:
        if total is None:
            total = np.zeros((log_probs.shape[1],) * 2, np.float32)
        np.add.at(total, log_probs.argmax(axis=1), np.exp(log_probs))
    assert total is not None
    np.fill_diagonal(total, 0)
    shares: Floats = total / np.maximum(total.sum(axis=1, keepdims=True), 1e-30)
    return shares


def stretches(best: Sequence[int], blank: int) -> list[tuple[int, int, int]]:
    """Return token, first frame and end of each run of frames with one best token, blanks not."""
    found, begin = [], 0
    for token, run in itertools.groupby(best):
        end = begin + len(list(run))
        if token != blank:
            found.append((token, begin, end))
        begin = end
    return found


def _mishear(log_probs: Floats, doubts: Floats, blank: int, rng: np.random.Generator) -> Floats:
    rough = log_probs.copy()
    share = rng.exponential(MISHEARD)
    for token, begin, end in stretches(log_probs.argmax(axis=1).tolist(), blank):
        if rng.random() < share and doubts[token].any():
            other = rng.choice(len(doubts), p=doubts[token] / doubts[token].sum())
            rough[begin:end, other] = log_probs[begin:end, token]
            rough[begin:end, token] -= rng.exponential(MEAN_GAP_NATS)
    rough -= np.logaddexp.reduce(rough, axis=1, keepdims=True)
    return rough


if __name__ == "__main__":
    main()
