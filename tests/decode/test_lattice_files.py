"""Lattices on disk: what k2 loads spells what the decoder said, path by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import k2
import numpy as np
import pytest
import torch
from factories import (
    CHARACTERS,
    PIECES,
    decoder,
    entity_line,
    entity_list,
    planted_log_probs,
    random_log_probs,
    spoken,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.lattice_files import (
    LatticeSymbols,
    lattice_file_name,
    read_text,
    write_lattice,
    write_symbols,
)
from wfst_bias.decode.lattice_fsa import lattice_fsa
from wfst_bias.decode.piece_lattice import PieceLattice
from wfst_bias.decode.search import SearchOptions
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList

DECODERS = {table: decoder(table) for table in (CHARACTERS, PIECES)}
FRAMES = {CHARACTERS: 5, PIECES: 4}
WORDS = st.text("ab", min_size=1, max_size=3)
PHRASES = st.lists(WORDS, min_size=1, max_size=2).map(" ".join)


def symbols_of(of: Decoder, written: Sequence[str]) -> LatticeSymbols:
    vocabulary = of.context.vocabulary
    return LatticeSymbols.of(vocabulary.words, vocabulary.symbols, written, of.compiler.classes)


def decode_one(
    of: Decoder, log_probs: np.ndarray, entities: CompiledList | None = None
) -> tuple[Result, list[PieceLattice]]:
    lattices: list[PieceLattice] = []
    (result,) = of.decode({"utt": log_probs}, entities, lattices)
    return result, lattices


def text_of(result: Result) -> str:
    return " ".join(word.text for word in result.words)


def paths(fsa: k2.Fsa, names: Mapping[int, str]) -> Iterator[tuple[str, tuple[int, ...], float]]:
    """Give every path of a small lattice: what it writes, its labels, its score."""
    leaving: dict[int, list[tuple[int, int, int, float]]] = {}
    arcs = fsa.arcs.values().tolist()
    for (source, target, label, _), aux, score in zip(
        arcs, fsa.aux_labels.tolist(), fsa.scores.tolist(), strict=True
    ):
        leaving.setdefault(source, []).append((target, label, aux, score))
    open_paths: list[tuple[int, tuple[int, ...], tuple[int, ...], float]] = [(0, (), (), 0.0)]
    while open_paths:
        state, labels, written, total = open_paths.pop()
        for target, label, aux, score in leaving[state]:
            if label == -1:
                assert aux == -1
                yield read_text(names[w] for w in written if w), labels, total + score
            else:
                open_paths.append((target, (*labels, label), (*written, aux), total + score))


@st.composite
def decoded(draw: st.DrawFn) -> tuple[Result, list[PieceLattice], LatticeSymbols]:
    table = draw(st.sampled_from([CHARACTERS, PIECES]))
    of = DECODERS[table]
    log_probs = random_log_probs(draw(st.integers(0, 999)), FRAMES[table], len(table))
    phrases = draw(st.lists(PHRASES, max_size=3, unique=True))
    lines = [
        entity_line(phrase, draw(st.floats(0, 4)), written=f"X{number} {phrase.upper()}")
        for number, phrase in enumerate(phrases)
    ]
    entities = entity_list(of, lines) if lines else None
    written = [line.written for line in lines]
    return *decode_one(of, log_probs, entities), symbols_of(of, written)


@settings(max_examples=40, deadline=None)
@given(decoded())
def test_the_paths_spell_the_n_best_texts_with_their_scores(
    case: tuple[Result, list[PieceLattice], LatticeSymbols],
) -> None:
    result, lattices, symbols = case
    fsa = lattice_fsa(lattices, symbols)
    names = {number: symbol for symbol, number in symbols.words.items()}
    best: dict[str, float] = {}
    for text, _, score in paths(fsa, names):
        best[text] = max(score, best.get(text, -np.inf))
    for entry in result.nbest:
        assert best.pop(" ".join(entry.words)) == pytest.approx(entry.score, abs=1e-3)
    assert max(best.values(), default=-np.inf) <= result.nbest[-1].score + 1e-3


@settings(max_examples=20, deadline=None)
@given(decoded())
def test_no_path_is_lost_or_doubled(
    case: tuple[Result, list[PieceLattice], LatticeSymbols],
) -> None:
    _, lattices, symbols = case
    (lattice,) = (piece.lattice for piece in lattices)
    columns = [lattice.source, lattice.target, lattice.label, lattice.score.astype(np.float32)]
    columns[3] = columns[3].view(np.int32)
    plain = k2.Fsa(torch.from_numpy(np.stack(columns, axis=1).astype(np.int32)))
    saved = lattice_fsa(lattices, symbols)
    sums = [
        k2.create_fsa_vec([fsa]).get_tot_scores(log_semiring=True, use_double_scores=True).item()
        for fsa in (plain, saved)
    ]
    assert sums[0] == pytest.approx(sums[1], abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(decoded())
def test_the_parts_of_scores_add_up(
    case: tuple[Result, list[PieceLattice], LatticeSymbols],
) -> None:
    _, lattices, symbols = case
    (piece,) = lattices
    check_parts(piece, symbols)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.lists(PHRASES, min_size=1, max_size=3, unique=True))
def test_what_single_frames_gave_is_no_acoustics(seed: int, phrases: list[str]) -> None:
    of = decoder(PIECES, adaptive=AdaptiveOptions(gap_scale=0.5, best_tokens=3))
    entities = entity_list(of, [entity_line(phrase, 3.0) for phrase in phrases])
    _, (piece,) = decode_one(of, random_log_probs(seed, 4, len(PIECES)), entities)
    check_parts(piece, symbols_of(of, phrases))


def check_parts(piece: PieceLattice, symbols: LatticeSymbols) -> None:
    """Compare acoustics with the log-probabilities, and the sums along paths with the scores."""
    fsa = lattice_fsa([piece], symbols)
    context, scales = piece.context, piece.scales
    heard = fsa.frame >= 0
    column = context.columns[fsa.labels[heard].numpy()]
    log_probs = piece.log_probs[fsa.frame[heard].numpy(), column]
    assert fsa.acoustic[heard].numpy() == pytest.approx(log_probs, abs=1e-4)
    assert fsa.acoustic[~heard].numpy() == pytest.approx(0.0, abs=1e-4)
    parts = fsa.acoustic + scales.lm_scale * fsa.lm_score + fsa.boost_nats + fsa.other_nats
    parts = parts + scales.word_nats * (fsa.lm_word > 0)
    whole = k2.Fsa(fsa.arcs)
    whole.aux_labels = fsa.aux_labels
    names = {number: symbol for symbol, number in symbols.words.items()}
    scores = [path[2] for path in paths(whole, names)]
    whole.scores = parts
    assert [path[2] for path in paths(whole, names)] == pytest.approx(scores, abs=1e-3)


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    of = DECODERS[PIECES]
    entities = entity_list(of, [entity_line("ab", 3.0, written="A B")])
    log_probs = planted_log_probs(of.tokens, ["▁ab", "▁a", "b", "▁a"])
    result, lattices = decode_one(of, log_probs, entities)
    symbols = symbols_of(of, ["A B"])
    write_symbols(tmp_path, symbols)
    path = write_lattice(tmp_path, "a/b", lattices, symbols)
    assert path == tmp_path / "a%2Fb.pt"

    fsa = k2.Fsa.from_dict(torch.load(path))
    assert fsa.utterance_id == "a/b"
    best = k2.shortest_path(k2.create_fsa_vec([fsa]), use_double_scores=True)
    words = k2.SymbolTable.from_file(str(tmp_path / "words.txt"))
    tokens = k2.SymbolTable.from_file(str(tmp_path / "tokens.txt"))
    assert text_of(result).startswith("A B")
    assert read_text(words[w] for w in best.aux_labels.tolist() if w > 0) == text_of(result)
    assert best.scores.sum().item() == pytest.approx(result.score, abs=1e-3)
    read = [tokens[label] for label in best.labels.tolist() if label > 0]
    assert read == ["▁ab", "▁a", "b", "▁a"]
    assert best.frame.tolist() == [*range(8), -1]


def test_frames_that_the_search_skips_are_on_no_arc() -> None:
    search = SearchOptions(search_beam=1000, output_beam=1000, blank_threshold=0.8)
    of = decoder(CHARACTERS, search=search)
    log_probs = planted_log_probs(of.tokens, spoken("ab a"), blanks=3)
    _, lattices = decode_one(of, log_probs)
    best = k2.shortest_path(
        k2.create_fsa_vec([lattice_fsa(lattices, symbols_of(of, []))]), use_double_scores=True
    )
    # In front, a frame that is none of the model's may be read as a space.
    kept = [frame for at in range(4) for frame in (4 * at, 4 * at + 1)]
    assert best.frame.tolist() == [-1, *kept, -1]


def test_the_pieces_of_a_long_utterance_are_one_lattice() -> None:
    of = decoder(CHARACTERS, search=SearchOptions(blank_threshold=None), longest_piece=50)
    log_probs = planted_log_probs(of.tokens, spoken("ab a ba b a ab " * 4), 0.999, blanks=1)
    result, lattices = decode_one(of, log_probs)
    assert len(lattices) > 1
    symbols = symbols_of(of, [])
    fsa = lattice_fsa(lattices, symbols)
    best = k2.shortest_path(k2.create_fsa_vec([fsa]), use_double_scores=True)
    names = {number: symbol for symbol, number in symbols.words.items()}
    assert read_text(names[w] for w in best.aux_labels.tolist() if w > 0) == text_of(result)
    assert best.scores.sum().item() == pytest.approx(result.score, abs=1e-2)
    frames = [frame for frame in best.frame.tolist() if frame >= 0]
    assert frames == list(range(len(log_probs)))


def test_an_utterance_without_a_path_has_no_file(tmp_path: Path) -> None:
    of = DECODERS[CHARACTERS]
    _, (piece,) = decode_one(of, random_log_probs(0, 3, 4))
    nothing = np.zeros(0, np.int64)
    lattice = replace(
        piece.lattice,
        source=nothing,
        target=nothing,
        label=nothing,
        score=nothing.astype(np.float64),
        meaning=piece.lattice.meaning.take(nothing),
    )
    symbols = symbols_of(of, [])
    assert write_lattice(tmp_path, "utt", [replace(piece, lattice=lattice)], symbols) is None
    assert list(tmp_path.iterdir()) == []


def test_symbols_are_numbered_once_each_and_in_an_order_of_their_own() -> None:
    symbols = LatticeSymbols.of(["the", "b"], ["<blk>", "▁", "b"], ["Ab Cd", "the", "Aa"], ["b"])
    assert symbols.classes == (2,)
    assert symbols.words == {
        "<eps>": 0, "the": 1, "b": 2, "▁": 3, "##b": 4, "Aa": 5, "Ab▁Cd": 6,
    }  # fmt: skip
    reordered = ["Aa", "the", "Ab Cd", "Aa"]
    assert symbols == LatticeSymbols.of(["the", "b"], ["<blk>", "▁", "b"], reordered, ["b"])
    assert read_text(["the", "▁", "##b", "##b", "Ab▁Cd", "b"]) == "the bb Ab Cd b"


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@given(st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_file_names_are_distinct_and_stay_in_the_folder(ids: list[str]) -> None:
    names = [lattice_file_name(utterance_id) for utterance_id in ids]
    assert names[0] != names[1]
    for name in names:
        assert Path(name).name == name
        assert not name.startswith(".")
        assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("utterance_id", "name"),
    [
        ("LJ001-0001", "LJ001-0001.pt"),
        ("../x", "%2E.%2Fx.pt"),
        ("é%", "é%25.pt"),
        ("a:b", "a%3Ab.pt"),
    ],
)
def test_file_names(utterance_id: str, name: str) -> None:
    assert lattice_file_name(utterance_id) == name
