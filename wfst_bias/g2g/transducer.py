"""The rules of a table as one weighted transducer from letters to letters.

It is the composition of two. The first reads a word between the marks of its start and end: each
letter is kept as it is, at no cost, or letters are read as phones or rewritten. The second writes
what came of it: phones as letters, letters as they are, no marks. So a word that is kept costs
nothing, and any other spelling the sum of its rules; rules of the two sides meet in any division.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pynini
import pywrapfst

from wfst_bias.errors import InputError
from wfst_bias.g2g.table import END, START, Rule, RuleKind, RuleTable, Symbols, stepped
from wfst_bias.openfst import FstTables, to_fst
from wfst_bias.phones.inventory import PHONES

# Letters are labelled by their code points; these labels are above all of them.
_FIRST_PHONE = 0x110000
_PHONE_LABELS = {phone: _FIRST_PHONE + i for i, phone in enumerate(sorted(PHONES))}
FIRST_WORD = 0x200000  # for the words of a list

_Chain = tuple[Symbols, Symbols, float]  # what is read, what is written, the cost


def compile_transducer(
    table: RuleTable, kept: Mapping[str, str], most_cost_nats: float
) -> pynini.Fst:
    """Compile the rules.

    Args:
      table: the rules; those that write letters which no kept letter is written as are left out.
      kept: a letter of words -> how it is written when no rule takes it; may be empty.
      most_cost_nats: rules that no spelling within this cost can use are left out.

    Returns:
      a transducer in the tropical semiring, sorted by input, whose labels are code points; words
      are read between START and END. It writes at least one label for any word, if cost allows.

    Raises:
      InputError: no letter is kept.
    """
    if not kept:
        raise InputError("no letter to spell words with")
    written = frozenset("".join(kept.values()))
    usable = [rule for rule in table.rules if _is_usable(rule, kept, written)]
    reading = _closure(_reading(usable, kept))
    writing = _closure(_writing(usable, written))
    fst = pynini.compose(reading.arcsort("olabel"), writing.arcsort("ilabel"))
    fst.prune(weight=pywrapfst.Weight("tropical", most_cost_nats))
    found: pynini.Fst = fst.rmepsilon().arcsort("ilabel")
    return found


def labels_of(symbols: Iterable[str]) -> list[int]:
    """Return the labels of letters, marks and phones."""
    return [_PHONE_LABELS[s] if s in _PHONE_LABELS else ord(s) for s in symbols]


def _is_usable(rule: Rule, kept: Mapping[str, str], written: frozenset[str]) -> bool:
    if rule.kind is not RuleKind.WRITE and not kept.keys() >= set(rule.left):
        return False
    return rule.kind is RuleKind.READ or written >= set(rule.right) - {"_"}


def _reading(rules: Iterable[Rule], kept: Mapping[str, str]) -> list[_Chain]:
    chains: list[_Chain] = [((mark,), (mark,), 0.0) for mark in (START, END)]
    chains += [((letter,), tuple(plain), 0.0) for letter, plain in sorted(kept.items())]
    return chains + [
        (rule.anchored(rule.left), rule.anchored(rule.right), rule.cost)
        for rule in rules
        if rule.kind is not RuleKind.WRITE
    ]


def _writing(rules: Iterable[Rule], written: frozenset[str]) -> list[_Chain]:
    chains: list[_Chain] = [((mark,), (), 0.0) for mark in (START, END)]
    chains += [((letter,), (letter,), 0.0) for letter in sorted(written | {"_"})]
    return chains + [
        (rule.anchored(rule.left), rule.right, rule.cost)
        for rule in rules
        if rule.kind is RuleKind.WRITE
    ]


def _closure(chains: Iterable[_Chain]) -> pynini.Fst:
    """Return any sequence of chains: paths from state 0 back to it, what they read sharing starts.

    A chain reads along a tree of all left sides, and writes on the way back.
    """
    arcs: list[tuple[int, int, int, int, float]] = []
    children: dict[tuple[int, int], int] = {}
    n_states = 1
    for left, right, cost in chains:
        state = 0
        *inner, last = labels_of(left)
        for label in inner:
            known = children.get((state, label))
            if known is None:
                known = children[state, label] = n_states
                n_states += 1
                arcs.append((state, known, label, 0, 0.0))
            state = known
        outputs = labels_of(right) or [0]
        for i, output in enumerate(outputs):
            target = 0 if i == len(outputs) - 1 else n_states
            arcs.append((state, target, last if i == 0 else 0, output, stepped(cost * (i == 0))))
            state, n_states = target, n_states + (target > 0)
    return _from_arcs(arcs, n_states)


def _from_arcs(arcs: list[tuple[int, int, int, int, float]], n_states: int) -> pynini.Fst:
    source, target, read, written, cost = (np.array(c) for c in zip(*sorted(arcs), strict=True))
    final = np.full(n_states, np.inf, np.float32)
    final[0] = 0.0
    source, target, read, written = (c.astype(np.int32) for c in (source, target, read, written))
    tables = FstTables(source, target, read, written, cost.astype(np.float32), final, 0)
    return pynini.Fst.from_pywrapfst(pywrapfst.convert(to_fst(tables), "vector"))
