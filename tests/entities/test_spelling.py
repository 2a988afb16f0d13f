"""Spellings concatenate to their form, and are the fewest pieces that a brute force finds."""

from __future__ import annotations

import itertools
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.tokens import TokenTable

CHARACTERS = TokenTable.from_symbols(dict(enumerate(["▁", *string.ascii_lowercase, "<blk>"])))
PIECES = TokenTable.from_symbols(
    dict(enumerate(["<blk>", "<unk>", "▁a", "▁an", "▁b", "a", "an", "ann", "n", "▁", "na"]))
)
TEXT = ["hello world", "zelensky", "ljubljana", "ann lee", "announce", "anna hello"] * 5


def spelled(table: TokenTable, segmentation: tuple[int, ...]) -> str:
    return "".join(table.symbols[i] for i in segmentation)


def marked(form: str) -> str:
    return "".join(f"▁{word}" for word in form.split())


def brute_force(table: TokenTable, word: str) -> list[tuple[int, ...]]:
    """Cut a marked word in every way; fewest pieces first, then longer pieces first."""
    found = []
    for count in range(1, len(word) + 1):
        for cuts in itertools.combinations(range(1, len(word)), count - 1):
            edges = [0, *cuts, len(word)]
            pieces = [word[a:b] for a, b in itertools.pairwise(edges)]
            if all(piece in table.ids for piece in pieces):
                order = (count, [-len(piece) for piece in pieces])
                found.append((order, tuple(table.ids[piece] for piece in pieces)))
    return [ids for _, ids in sorted(found)]


def test_characters_have_one_spelling():
    assert Speller(CHARACTERS).segmentations("ann lee") == ((0, 1, 14, 14, 0, 12, 5, 5),)


@given(st.lists(st.text(string.ascii_lowercase, min_size=1), min_size=1).map(" ".join))
def test_characters_concatenate_to_the_form(form):
    ((*segmentation,),) = Speller(CHARACTERS).segmentations(form)
    assert spelled(CHARACTERS, tuple(segmentation)) == marked(form)


@given(st.text("anb", min_size=1, max_size=8), st.integers(1, 6))
def test_fewest_pieces_come_first(word, count):
    expected = brute_force(PIECES, f"▁{word}")[:count]
    assert list(Speller(PIECES, count).segmentations(word)) == expected


@given(st.lists(st.text("an", min_size=1, max_size=5), min_size=2, max_size=3), st.integers(1, 6))
def test_words_are_combined_by_the_fewest_pieces(words, count):
    speller = Speller(PIECES, count)
    found = speller.segmentations(" ".join(words))
    every = itertools.product(*(speller.word_segmentations(word) for word in words))
    lengths = sorted(sum(map(len, combination)) for combination in every)
    assert [len(segmentation) for segmentation in found] == lengths[:count]
    assert len(set(found)) == len(found)
    assert {spelled(PIECES, s) for s in found} == {marked(" ".join(words))}


@pytest.mark.parametrize("form", ["", "annx", "ann x", "x"])
def test_what_cannot_be_spelled_has_no_spelling(form):
    assert Speller(PIECES).segmentations(form) == ()


def test_characters_that_the_table_lacks_have_no_spelling():
    assert Speller(CHARACTERS).segmentations("") == ()
    assert Speller(CHARACTERS).segmentations("né") == ()


def test_separator_with_longer_tokens():
    table = TokenTable.from_symbols(dict(enumerate(["<blk>", "▁", "s", "h", "sh"])))
    assert Speller(table).segmentations("sh s") == ((1, 4, 1, 2), (1, 2, 3, 1, 2))


def test_at_least_one_segmentation():
    with pytest.raises(InputError, match="at least one segmentation: 0"):
        Speller(PIECES, 0)


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def trained(request, tmp_path_factory) -> tuple[str, Path, TokenTable]:
    sentencepiece = pytest.importorskip("sentencepiece")
    path = tmp_path_factory.mktemp("spm") / request.param
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT),
        model_prefix=str(path),
        model_type=request.param,
        vocab_size=30,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=f"{path}.model")
    pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    # The table numbers its tokens otherwise than the model does.
    kept = ["<blk>", *reversed([piece for piece in pieces if not piece.startswith("<")])]
    table = TokenTable.from_symbols(dict(enumerate(kept)))
    return request.param, replace(table, subword_model=Path(f"{path}.model").read_bytes())


@pytest.mark.parametrize("form", ["hello", "zelensky", "anna", "ann lee", "world hello anna"])
def test_the_models_own_spelling_comes_first(trained, form):
    import sentencepiece

    _, table = trained
    processor = sentencepiece.SentencePieceProcessor(model_proto=table.subword_model)
    found = Speller(table, 4).segmentations(form)
    own = [piece for word in form.split() for piece in processor.encode(word, out_type=str)]
    assert [table.symbols[i] for i in found[0]] == own
    assert {spelled(table, s) for s in found} == {marked(form)}
    assert 1 < len(found) <= 4
    assert len(set(found)) == len(found)


def test_spellings_of_the_table_complete_those_of_the_model(trained):
    import sentencepiece

    kind, table = trained
    processor = sentencepiece.SentencePieceProcessor(model_proto=table.subword_model)
    own = [processor.encode("announce", out_type=str)]
    if kind == "unigram":
        own = processor.nbest_encode_as_pieces("announce", 6)
    expected = [tuple(table.ids[piece] for piece in pieces) for pieces in own]
    expected += Speller(replace(table, subword_model=b""), 6).segmentations("announce")
    assert Speller(table, 6).segmentations("announce") == tuple(dict.fromkeys(expected))[:6]


def test_pieces_that_the_table_lacks_are_left_out(trained):
    _, table = trained
    letters = TokenTable.from_symbols(
        dict(enumerate(["<blk>", "▁", *sorted(table.letters), "▁nothing"]))
    )
    with_model = replace(letters, subword_model=table.subword_model)
    assert Speller(with_model, 4).segmentations("hello") == Speller(letters).segmentations("hello")


def test_a_bad_model_is_named():
    pytest.importorskip("sentencepiece")
    with pytest.raises(InputError, match=r"bpe\.model .* no SentencePiece model"):
        Speller(replace(PIECES, subword_model=b"no model"))


def test_what_is_remembered_is_forgotten_in_time(monkeypatch):
    monkeypatch.setattr("wfst_bias.entities.spelling.MOST_REMEMBERED", 2)
    speller, forms = Speller(PIECES), ["an b", "b an", "an an", "ann b", "an b", "ban", "b x"]
    assert [speller.segmentations(form) for form in forms] == [
        Speller(PIECES).segmentations(form) for form in forms
    ]
