"""Entities that the phone head may have heard somewhere: keyword spotting by phones.

An entity is spotted where the best CTC path through its phones costs least, against the best path
of all through the same frames; whatever is said before and after costs nothing. Its score is what
its phones are worth less that cost, so that of two names in the same place the one scores higher
that explains more of what was heard. First the costs of all pronunciations are found, then places
and rivals of the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.sound.entity_sounds import EntitySounds
from wfst_bias.sound.heard import LOWEST, LogProbs
from wfst_bias.sound.options import PhoneSpotOptions
from wfst_bias.sound.phone_graph import BLANK

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# More than any path costs; finite, so that times 0 it is 0.
_NEVER = np.float32(1e9)

# Of its own frames, beyond which an entity is said in the same place as another.
_SHARED = 0.5


@dataclass(frozen=True, eq=False)
class Places:
    """Hold where pronunciations may end, and how well each is heard there.

    Attributes:
      costs: `(T, n)` nats of the best path that ends its last phone in a frame.
      begins: `(T, n)` the first frame of that path.
    """

    costs: Floats
    begins: Ints


@dataclass(frozen=True)
class Spot:
    """Hold a place in which entities may have been heard.

    Attributes:
      entities: the written forms of those that are said so.
      said: the columns of the pronunciation.
      begin, end: its frames, `end` not included.
      score: what its phones are worth less what they cost.
    """

    entities: tuple[str, ...]
    said: tuple[int, ...]
    begin: int
    end: int
    score: float


class PhoneSpotter:
    """Find the entities of a list that were perhaps heard.

    Args:
      sounds: their pronunciations.
      n_entities: the size of the list; the longer it is, the more of it is heard by accident.
      options: how many to keep, and what their phones are worth.
    """

    def __init__(self, sounds: EntitySounds, n_entities: int, options: PhoneSpotOptions) -> None:
        self._entities = tuple(sounds.ways.values())
        self._padded, self._lengths = sounds.padded, sounds.lengths
        self._options = options
        self._least = options.least_score(n_entities)
        said = np.arange(self._padded.shape[1]) < self._lengths[:, None]
        self._label = self._padded[said]
        ends = np.cumsum(self._lengths)
        self._last = ends - 1
        self._follows = np.ones(len(self._label), np.float32)  # 0 for the first phone of each
        self._follows[ends - self._lengths] = 0
        equal = np.append(False, self._label[1:] == self._label[:-1])
        self._repeats = np.where(equal, _NEVER, np.float32(0))  # a blank has to lie between

    def spots(self, log_probs: LogProbs) -> list[Spot]:
        """Return what was perhaps heard, the best first, each where it scores highest.

        They are the best by their scores; one stays out if wherever it reaches the least score
        another scores higher by more than the margin.

        Args:
          log_probs: `(T, P)`, natural-log probabilities of the blank, column 0, and the phones.
        """
        if not len(log_probs) or not self._entities:
            return []
        scores = self._options.spot_phone_nats * self._lengths - self.costs(log_probs)
        rows = np.array(list(self._best(scores)), np.int64)
        worth = self._options.spot_phone_nats * self._lengths[rows]
        places = self.places(log_probs, rows)
        scores_at = worth - places.costs
        return [
            Spot(
                self._entities[rows[i]],
                tuple(self._padded[rows[i], : self._lengths[rows[i]]].tolist()),
                int(places.begins[end, i]),
                end + 1,
                float(scores_at[end, i]),
            )
            for i, end in self._unrivalled(scores_at, places.begins)
        ]

    def costs(self, log_probs: LogProbs) -> Floats:
        """Return `(pronunciations,)`, what each costs in nats where it is heard best."""
        phone = np.full(len(self._label), _NEVER)
        blank, entry = phone.copy(), phone.copy()  # blank: after the phone, a blank was read
        emitted, found = np.empty_like(phone), phone.copy()
        for frame in _costs(log_probs):
            np.add(phone[:-1], self._repeats[1:], out=entry[1:])
            np.minimum(entry[1:], blank[:-1], out=entry[1:])
            entry *= self._follows
            np.minimum(blank, phone, out=blank)
            blank += frame[BLANK]
            np.minimum(phone, entry, out=phone)
            phone += frame.take(self._label, out=emitted, mode="clip")
            np.minimum(found, phone, out=found)
        best: Floats = found[self._last]
        return best

    def places(self, log_probs: LogProbs, rows: Ints) -> Places:
        """Return where some of the pronunciations, by number, may end."""
        label, lengths = self._padded[rows], self._lengths[rows]
        each = np.arange(len(rows))
        repeats = label[:, 1:] == label[:, :-1]
        phone, blank = np.full(label.shape, _NEVER), np.full(label.shape, _NEVER)
        entry = np.zeros_like(phone)
        phone_begin, blank_begin, entry_begin = (np.zeros(label.shape, np.int64) for _ in range(3))
        shape = (len(log_probs), len(rows))
        places = Places(np.empty(shape, np.float32), np.empty(shape, np.int64))
        for t, frame in enumerate(_costs(log_probs)):
            before = np.where(repeats, _NEVER, phone[:, :-1])
            rests = blank[:, :-1] <= before
            entry[:, 1:] = np.where(rests, blank[:, :-1], before)
            entry_begin[:, 1:] = np.where(rests, blank_begin[:, :-1], phone_begin[:, :-1])
            entry_begin[:, 0] = t
            ends = phone < blank
            blank_begin = np.where(ends, phone_begin, blank_begin)
            blank = np.where(ends, phone, blank) + frame[BLANK]
            enters = entry < phone
            phone_begin = np.where(enters, entry_begin, phone_begin)
            phone = np.where(enters, entry, phone) + frame[label]
            places.costs[t] = phone[each, lengths - 1]
            places.begins[t] = phone_begin[each, lengths - 1]
        return places

    def _best(self, scores: Floats) -> Iterator[int]:
        """Yield the pronunciations of the best entities, best first."""
        taken: set[str] = set()
        for row in np.argsort(-scores, kind="stable"):
            if scores[row] < self._least or len(taken) >= self._options.spot_entities:
                return
            taken.update(self._entities[row])
            yield int(row)

    def _unrivalled(self, scores: Floats, begins: Ints) -> Iterator[tuple[int, int]]:
        """Yield which pronunciations are heard where no rival is better, and their best last frame.

        Args:
          scores, begins: `(T, n)`, of paths that end in a frame.
        """
        frames = np.arange(len(scores))
        end = scores.argmax(axis=0)
        each = np.arange(scores.shape[1])
        best, begin = scores[end, each], begins[end, each]
        for i in each:
            rivals = slice(0, i)
            shared = np.minimum(frames[:, None], end[rivals]) + 1
            shared -= np.maximum(begins[:, i, None], begin[rivals])
            same_place = shared > _SHARED * (frames - begins[:, i] + 1)[:, None]
            better = best[rivals] > scores[:, i, None] + self._options.spot_margin
            is_free = ~(same_place & better).any(axis=1)
            free = np.where(is_free, scores[:, i], -np.inf)
            if free.max() >= self._least:
                yield int(i), int(free.argmax())


def _costs(log_probs: LogProbs) -> Floats:
    """Return `(T, P)`, by how much each column is less probable than the best of its frame."""
    likely = np.maximum(log_probs, LOWEST)
    costs: Floats = (likely.max(axis=1, keepdims=True) - likely).astype(np.float32)
    return costs
