from hypothesis import given
from hypothesis import strategies as st

from benchmarks.aho_corasick import build_context_graph, matches

TOKENS = st.integers(0, 2)
PHRASES = st.lists(st.lists(TOKENS, min_size=1, max_size=4), max_size=6)


@given(PHRASES, st.lists(TOKENS, max_size=12))
def test_finds_every_phrase_wherever_it_ends(phrases: list[list[int]], text: list[int]) -> None:
    distinct = {tuple(phrase) for phrase in phrases}
    expected = [
        sum(1.5 * len(p) for p in distinct if tuple(text[:end][-len(p) :]) == p)
        for end in range(1, len(text) + 1)
    ]
    assert list(matches(build_context_graph(phrases, 1.5), text)) == expected
