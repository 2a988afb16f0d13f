"""The graph equals what k2 itself composes from its CTC topology, a lexicon and a grammar."""

from __future__ import annotations

from collections.abc import Iterable

import k2
import numpy as np
import pytest
import torch
from factories import CHARACTERS, PIECES, decoder, random_log_probs, small_lm, token_table
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import MARKS, Oracle

from wfst_bias.graph.scales import Scales
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.lm.arpa import NgramLm
from wfst_bias.tokens import TokenTable

SCALES = Scales(lm_scale=0.8, spelling_nats=-0.6, class_nats=-0.7, word_nats=-0.4)
Row = tuple[int, int, int, int, float]  # source, target, label, aux label, score
SENTENCES = st.lists(
    st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4).map(" ".join),
    min_size=1,
    max_size=6,
).map(lambda sentences: [*sentences, "a b a"])
LMS = st.builds(small_lm, SENTENCES, order=st.integers(1, 3), min_word_count=st.integers(1, 2))


def transducer(rows: Iterable[Row]) -> k2.Fsa:
    """Return an arc-sorted FST; label -1 marks arcs to the final state, the highest one."""
    rows = sorted(rows)
    final = max(max(row[0], row[1]) for row in rows)
    lines = [f"{s} {t} {i} {o} {w:.6f}" for s, t, i, o, w in rows]
    text = "\n".join([*lines, str(final)])
    return k2.arc_sort(k2.Fsa.from_str(text, num_aux_labels=1))


def grammar(oracle: Oracle, lm: NgramLm) -> k2.Fsa:
    """Return G with backoff arcs, built from the ARPA's entries; words are numbered from 1."""
    start = MARKS[:1] if lm.order > 1 else ()
    states = {start: 0}
    agenda, rows, ends = [start], [], []
    while agenda:
        history = agenda.pop()
        following = {
            (i + 1, log_prob, oracle._after(history, word))
            for i, word in enumerate(lm.words)
            if (log_prob := oracle.entries.get((*history, word), (-np.inf, 0))[0]) > -np.inf
        }
        if history:
            following.add((0, oracle.entries.get(history, (0, 0.0))[1], history[1:]))
        for word, score, after in following:
            if word and lm.words[word - 1] == MARKS[1]:
                ends.append((states[history], score))
                continue
            if after not in states:
                states[after] = len(states)
                agenda.append(after)
            extra = SCALES.word_nats if word else 0.0
            weighed = SCALES.lm_scale * score + extra
            rows.append((states[history], states[after], word, word, weighed))
    final = len(states)
    rows += [(state, final, -1, -1, SCALES.lm_scale * score) for state, score in ends]
    fst = transducer(rows)
    del fst.aux_labels
    return fst


def lexicon(oracle: Oracle, lm: NgramLm, tokens: TokenTable) -> k2.Fsa:
    """Return L: the words' spellings, and the class word as any spelled word."""
    number = TokenNumbers.of(tokens).from_columns()
    starts = tokens.word_start_ids
    inner = [i for i in tokens.ids.values() if i not in starts]
    class_word = lm.words.index(lm.class_word) + 1
    rows: list[Row] = []
    states = 3  # 0 between words, 1 inside a spelled one, 2 after a bare mark
    for word, spelling in oracle.words:
        way = [0, *range(states, states + len(spelling) - 1), 0]
        states += len(spelling) - 1
        outputs = [lm.words.index(word) + 1, *[0] * (len(spelling) - 1)]
        for at, column in enumerate(spelling):
            rows.append((way[at], way[at + 1], int(number[column]), outputs[at], 0.0))
    for column in starts:
        bare = tokens.symbols[column] == "▁"
        rows.append((0, 2 if bare else 1, int(number[column]), class_word, SCALES.class_nats))
    rows += [(s, 1, int(number[i]), 0, SCALES.spelling_nats) for s in (1, 2) for i in inner]
    rows.append((1, 0, 0, 0, 0.0))  # a spelled word ends
    trailing, final = states, states + 1
    if tokens.separator_id is not None:
        rows.append((0, trailing, int(number[tokens.separator_id]), 0, 0.0))
        rows.append((trailing, final, -1, -1, 0.0))
    rows.append((0, final, -1, -1, 0.0))
    return transducer(rows)


def composed(oracle: Oracle, lm: NgramLm, tokens: TokenTable) -> k2.Fsa:
    """Return T∘L∘G; epsilons are removed first, as 0 stands for the blank in T∘L∘G."""
    words = k2.connect(k2.compose(lexicon(oracle, lm, tokens), grammar(oracle, lm)))
    plain = k2.Fsa(words.arcs)
    plain = k2.arc_sort(k2.connect(k2.remove_epsilon(plain)))
    topology = k2.arc_sort(k2.ctc_topo(tokens.size - 1, modified=False))
    return k2.arc_sort(k2.connect(k2.compose(topology, plain)))


def best_score(graph: k2.Fsa, log_probs: np.ndarray, tokens: TokenTable) -> float:
    """Return the score of the best path by k2's exact intersection."""
    columns = TokenNumbers.of(tokens).columns
    rows = log_probs[:, columns]
    if tokens.separator_id is not None:  # a frame in front, a space or blank
        first = np.full((1, tokens.size), -np.inf, np.float32)
        first[0, [0, int(np.flatnonzero(columns == tokens.separator_id)[0])]] = 0.0
        rows = np.concatenate([first, rows])
    segments = torch.tensor([[0, 0, len(rows)]], dtype=torch.int32)
    dense = k2.DenseFsaVec(torch.from_numpy(rows[None].copy()), segments)
    lattice = k2.intersect_dense(k2.create_fsa_vec([graph]), dense, output_beam=50.0)
    return float(lattice.get_tot_scores(use_double_scores=True, log_semiring=False))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([CHARACTERS, PIECES]), LMS, st.integers(0, 10_000))
def test_the_best_path_is_that_of_the_composition_by_k2(symbols, lm, seed):
    tokens = token_table(symbols)
    graph = composed(Oracle(tokens, lm, SCALES), lm, tokens)
    d = decoder(symbols, lm, SCALES, n_best=1)
    inputs = {str(n): random_log_probs(seed + n, n, len(symbols)) for n in (1, 4, 9, 15)}
    for result in d.decode(inputs):
        expected = best_score(graph, inputs[result.utterance_id], tokens)
        assert result.score == pytest.approx(expected, abs=1e-3)
