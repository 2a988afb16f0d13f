"""Texts of random pronunciations, words said letter by letter, and alignments by enumeration, so
that a test states only what varies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from wfst_bias.phones.lexicon import PhoneTable
from wfst_bias.phones.names import NamePronouncer
from wfst_bias.phones.reading import Readings
from wfst_bias.sound.phone_graph import Phrase, Unit
from wfst_bias.sound.pronounce import Pronouncer

LogProbs = NDArray[np.float32]

TABLE = PhoneTable(("<blk>", "A", "B", "K"))
N_COLUMNS = TABLE.size
ANYTHING = N_COLUMNS

WAYS = st.lists(
    st.lists(st.integers(1, N_COLUMNS - 1), min_size=1, max_size=3).map(tuple),
    max_size=2,
).map(tuple)
PHRASES = st.lists(WAYS, min_size=1, max_size=2).map(tuple)
UNITS = st.lists(PHRASES, min_size=1, max_size=2).map(tuple)
TEXTS = st.lists(UNITS, max_size=3)


def word(*ways: Sequence[int]) -> Unit:
    """Return a word that is said in these ways, none for one that may sound like anything."""
    return ((tuple(map(tuple, ways)),),)


def by_letters(table: PhoneTable = TABLE, *, doubled_once: bool = False) -> Pronouncer:
    """Say words letter by letter; with `doubled_once` a doubled letter may also be said once.

    Words with a letter that the table lacks cannot be said.
    """

    def read(words: Sequence[str], language: str) -> Readings:
        found = Readings()
        for said in words:
            letters = tuple(said.upper())
            once = tuple(letter for letter, _ in itertools.groupby(letters))
            if table.ids.keys() >= set(letters):
                ways = (letters, once) if doubled_once else (letters,)
                found.ways[said] = tuple(dict.fromkeys(ways))
            else:
                found.faults[said] = f"not in letters of {language}"
        return found

    return Pronouncer(table, NamePronouncer(read=read))


def log_probs(seed: int, n_frames: int, n_columns: int = N_COLUMNS) -> LogProbs:
    """Return log-probabilities `(n_frames, n_columns)` without ties."""
    logits = 2 * np.random.default_rng(seed).normal(size=(n_frames, n_columns))
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def saying(columns: Sequence[int], n_columns: int, sure: float = 0.9) -> LogProbs:
    """Return log-probabilities in which these columns, frame by frame, are most probable."""
    probabilities = np.full((len(columns), n_columns), (1 - sure) / (n_columns - 1))
    probabilities[np.arange(len(columns)), list(columns)] = sure
    return np.log(probabilities).astype(np.float32)


# A phone, and the unit and word of its phrase that it belongs to.
Said = tuple[int, tuple[int, int]]


def sayings(text: Sequence[Unit]) -> Iterator[list[Said]]:
    """Return every way of saying a text, phone by phone."""
    for phrases in itertools.product(*text):
        numbered = [(i, j, ways) for i, p in enumerate(phrases) for j, ways in enumerate(p)]
        every = [ways or ((ANYTHING,),) for _, _, ways in numbered]
        for chosen in itertools.product(*every):
            yield [
                (phone, (i, j))
                for (i, j, _), way in zip(numbered, chosen, strict=True)
                for phone in way
            ]


def best_alignment(
    text: Sequence[Unit], scores: LogProbs
) -> tuple[float, list[tuple[list[Said], list[int]]]] | None:
    """Return the score of the best alignment and all that have it, None if none fits.

    An alignment is a saying and by frame which phone of it is read, -1 for blank.
    """
    best = -np.inf
    found: list[tuple[list[Said], list[int]]] = []
    for said in sayings(text):
        score, path = viterbi([phone for phone, _ in said], scores)
        if path is None or score < best - 1e-4:
            continue
        if score > best + 1e-4:
            found = []
        best = max(best, score)
        found.append((said, path))
    return (best, found) if found else None


def viterbi(phones: Sequence[int], scores: LogProbs) -> tuple[float, list[int] | None]:
    """Align one sequence of phones by dynamic programming over blanks and phones in turn."""
    columns = np.concatenate([scores, scores.max(axis=1, keepdims=True)], axis=1).astype(float)
    states = [0, *(x for phone in phones for x in (phone, 0))]
    total = np.full((len(columns) + 1, len(states)), -np.inf)
    back = np.zeros(total.shape, int)
    # Before the first frame, as after a blank.
    total[0, 0] = 0.0
    for t, frame in enumerate(columns, start=1):
        for s, label in enumerate(states):
            before = [s]
            if s and not (t == 1 and s > 1):
                before.append(s - 1)
            skips = s > 1 and label and (label != states[s - 2] or label == ANYTHING)
            if skips and t > 1:
                before.append(s - 2)
            back[t, s] = max(before, key=lambda p: total[t - 1, p])
            total[t, s] = total[t - 1, back[t, s]] + frame[label]
    end = max(range(max(0, len(states) - 2), len(states)), key=lambda s: total[-1, s])
    if total[-1, end] == -np.inf:
        return -np.inf, None
    path = []
    for t in range(len(columns), 0, -1):
        path.append(end // 2 if states[end] else -1)
        end = back[t, end]
    return float(total[-1].max() if len(states) == 1 else max(total[-1, -2:])), path[::-1]


def lasting(said: Sequence[Said], path: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Return units and words with the frames in which they begin and end."""
    frames: dict[tuple[int, int], list[int]] = {}
    for frame, at in enumerate(path):
        if at >= 0:
            frames.setdefault(said[at][1], []).append(frame)
    return [(*place, own[0], own[-1] + 1) for place, own in frames.items()]


def one_way(*words: Sequence[int]) -> Phrase:
    """Return a phrase whose words are said in one way each."""
    return tuple((tuple(w),) for w in words)
