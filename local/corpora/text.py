"""Text of a corpus in the model's letters."""

from __future__ import annotations

import string
from pathlib import Path

from wfst_bias.entities.normalize import Normalizer
from wfst_bias.tokens import WORD_MARK, TokenTable

ENGLISH_LETTERS = string.ascii_lowercase + "'"


def make_normalizer(tokens: Path | None = None) -> Normalizer:
    """Return a normalizer for the letters of a token table, or for those of English."""
    if tokens is not None:
        return Normalizer(TokenTable.read(tokens))
    symbols = ("<blk>", WORD_MARK, *ENGLISH_LETTERS)
    return Normalizer(TokenTable.from_symbols(dict(enumerate(symbols))))
