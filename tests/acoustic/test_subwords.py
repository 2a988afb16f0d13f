"""Subwords: the ids are sentencepiece's, blank is 0, and what the tokens lack is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sentencepiece = pytest.importorskip("sentencepiece")

from model_folders import N_TOKENS, SENTENCES  # noqa: E402

from wfst_bias.acoustic.subwords import (  # noqa: E402
    BLANK,
    LETTERS,
    MODEL_FILE,
    TOKENS_FILE,
    Subwords,
    learn_subwords,
)
from wfst_bias.errors import InputError  # noqa: E402
from wfst_bias.tokens import TokenTable  # noqa: E402

WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=8), max_size=6).map(" ".join)


@given(text=WORDS)
def test_ids_are_those_of_sentencepiece_and_spell_the_text(
    subwords: Subwords, model_folder: Path, text: str
) -> None:
    ids = subwords.encode(text)
    path = str(model_folder / MODEL_FILE)
    assert ids == sentencepiece.SentencePieceProcessor(model_file=path).encode(text)
    symbols = subwords.token_table().symbols
    assert "".join(symbols[i] for i in ids).replace("▁", " ").strip() == text
    assert 0 not in ids


def test_the_token_table_has_blank_first_and_is_the_one_written(
    subwords: Subwords, model_folder: Path
) -> None:
    table = subwords.token_table()
    assert table.size == subwords.size == N_TOKENS
    assert table.symbols[0] == BLANK
    assert table.blank_id == 0
    assert table.letters == set(LETTERS)
    written = TokenTable.read(model_folder / TOKENS_FILE)
    assert written.symbols == table.symbols
    assert written.subword_model == (model_folder / MODEL_FILE).read_bytes()


def test_frequent_words_are_one_token(subwords: Subwords) -> None:
    assert len(subwords.encode("the")) == 1 < len(subwords.encode("qxz"))


@given(text=WORDS, lacking=st.lists(st.sampled_from("éß7-ж"), min_size=1, max_size=3, unique=True))
def test_characters_that_the_tokens_lack_are_named(
    subwords: Subwords, text: str, lacking: list[str]
) -> None:
    with pytest.raises(InputError, match="characters that the tokens lack") as raised:
        subwords.encode(f"{text}{''.join(lacking)} a")
    assert str(raised.value).endswith(f": {''.join(sorted(lacking))!r}")


def test_letters_of_the_text_beyond_those_of_english_are_learnt(tmp_path: Path) -> None:
    learnt = learn_subwords(["zoë met rené"] * 3, 40, tmp_path)
    assert 0 not in learnt.encode("ëé")
    with pytest.raises(InputError, match="lack: 'ñ'"):
        learnt.encode("señor zoë")


def test_the_same_text_gives_the_same_files(model_folder: Path, tmp_path: Path) -> None:
    learn_subwords(SENTENCES, N_TOKENS, tmp_path)
    for name in (MODEL_FILE, TOKENS_FILE):
        assert (tmp_path / name).read_bytes() == (model_folder / name).read_bytes()


@pytest.mark.parametrize(
    ("sentences", "size"), [(SENTENCES, 5000), (SENTENCES, 20), ([], 40), (["a"], 40)]
)
def test_a_size_that_the_text_cannot_give_is_refused(
    tmp_path: Path, sentences: list[str], size: int
) -> None:
    with pytest.raises(InputError, match=f"no {size} subwords can be learnt from this text"):
        learn_subwords(sentences, size, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"no model")
    with pytest.raises(InputError, match=r"bpe\.model: not a sentencepiece model"):
        Subwords.read(tmp_path / MODEL_FILE)
    with pytest.raises(InputError, match="cannot be read"):
        Subwords.read(tmp_path / "none")


def test_a_model_whose_ids_mean_something_else_is_refused(tmp_path: Path) -> None:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 5),
        model_prefix=str(tmp_path / "bpe"),
        vocab_size=30,
        model_type="bpe",
        user_defined_symbols="<blk>",
        unk_id=2,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    with pytest.raises(InputError, match=r"unknown has another index than 0.*: 2; make it with"):
        Subwords.read(tmp_path / MODEL_FILE)
