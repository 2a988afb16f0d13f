"""Results of pieces are joined into the result of the whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.decode.pieces import join_pieces
from wfst_bias.formats.results import EntitySpan, NbestEntry, Result, Word

TEXTS = st.lists(st.sampled_from("ab"), max_size=2).map(tuple)
SCORES = st.integers(-50, 50).map(float)


@st.composite
def pieces(draw) -> Result:
    texts = draw(st.dictionaries(TEXTS, SCORES, min_size=1, max_size=4))
    nbest = sorted((NbestEntry(t, s, s / 2) for t, s in texts.items()), key=lambda e: -e.score)
    words = tuple(Word(w, 0.1 * i, 0.1 * (i + 1), 0.5) for i, w in enumerate(nbest[0].words))
    spans = (EntitySpan(words[-1].text, 0.0, 0.1, 0.5, 1.0, len(words) - 1, 1),) if words else ()
    return Result("piece", words, spans, tuple(nbest), nbest[0].score)


@given(st.lists(pieces(), min_size=1, max_size=4), st.integers(1, 6))
def test_joining_is_concatenation(parts, n_best):
    joined = join_pieces("u", [(float(i), part) for i, part in enumerate(parts)], n_best)
    assert joined.utterance_id == "u"
    assert [w.text for w in joined.words] == [w.text for part in parts for w in part.words]
    assert [w.start_seconds for w in joined.words] == pytest.approx(
        [i + w.start_seconds for i, part in enumerate(parts) for w in part.words]
    )
    for span in joined.entities:
        word = joined.words[span.first_word]
        assert (word.text, span.n_words) == (span.written, 1)
    assert len(joined.entities) == sum(len(part.entities) for part in parts)
    assert joined.score == pytest.approx(sum(part.score for part in parts))


@given(st.lists(pieces(), min_size=2, max_size=4))
def test_the_best_combinations_are_kept(parts):
    n_best = max(len(part.nbest) for part in parts)
    best: dict[tuple[str, ...], float] = {}
    for entries in itertools.product(*(part.nbest for part in parts)):
        words = tuple(itertools.chain.from_iterable(e.words for e in entries))
        best[words] = max(best.get(words, -1e9), sum(e.score for e in entries))
    joined = join_pieces("u", [(float(i), part) for i, part in enumerate(parts)], n_best)
    expected = sorted(best.values(), reverse=True)[:n_best]
    assert [e.score for e in joined.nbest] == pytest.approx(expected)
    assert {e.words: e.score for e in joined.nbest} == pytest.approx(
        {e.words: best[e.words] for e in joined.nbest}
    )


def test_one_failed_piece_fails_the_whole():
    good = Result("piece", (Word("a", 0.0, 0.1, 0.5),), (), (NbestEntry(("a",), 1.0, 0.0),), 1.0)
    joined = join_pieces("u", [(0.0, good), (30.0, Result.failed("piece", "lost"))], 3)
    assert joined == Result.failed("u", "from 30.00 s on: lost")
