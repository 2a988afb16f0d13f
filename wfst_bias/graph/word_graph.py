"""L∘G: the word LM over the model's tokens, deterministic within each history and epsilon-free.

The words that a history predicts form a prefix tree of their spellings, with probabilities pushed
towards its root in the log semiring; a word's last token leads to the history that the word makes.
This is what determinizing the composition of L and G yields, built directly: a word is emitted by
its last token, so homophones need no disambiguation symbols, and it takes a twentieth of the time.
Backoff arcs are removed by letting a word end in the history that it makes and in all histories
that this one backs off to, and where it may be followed by a class word, in the state of the class.
So neither the many arcs that leave the empty history nor those that leave such a state are copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.graph.arcs import TokenArcs
from wfst_bias.graph.grammar import Grammar
from wfst_bias.graph.lexicon import Lexicon
from wfst_bias.tokens import TokenTable

Array = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class TokenNumbers:
    """Renumber the token columns so that the blank is 0, as k2's CTC graphs have it.

    Attributes:
      columns: `(V,)`, the model's column of each token number from 0 to V - 1.
    """

    columns: Array

    @classmethod
    def of(cls, tokens: TokenTable) -> TokenNumbers:
        """Put the blank first and keep the order of the rest."""
        others = [i for i in range(tokens.size) if i != tokens.blank_id]
        return cls(np.array([tokens.blank_id, *others], np.int64))

    def from_columns(self) -> Array:
        """Return `(V,)`, the token number of each of the model's columns."""
        numbers = np.empty_like(self.columns)
        numbers[self.columns] = np.arange(len(self.columns))
        return numbers


@dataclass(frozen=True)
class ClassPlaces:
    """Hold where L∘G offers a class.

    Attributes:
      slots: the states where a word of the class may begin -> its log-probability there.
      after: the history that the class word makes.
    """

    slots: dict[int, float]
    after: int


@dataclass(frozen=True)
class WordGraph:
    """Hold L∘G.

    Attributes:
      arcs: token arcs; `output` is the number of the word that ends with the token, 0 for none.
      n_states: histories first, the start being 0, then the inner nodes of the prefix trees, then
        the states of the classes.
      final_scores: `(histories,)`, log P(</s> | history), -inf where only backing off gives it.
      classes: the places of each class of G, that of unknown words first.
    """

    arcs: TokenArcs
    n_states: int
    final_scores: Doubles
    classes: tuple[ClassPlaces, ...]


def build_word_graph(lexicon: Lexicon, grammar: Grammar, tokens: TokenTable) -> WordGraph:
    """Spell the words of G.

    Raises:
      InputError: the LM and the lexicon share no word, or the LM never offers its class of
        unknown words or the end of a sentence.
    """
    grammar = grammar.starting_at_zero()
    is_word = ~np.isin(grammar.word, (grammar.backoff, *grammar.class_words))
    spellings = _SortedSpellings.of(lexicon, TokenNumbers.of(tokens).from_columns())
    tree = _spell_arcs(spellings, grammar, np.flatnonzero(is_word))
    if not len(tree):
        raise InputError("the language model has no word that the tokens can spell")
    if not (grammar.word == grammar.class_words[0]).any():
        raise InputError("the language model never predicts its <unk>, so lists cannot attach")
    if not len(grammar.final_states):
        raise InputError("the language model never predicts </s>, so no sentence can end")
    backoff = _Backoff.of(grammar)
    offers = [_Offer.of(grammar, word, backoff) for word in grammar.class_words]
    first_class = int(max(tree.source.max(), tree.target.max(), grammar.n_states - 1)) + 1
    class_states = first_class + np.arange(len(offers))
    entered = [tree, *backoff.ends(tree)]
    entered += [
        _class_ends(tree, offer.by_words, int(state))
        for offer, state in zip(offers, class_states, strict=True)
    ]
    arcs = TokenArcs.concatenate(entered)
    # No word leads into the start and the states after classes, so they take over the arcs of
    # the histories that they back off to.
    unentered = np.unique([0, *(offer.after for offer in offers)])
    inherited = backoff.inherit(arcs.take(arcs.source < grammar.n_states), unentered)
    final_scores = backoff.own(grammar.final_states, grammar.final_scores)
    best_final = backoff.best(grammar.final_states, grammar.final_scores)
    final_scores[unentered] = best_final[unentered]
    return WordGraph(
        arcs=TokenArcs.concatenate([arcs, *inherited]).sorted_by_source(),
        n_states=first_class + len(offers),
        final_scores=final_scores,
        classes=tuple(
            offer.places(int(state), unentered)
            for offer, state in zip(offers, class_states, strict=True)
        ),
    )


@dataclass(frozen=True)
class _Offer:
    """Hold what histories say of a class.

    The class of unknown words is expected nearly everywhere, so a word that may be followed by it
    leads to its state whatever the history. A named class is expected in few contexts: only where
    the history knows more of it than the empty one, a word leads to its state. Elsewhere the class
    begins in the empty history, to which every word has backed off; the paths are the same.

    Attributes:
      best: `(histories,)`, the log-probability of the class, backing off included; -inf for never.
      by_words: `(histories,)`, that by which words lead to the class's state.
      roots: the histories that offer the class themselves beside the unentered ones.
      after: the history that the class word makes.
    """

    best: Doubles
    by_words: Doubles
    roots: Array
    after: int

    @classmethod
    def of(cls, grammar: Grammar, word: int, backoff: _Backoff) -> _Offer:
        arcs = grammar.word == word
        source, score = grammar.source[arcs], grammar.score[arcs]
        best, after = backoff.best(source, score), int(grammar.target[arcs][0])
        if word == grammar.class_words[0]:
            return cls(best, best, np.zeros(0, np.int64), after)
        at_root = backoff.next[source] < 0
        by_root = backoff.best(source[at_root], score[at_root])
        return cls(best, np.where(best > by_root, best, -np.inf), source[at_root], after)

    def places(self, class_state: int, unentered: Array) -> ClassPlaces:
        """Return the slots: the class's state, and histories that offer the class themselves."""
        own = np.concatenate([unentered, self.roots])
        offered = own[np.isfinite(self.best[own])]
        slots = {int(history): float(self.best[history]) for history in offered}
        return ClassPlaces({class_state: 0.0, **slots}, self.after)


def _class_ends(tree: TokenArcs, slot_scores: Doubles, class_state: int) -> TokenArcs:
    """Return the arcs that end a word, led to the class state where the class may follow."""
    ends = tree.take(tree.output > 0)
    score = slot_scores[ends.target]
    offered = np.isfinite(score)
    ends = ends.take(offered)
    return TokenArcs.make(
        ends.source, class_state, ends.token, ends.score + score[offered], ends.output
    )


@dataclass(frozen=True)
class _SortedSpellings:
    """Hold spellings in lexicographic order: `tokens` `(n, longest)`, padded with 0."""

    word: Array
    tokens: Array
    lengths: Array

    @classmethod
    def of(cls, lexicon: Lexicon, renumber: Array) -> _SortedSpellings:
        lengths = np.array([len(s) for _, s in lexicon.spellings], np.int64)
        tokens = np.zeros((len(lengths), int(lengths.max(initial=1))), np.int64)
        filled = np.arange(tokens.shape[1]) < lengths[:, None]
        tokens[filled] = renumber[[column for _, s in lexicon.spellings for column in s]]
        order = np.lexsort(tokens.T[::-1]) if len(tokens) else np.zeros(0, np.int64)
        word = np.array([w for w, _ in lexicon.spellings], np.int64)
        return cls(word[order], tokens[order], lengths[order])

    def of_words(self, words: Array) -> tuple[Array, Array]:
        """Return (index into `words`, spelling) pairs for all spellings of each word."""
        by_word = np.argsort(self.word, kind="stable")
        begin = np.searchsorted(self.word[by_word], words)
        counts = np.searchsorted(self.word[by_word], words, side="right") - begin
        index = np.repeat(np.arange(len(words)), counts)
        rank = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
        return index, by_word[begin[index] + rank]


def _spell_arcs(spellings: _SortedSpellings, grammar: Grammar, arcs: Array) -> TokenArcs:
    """Return a prefix tree per history; inner nodes are numbered from `n_states` on.

    Row i of the sorted (history, spelling) pairs shares its first `shared[i]` inner nodes with the
    row before. A row that ends where the next one goes on has no inner node there.
    """
    index, spelling = spellings.of_words(grammar.word[arcs])
    order = np.lexsort((spelling, grammar.source[arcs][index]))
    arc, spelling = arcs[index][order], spelling[order]
    tokens, inner = spellings.tokens[spelling], spellings.lengths[spelling] - 1
    history, score = grammar.source[arc], grammar.score[arc]
    shared = _shared_nodes(history, tokens, inner)
    nodes = _number_nodes(shared, inner, tokens.shape[1], grammar.n_states)
    nodes[:, 0] = history
    mass = _log_masses(nodes, inner, score, grammar.n_states)
    rows, depth = np.nonzero((np.arange(tokens.shape[1]) > shared[:, None]) & (nodes >= 0))
    growing = depth > 0
    rows, depth = rows[growing], depth[growing]
    parent, child = nodes[rows, depth - 1], nodes[rows, depth]
    branches = TokenArcs.make(parent, child, tokens[rows, depth - 1], mass[child] - mass[parent])
    last = nodes[np.arange(len(arc)), inner]
    final_token = tokens[np.arange(len(arc)), inner]
    leaves = TokenArcs.make(
        last, grammar.target[arc], final_token, score - mass[last], grammar.word[arc]
    )
    return TokenArcs.concatenate([branches, leaves])


def _shared_nodes(history: Array, tokens: Array, inner: Array) -> Array:
    """Return `(rows,)`, the depth down to which each row uses the nodes of the row before."""
    differs = tokens[1:] != tokens[:-1]
    common = np.where(differs.any(axis=1), differs.argmax(axis=1), tokens.shape[1])
    common[history[1:] != history[:-1]] = 0
    shared = np.zeros(len(tokens), np.int64)
    shared[1:] = np.minimum(np.minimum(common, inner[:-1]), inner[1:])
    return shared


def _number_nodes(shared: Array, inner: Array, longest: int, first: int) -> Array:
    """Return `(rows, longest)`, the node of each row at each depth, -1 below its inner ones."""
    depth = np.arange(longest)
    is_new = (depth > shared[:, None]) & (depth <= inner[:, None])
    fresh = np.zeros(is_new.shape, np.int64)
    fresh[is_new] = first + np.arange(int(is_new.sum()))
    made_in_row = np.where(is_new, np.arange(len(shared))[:, None], 0)
    latest = np.maximum.accumulate(made_in_row, axis=0)
    nodes = np.take_along_axis(fresh, latest, axis=0)
    return np.where(depth <= inner[:, None], nodes, -1)


def _log_masses(nodes: Array, inner: Array, score: Doubles, n_histories: int) -> Doubles:
    """Return per node the log of the probability of all words behind it; 0 for histories."""
    mass = np.zeros(max(int(nodes.max(initial=0)) + 1, n_histories))
    below = np.arange(nodes.shape[1]) >= 1
    rows, depth = np.nonzero((nodes >= 0) & below & (np.arange(nodes.shape[1]) <= inner[:, None]))
    total = np.bincount(nodes[rows, depth], np.exp(score[rows]), len(mass))
    mass[n_histories:] = np.log(total[n_histories:])
    return mass


@dataclass(frozen=True)
class _Backoff:
    """Hold the backoff chain: `next` history and the score of going there; -1 at the end."""

    next: Array
    score: Doubles

    @classmethod
    def of(cls, grammar: Grammar) -> _Backoff:
        after = np.full(grammar.n_states, -1, np.int64)
        score = np.zeros(grammar.n_states)
        arcs = grammar.word == grammar.backoff
        after[grammar.source[arcs]] = grammar.target[arcs]
        score[grammar.source[arcs]] = grammar.score[arcs]
        return cls(after, score)

    def levels(self) -> list[tuple[Array, Array, Doubles]]:
        """Return per number of steps: the histories that can take them, where to, the score."""
        state, reached = np.arange(len(self.next)), np.arange(len(self.next))
        score = np.zeros(len(self.next))
        found = []
        while len(state):
            found.append((state, reached, score))
            on = self.next[reached] >= 0
            score = score[on] + self.score[reached[on]]
            state, reached = state[on], self.next[reached[on]]
        return found

    def ends(self, tree: TokenArcs) -> list[TokenArcs]:
        """Return the arcs that end a word, led to the histories that its own backs off to."""
        words = tree.take(tree.output > 0)
        found = []
        for state, reached, score in self.levels()[1:]:
            to = np.full(len(self.next), -1, np.int64)
            gained = np.zeros(len(self.next))
            to[state], gained[state] = reached, score
            at = np.flatnonzero(to[words.target] >= 0)
            arcs, target = words.take(at), words.target[at]
            found.append(
                TokenArcs.make(arcs.source, to[target], arcs.token,
                               arcs.score + gained[target], arcs.output)
            )  # fmt: skip
        return found

    def inherit(self, roots: TokenArcs, histories: Array) -> list[TokenArcs]:
        """Return the arcs that these histories take over from those they back off to."""
        roots = roots.sorted_by_source()
        inherited = []
        for states, reached, scores in self.levels()[1:]:
            for at in np.flatnonzero(np.isin(states, histories)):
                begin, end = np.searchsorted(roots.source, [reached[at], reached[at] + 1])
                arcs = roots.take(np.arange(begin, end))
                inherited.append(
                    TokenArcs.make(states[at], arcs.target, arcs.token,
                                   arcs.score + scores[at], arcs.output)
                )  # fmt: skip
        return inherited

    def own(self, histories: Array, scores: Doubles) -> Doubles:
        """Return for every history its own score, -inf where it has none."""
        own = np.full(len(self.next), -np.inf)
        np.maximum.at(own, histories, scores)
        return own

    def best(self, histories: Array, scores: Doubles) -> Doubles:
        """Return for every history the best of its own score and those it backs off to."""
        own = self.own(histories, scores)
        best = np.full(len(self.next), -np.inf)
        for state, reached, score in self.levels():
            np.maximum.at(best, state, own[reached] + score)
        return best
