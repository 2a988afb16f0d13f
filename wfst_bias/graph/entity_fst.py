"""E: the entities of a list as one acceptor over tokens, compiled by Pynini.

Every spelling of a form is a path that ends in a label of the form's own, `width + form`. The
union is determinized, so that spellings share their beginnings, and minimized with weights
encoded, so that spellings of one form share their ends and no weight moves. A form's boost grows
along its path with the letters read, up to a bound, and the rest comes with its label;
determinization gives a shared beginning the largest share of the forms behind it and takes the
difference off later, so that a whole path gains its boost and an unfinished one has no way out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pynini
import pywrapfst
from numpy.typing import NDArray

from wfst_bias.graph.arcs import Floats, Ints
from wfst_bias.graph.bridge import Acceptor, from_pynini, to_pynini

# Finer than any score in nats that a list declares: determinization must not merge or round them.
QUANTUM_NATS = 1e-6

# What a letter of an unfinished entity brings at most, the rest coming with the last: enough to
# keep a true entity within the beam while it is misheard, too little for a false one to push the
# true path out. But the rest must not be more than a beam: of two ways to read an entity the one
# that ends a frame earlier, though worse, would push the other out.
MOST_EARLY_NATS = 1.75
MOST_LATE_NATS = 10.0


@dataclass(frozen=True)
class SpelledForms:
    """Hold the spellings of a list's forms as one ragged array.

    Attributes:
      tokens: `(total,)` token numbers, spelling after spelling.
      offsets: `(spellings + 1,)` where each begins.
      form: `(spellings,)` the form each spells.
      boost_nats: `(forms,)`.
      letters: `(V,)` how many letters each token number has.
    """

    tokens: NDArray[np.int64]
    offsets: NDArray[np.int64]
    form: NDArray[np.int64]
    boost_nats: NDArray[np.float64]
    letters: NDArray[np.int64]

    def only(self, forms: NDArray[np.bool_]) -> SpelledForms:
        """Return the spellings of some forms `(forms,)`; all keep their numbers."""
        kept = forms[self.form]
        if kept.all():
            return self
        lengths = np.diff(self.offsets)
        return replace(
            self,
            tokens=self.tokens[np.repeat(kept, lengths)],
            offsets=np.concatenate([[0], np.cumsum(lengths[kept])]),
            form=self.form[kept],
        )


@dataclass(frozen=True, eq=False)
class EntityFst:
    """Hold E as arrays; state 0 is the start.

    Attributes:
      source, target, token, score: arcs that read a token, in the order of `source`; `score` is a
        share of the boost.
      exit_state, exit_form, exit_score: where forms end, in the order of `exit_state`, and what is
        left of their boost.
      n_states: states, the start included.
    """

    source: Ints
    target: Ints
    token: Ints
    score: Floats
    exit_state: Ints
    exit_form: Ints
    exit_score: Floats
    n_states: int

    @property
    def first_tokens(self) -> Ints:
        """Return the tokens with which forms begin, each once."""
        first: Ints = np.unique(self.token[self.source == 0])
        return first

    @property
    def has_one_token_form(self) -> bool:
        """Say whether some form ends with its first token."""
        return bool(np.isin(self.target[self.source == 0], self.exit_state).any())


def compile_entity_fst(spelled: SpelledForms, width: int) -> EntityFst:
    """Compile the spellings of a list into E.

    Args:
      spelled: may be empty; every spelling has at least one token.
      width: V + 1; labels from here on stand for forms.
    """
    if not len(spelled.form):
        return _to_entity_fst(_empty(), width)
    union = to_pynini(_chains(spelled, width))
    fst = pynini.determinize(union, delta=QUANTUM_NATS)
    if len(spelled.form) > len(np.unique(spelled.form)):
        # Where every form has one spelling, each state has forms of its own behind it, so that no
        # two are equivalent.
        encoder = pywrapfst.EncodeMapper(encode_labels=True, encode_weights=True)
        fst.encode(encoder).minimize(delta=QUANTUM_NATS).decode(encoder)
    return _to_entity_fst(from_pynini(fst.topsort()), width)


def _empty() -> Acceptor:
    none = np.zeros(0, np.int32)
    return Acceptor(none, none, none, none.astype(np.float32), np.full(1, -np.inf, np.float32), 0)


def _chains(spelled: SpelledForms, width: int) -> Acceptor:
    """Return the union of all spellings: paths from state 0 to state 1."""
    lengths = np.diff(spelled.offsets)
    n_spellings, n_tokens = len(lengths), int(spelled.offsets[-1])
    first, last = spelled.offsets[:-1], spelled.offsets[1:] - 1
    inner = np.arange(n_tokens) + 2  # the state after each token
    before = inner - 1
    before[first] = 0
    source = np.concatenate([before, inner[last]])
    target = np.concatenate([inner, np.ones(n_spellings, np.int64)])
    label = np.concatenate([spelled.tokens, width + spelled.form])
    shares = _shares(spelled, lengths)
    left = spelled.boost_nats[spelled.form] - np.add.reduceat(shares, first)
    score = np.concatenate([shares, left])
    order = np.argsort(source, kind="stable")
    final = np.full(n_tokens + 2, -np.inf, np.float32)
    final[1] = 0.0
    source, target, label = (c[order].astype(np.int32) for c in (source, target, label))
    return Acceptor(source, target, label, score[order].astype(np.float32), final, 0)


def _shares(spelled: SpelledForms, lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the part of its form's boost that each token brings."""
    letters = spelled.letters[spelled.tokens].astype(np.float64)
    per_spelling = np.add.reduceat(letters, spelled.offsets[:-1])
    letters_read = np.maximum(per_spelling, 1.0)
    boost = spelled.boost_nats[spelled.form]
    rate = np.minimum(boost / letters_read, MOST_EARLY_NATS)
    rate = np.maximum(rate, (boost - MOST_LATE_NATS) / letters_read)
    rate = np.floor(rate * 1024) / 1024  # so that sums are exact and spellings can share states
    shares: NDArray[np.float64] = letters * np.repeat(rate, lengths)
    return shares


def _to_entity_fst(acceptor: Acceptor, width: int) -> EntityFst:
    assert acceptor.start == 0, "sorted topologically"
    reads = acceptor.label < width
    return EntityFst(
        acceptor.source[reads],
        acceptor.target[reads],
        acceptor.label[reads],
        acceptor.score[reads],
        acceptor.source[~reads],
        acceptor.label[~reads] - width,
        acceptor.score[~reads],
        acceptor.n_states,
    )
