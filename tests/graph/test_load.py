"""Compiled graphs are kept by the content of their inputs; a broken cache costs only time."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from factories import CHARACTERS, PIECES, small_lm, write_inputs

from wfst_bias.errors import InputError
from wfst_bias.graph import load
from wfst_bias.graph.load import LoadedGraph, load_graph


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often a graph is compiled."""
    calls: list[int] = []
    compile_graph = load.compile_graph

    def counted(*inputs: object) -> LoadedGraph:
        calls.append(1)
        return compile_graph(*inputs)

    monkeypatch.setattr(load, "compile_graph", counted)
    return calls


def same(first: LoadedGraph, second: LoadedGraph) -> bool:
    one, other = first.static, second.static
    return (
        (first.tokens, first.words, first.unigrams)
        == (second.tokens, second.words, second.unigrams)
        and (one.static.target == other.static.target).all()
        and (one.token_arcs.score == other.token_arcs.score).all()
    )


def only_file(cache: Path) -> Path:
    (path,) = cache.iterdir()
    return path


def test_the_second_time_comes_from_the_cache(tmp_path, compilations):
    inputs = write_inputs(tmp_path)
    first = load_graph(*inputs, tmp_path / "cache")
    again = load_graph(*inputs, tmp_path / "cache")
    assert same(first, again)
    assert len(compilations) == 1


def test_without_a_cache_nothing_is_written(tmp_path, compilations):
    inputs = write_inputs(tmp_path)
    before = set(tmp_path.iterdir())
    load_graph(*inputs)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("other", ["lm", "tokens", "order of tokens"])
def test_other_inputs_have_another_key(tmp_path, compilations, other):
    cache = tmp_path / "cache"
    load_graph(*write_inputs(tmp_path), cache)
    symbols = {"tokens": PIECES, "order of tokens": ("▁", "<blk>", "a", "b")}.get(other, CHARACTERS)
    lm = small_lm(order=2) if other == "lm" else small_lm()
    inputs = write_inputs(tmp_path, symbols, lm)
    cached = load_graph(*inputs, cache)
    assert len(compilations) == 2
    assert len(list(cache.iterdir())) == 2
    assert same(cached, load_graph(*inputs))


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content[:-100],
        lambda content: content[:10],
        lambda content: b"",
        lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:],
        lambda content: b"not a graph\n" * 9,
    ],
    ids=["cut off", "cut off in the digest", "empty", "a bit flipped", "something else"],
)
def test_a_broken_cache_is_compiled_anew_with_a_warning(tmp_path, compilations, caplog, broken):
    inputs, cache = write_inputs(tmp_path), tmp_path / "cache"
    first = load_graph(*inputs, cache)
    whole = only_file(cache).read_bytes()
    only_file(cache).write_bytes(broken(whole))
    with caplog.at_level(logging.WARNING):
        again = load_graph(*inputs, cache)
    assert same(first, again)
    assert len(compilations) == 2
    assert "cut off or broken" in caplog.text
    assert only_file(cache).read_bytes()[:64] == whole[:64]


@pytest.mark.parametrize("place", ["cache", "cache/below"])
def test_a_cache_that_cannot_be_written_costs_a_warning(tmp_path, caplog, place):
    inputs = write_inputs(tmp_path)
    (tmp_path / "cache").write_text("a file, not a folder", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        loaded = load_graph(*inputs, tmp_path / place)
    assert same(loaded, load_graph(*inputs))
    assert "cannot be written" in caplog.text


def test_a_folder_in_the_place_of_the_cached_graph(tmp_path, caplog):
    inputs, cache = write_inputs(tmp_path), tmp_path / "cache"
    load_graph(*inputs, cache)
    path = only_file(cache)
    path.unlink()
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        assert same(load_graph(*inputs, cache), load_graph(*inputs))
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("cache", [None, "cache"])
def test_a_missing_lm_is_named(tmp_path, cache):
    tokens, _ = write_inputs(tmp_path)
    with pytest.raises(InputError, match=r"none\.arpa"):
        load_graph(tokens, tmp_path / "none.arpa", cache and tmp_path / cache)


def test_an_lm_cut_off_leaves_no_cached_graph(tmp_path):
    tokens, arpa = write_inputs(tmp_path)
    arpa.write_text(arpa.read_text(encoding="utf-8")[:200], encoding="utf-8")
    with pytest.raises(InputError, match=r"lm\.arpa"):
        load_graph(tokens, arpa, tmp_path / "cache")
    assert not (tmp_path / "cache").exists() or not list((tmp_path / "cache").iterdir())
