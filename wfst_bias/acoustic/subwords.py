"""Subwords by sentencepiece: learnt from text, then text to their ids.

Blank has index 0, the place of sentencepiece's unknown, so that ids are the same in both.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write, write_text
from wfst_bias.tokens import TokenTable

MODEL_FILE, TOKENS_FILE = "bpe.model", "tokens.txt"
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
BLANK = "<blk>"


class Subwords:
    """Turn normalized text into token ids."""

    def __init__(self, processor: sentencepiece.SentencePieceProcessor) -> None:
        self._processor = processor

    @classmethod
    def read(cls, path: Path) -> Subwords:
        """Read a sentencepiece model; raises InputError for a file that is none, or unfit."""
        try:
            processor = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", path=path) from error
        except RuntimeError as error:
            raise InputError("not a sentencepiece model", path=path) from error
        if processor.unk_id() != 0:
            raise InputError(
                "a model whose unknown has another index than 0, the blank's",
                path=path,
                value=processor.unk_id(),
                remedy="make it with `wfst-bias subwords`",
            )
        return cls(processor)

    @property
    def size(self) -> int:
        """Return the number of tokens, blank included."""
        return int(self._processor.get_piece_size())

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; raises InputError for a character that no token has."""
        ids: list[int] = self._processor.encode(text)
        if 0 in ids:
            lacking = sorted(c for c in set(text) if 0 in self._processor.encode(c))
            raise InputError("characters that the tokens lack", value="".join(lacking))
        return ids

    def token_table(self) -> TokenTable:
        """Return the table of the model's output columns."""
        pieces = {i: self._processor.id_to_piece(i) for i in range(1, self.size)}
        return TokenTable.from_symbols({0: BLANK, **pieces})


def learn_subwords(sentences: Iterable[str], size: int, folder: Path) -> Subwords:
    """Learn `size` tokens by byte-pair encoding and write bpe.model and tokens.txt to a folder.

    Raises:
      InputError: the text is too small for so many tokens.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="bpe",
            vocab_size=size,
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            required_chars=LETTERS,
            character_coverage=1.0,
            normalization_rule_name="identity",
            minloglevel=2,
        )
    except RuntimeError as error:
        raise InputError(
            f"no {size} subwords can be learnt from this text",
            value=str(error),
            remedy="give more text or ask for fewer",
        ) from error
    with atomic_write(folder / MODEL_FILE, "wb") as stream:
        stream.write(model.getvalue())  # type: ignore[arg-type]
    subwords = Subwords.read(folder / MODEL_FILE)
    lines = [f"{symbol} {i}\n" for i, symbol in enumerate(subwords.token_table().symbols)]
    write_text(folder / TOKENS_FILE, "".join(lines))
    return subwords
