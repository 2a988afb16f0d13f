"""Texts as graphs of their pronunciations, in the CTC topology: arrays for a whole batch.

A text is first an acceptor of phones without epsilons: a state between two words, all ways of
saying a word in parallel. Each of its arcs, a phone at its place, becomes a state in which that
phone was read last; each of its states one in which the last frame was blank. Blank may be read
between any two phones and must be between two equal ones, so pauses between words need nothing
more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.sound.pronounce import Ways

Ints = NDArray[np.int64]

Phrase = tuple[Ways, ...]  # words, one after the other
Unit = tuple[Phrase, ...]  # what is written as one, an entity or a word, and how it may be said

BLANK = 0
FINAL = -1  # the label of arcs to the final state, as k2 has it


@dataclass(frozen=True)
class PhoneArcs:
    """Hold the acceptors of phones of several texts, arcs and states numbered through.

    Attributes:
      source, target: `(arcs,)` states.
      label: `(arcs,)` columns; `anything` stands for any sound at all.
      word: `(arcs,)` the word said, a row of `words`.
      words: `(words, 3)` the text, the unit in it, and the word in the phrase.
      first_state: `(texts + 1,)` the start of each text, and the number of states.
      first_arc: `(texts + 1,)`.
      final: `(texts,)` where each text ends.
      anything: the column that stands for any sound, behind those of the phones.
    """

    source: Ints
    target: Ints
    label: Ints
    word: Ints
    words: Ints
    first_state: Ints
    first_arc: Ints
    final: Ints
    anything: int


def phone_arcs(texts: Sequence[Sequence[Unit]], n_columns: int) -> PhoneArcs:
    """Return the acceptors of the pronunciations of texts.

    Args:
      texts: the units of each.
      n_columns: P, the columns of the phone head.
    """
    builder = _Builder(n_columns)
    for number, units in enumerate(texts):
        builder.add(number, units)
    return builder.finish()


class _Builder:
    def __init__(self, anything: int) -> None:
        self.anything = anything
        self.arcs: list[tuple[int, int, int, int]] = []
        self.words: list[tuple[int, int, int]] = []
        self.first_state, self.first_arc, self.final = [0], [0], list[int]()
        self.n_states = 0

    def add(self, text: int, units: Sequence[Unit]) -> None:
        state = self._new_state()
        for number, unit in enumerate(units):
            end = self._new_state()
            for phrase in unit:
                self._add_phrase(state, end, (text, number), phrase)
            state = end
        self.final.append(state)
        self.first_state.append(self.n_states)
        self.first_arc.append(len(self.arcs))

    def finish(self) -> PhoneArcs:
        arcs = np.array(self.arcs, np.int64).reshape(-1, 4)
        return PhoneArcs(
            source=arcs[:, 0],
            target=arcs[:, 1],
            label=arcs[:, 2],
            word=arcs[:, 3],
            words=np.array(self.words, np.int64).reshape(-1, 3),
            first_state=np.array(self.first_state),
            first_arc=np.array(self.first_arc),
            final=np.array(self.final, np.int64),
            anything=self.anything,
        )

    def _new_state(self) -> int:
        self.n_states += 1
        return self.n_states - 1

    def _add_phrase(self, state: int, end: int, unit: tuple[int, int], phrase: Phrase) -> None:
        assert phrase, "a phrase has a word"
        for number, ways in enumerate(phrase):
            after = end if number == len(phrase) - 1 else self._new_state()
            self.words.append((*unit, number))
            for way in ways or ((self.anything,),):
                self._add_way(state, after, way)
            state = after

    def _add_way(self, state: int, end: int, way: tuple[int, ...]) -> None:
        for place, phone in enumerate(way):
            after = end if place == len(way) - 1 else self._new_state()
            self.arcs.append((state, after, phone, len(self.words) - 1))
            state = after


@dataclass(frozen=True)
class CtcGraphs:
    """Hold the graphs of several texts as k2 wants them: arcs sorted by text, source and label.

    States are numbered within a text; its start is 0 and its final state the last.

    Attributes:
      source, target, label: `(arcs,)`.
      place: `(arcs,)` the arc of `PhoneArcs` whose phone is read, -1 where none is.
      begins: `(arcs,)` whether that phone begins here.
      states_of: `(texts,)` how many states each has.
      arcs_of: `(texts,)` how many arcs.
    """

    source: Ints
    target: Ints
    label: Ints
    place: Ints
    begins: NDArray[np.bool_]
    states_of: Ints
    arcs_of: Ints


def ctc_graphs(phones: PhoneArcs) -> CtcGraphs:
    """Return the graphs that read what the acceptors accept, frame by frame."""
    n_texts = len(phones.final)
    state_text = np.repeat(np.arange(n_texts), np.diff(phones.first_state))
    arc_text = np.repeat(np.arange(n_texts), np.diff(phones.first_arc))
    n_blank_states = np.diff(phones.first_state)
    # States of a text: after a blank, after a phone, the final one.
    after_blank = np.arange(len(state_text)) - phones.first_state[state_text]
    after_phone = np.arange(len(arc_text)) - phones.first_arc[arc_text] + n_blank_states[arc_text]
    final = n_blank_states + np.diff(phones.first_arc)
    place = np.arange(len(arc_text))
    before, then = _following(phones)
    is_last = phones.target == phones.final[arc_text]
    none = np.full(len(state_text), -1)
    parts = [  # text, source, target, label, place, begins
        (arc_text, after_blank[phones.source], after_phone, phones.label, place, True),
        (arc_text, after_phone, after_phone, phones.label, place, False),
        (arc_text[then], after_phone[before], after_phone[then], phones.label[then], then, True),
        (arc_text, after_phone, after_blank[phones.target], *_silent(arc_text, BLANK)),
        (state_text, after_blank, after_blank, np.full_like(none, BLANK), none, False),
        (arc_text[is_last], after_phone[is_last], final[arc_text[is_last]],
         *_silent(arc_text[is_last], FINAL)),
        (np.arange(n_texts), after_blank[phones.final], final, *_silent(final, FINAL)),
    ]  # fmt: skip
    text, source, target, label, places = (
        np.concatenate([part[i] for part in parts]) for i in range(5)
    )
    begins = np.repeat([part[5] for part in parts], [len(part[0]) for part in parts])
    order = np.lexsort((label % (2**32), source, text))  # k2 takes -1 for the largest label
    return CtcGraphs(
        source=source[order],
        target=target[order],
        label=label[order],
        place=places[order],
        begins=begins[order],
        states_of=final + 1,
        arcs_of=np.bincount(text, minlength=n_texts),
    )


def _silent(texts: Ints, label: int) -> tuple[Ints, Ints, bool]:
    """Return label, place and begins of arcs that read no phone."""
    return np.full(len(texts), label), np.full(len(texts), -1), False


def _following(phones: PhoneArcs) -> tuple[Ints, Ints]:
    """Return pairs of arcs whose phones may follow each other without a blank between them."""
    order = np.argsort(phones.source, kind="stable")
    first = np.searchsorted(phones.source[order], phones.target)
    end = np.searchsorted(phones.source[order], phones.target, side="right")
    counts = end - first
    before = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(before)) - np.repeat(np.cumsum(counts) - counts, counts)
    then = order[first[before] + offset]
    label, next_label = phones.label[before], phones.label[then]
    allowed = (label != next_label) | (label == phones.anything)
    return before[allowed], then[allowed]
