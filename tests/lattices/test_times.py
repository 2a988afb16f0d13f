"""Times, confidences and entities of lattices: those of decoding, where nothing is new."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from factories import (
    CHARACTERS,
    PIECES,
    decoder,
    entity_line,
    entity_list,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from small_lattices import WEIGHTS, lattices, paths

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.lattice_files import LatticeSymbols, write_lattice
from wfst_bias.decode.piece_lattice import PieceLattice
from wfst_bias.decode.search import SearchOptions
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.lattices.archive import StoredLattice, from_file
from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.rescore import RescoreOptions, Rescorer
from wfst_bias.lattices.times import TimeReader, ways_between
from wfst_bias.lattices.word_lattice import to_words

GAINS = AdaptiveOptions(gap_scale=0.5, best_tokens=3)
CLASSES = small_lm(["a <place> b", "b <place>", "a b a", "ab ba"] * 2, classes={"<place>": ["ab"]})
DECODERS = {
    (table, name): decoder(table, lm, adaptive=GAINS)
    for table in (CHARACTERS, PIECES)
    for name, lm in (("unknown", small_lm()), ("classes", CLASSES))
}
PHRASES = st.lists(
    st.sampled_from(["a", "ab", "aba", "b", "ba", "a b", "ab a"]),
    min_size=1, max_size=4, unique=True,
)  # fmt: skip


def decoded(
    of: Decoder, log_probs: np.ndarray, names: CompiledList | None
) -> tuple[Result, StoredLattice, LatticeSymbols]:
    """Decode, save the lattice and read it again."""
    pieces: list[PieceLattice] = []
    (result,) = of.decode({"u": log_probs}, names, pieces)
    vocabulary = of.context.vocabulary
    written = () if names is None else [e.written for e in names.entities.entities]
    symbols = LatticeSymbols.of(vocabulary.words, vocabulary.symbols, written, of.compiler.classes)
    with TemporaryDirectory() as folder:
        path = write_lattice(Path(folder), "u", pieces, symbols)
        assert path is not None
        return result, from_file(path.read_bytes(), "u.pt"), symbols


def rescored(of: Decoder, lattice: StoredLattice, symbols: LatticeSymbols) -> Result:
    weights = Weights(of.options.scales.lm_scale, of.options.scales.word_nats)
    words = tuple(symbols.words)
    reader = TimeReader(words, symbols.tokens, of.context.frame_seconds)
    rescorer = Rescorer(words, weights, RescoreOptions(), time_reader=reader)
    return rescorer.rescore("u", lattice.arcs, times=lattice.times).result


def agree(found: Result, expected: Result) -> None:
    assert [w.text for w in found.words] == [w.text for w in expected.words]
    names = ("start_seconds", "end_seconds", "confidence")
    for word, other in zip(found.words, expected.words, strict=True):
        for name in names:
            assert getattr(word, name) == pytest.approx(getattr(other, name), abs=1e-3)
    same = ("written", "first_word", "n_words")
    assert len(found.entities) == len(expected.entities)
    for span, other in zip(found.entities, expected.entities, strict=True):
        assert [getattr(span, n) for n in same] == [getattr(other, n) for n in same]
        for name in (*names, "boost_nats", "adaptive_nats"):
            assert getattr(span, name) == pytest.approx(getattr(other, name), abs=2e-3)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(DECODERS)), PHRASES, st.floats(0.5, 9), st.integers(0, 9999))
def test_they_are_those_of_decoding(case, phrases, score, seed):
    of = DECODERS[case]
    lines = [
        entity_line(p, score, f"E{i} {p.upper()}", classes=["<place>"][: i % 2])
        for i, p in enumerate(phrases)
    ]
    log_probs = random_log_probs(seed, 6, of.tokens.size, sharpness=4.0)
    result, lattice, symbols = decoded(of, log_probs, entity_list(of, lines))
    agree(rescored(of, lattice, symbols), result)


def test_skipped_frames_and_pieces_of_long_utterances() -> None:
    search = SearchOptions(search_beam=20.0, blank_threshold=0.8)
    of = decoder(CHARACTERS, search=search, longest_piece=50)
    log_probs = planted_log_probs(of.tokens, spoken("ab a ba b a ab " * 4), 0.99, blanks=3)
    names = entity_list(of, [entity_line("ba b", 9.0, "Ba-B")])
    result, lattice, symbols = decoded(of, log_probs, names)
    assert result.entities
    agree(rescored(of, lattice, symbols), result)


def test_the_class_of_an_entity_is_asked_for() -> None:
    of = DECODERS[PIECES, "classes"]
    log_probs = planted_log_probs(of.tokens, ["▁a", "▁ab", "a", "▁ab", "b", "▁a", "▁"], 0.99)
    for phrase, classes, expected in (
        ("aba", ["<place>"], "<place>"), ("aba", ["<unk>"], "<unk>"),
        ("ab", ["<place>"], "<place>"),  # of one token as well
    ):  # fmt: skip
        names = entity_list(of, [entity_line(phrase, 30.0, "X", classes=classes)])
        result, lattice, symbols = decoded(of, log_probs, names)
        assert result.entities
        words = list(symbols.words)
        written = lattice.arcs.written == symbols.entity("X")
        assert {words[w] for w in lattice.arcs.lm_word[written]} == {expected}


@settings(max_examples=100)
@given(lattices(), WEIGHTS)
def test_a_path_of_words_leads_through_the_frames_that_gave_its_score(
    arcs: LatticeArcs, weights: Weights
) -> None:
    score = weights.total(arcs)
    words = to_words(arcs, score)
    for path in paths(words):
        of_words = words.take(np.array(path.arcs))
        ways = np.concatenate(ways_between(arcs, score, of_words.origin))
        final = of_words.origin[-1]
        whole = [*ways.tolist(), int(final)]
        assert arcs.source[whole[0]] == 0
        assert arcs.target[whole[:-1]].tolist() == arcs.source[whole[1:]].tolist()
        assert score[whole].sum() == pytest.approx(weights.total(of_words).sum())


def test_a_word_on_no_token_has_no_time() -> None:
    """A lattice from elsewhere may write on arcs that read the blank."""
    of = DECODERS[PIECES, "unknown"]
    result, lattice, symbols = decoded(of, planted_log_probs(of.tokens, ["▁ab"], 0.99), None)
    assert result.words[0].text == "ab"
    lattice.arcs.label[lattice.arcs.label > 0] = 0
    (word,) = rescored(of, lattice, symbols).words
    assert np.isnan([word.start_seconds, word.end_seconds, word.confidence]).all()
