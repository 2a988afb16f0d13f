"""Kaldi `text` files: an utterance id, then its words."""

from __future__ import annotations

from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines


def read_kaldi_text(path: Path | str) -> dict[str, str]:
    """Read the text of each utterance, its words one space apart, in the order of the file.

    An id alone has an empty text. A blank line holds nothing and is passed over.

    Raises:
      InputError: the file cannot be read, or an utterance is there twice (the line is named).
    """
    texts: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), start=1):
        utterance_id, *words = line.split() or [""]
        if utterance_id in texts:
            raise InputError("an utterance given twice", path=path, line=number, value=utterance_id)
        if utterance_id:
            texts[utterance_id] = " ".join(words)
    return texts
