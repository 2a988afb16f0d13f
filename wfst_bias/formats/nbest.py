"""N-best lists as `decode` writes them, read back."""

from __future__ import annotations

import json
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines


def read_nbest(path: Path | str) -> dict[str, tuple[str, ...]]:
    """Read the texts of each utterance of `nbest.jsonl`, best first, in the order of the file.

    An utterance that could not be decoded has none.

    Raises:
      InputError: a file that cannot be read, a line that `decode` does not write, or an utterance
        given twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        utterance_id, texts = _parse(line, path, number)
        if utterance_id in found:
            raise InputError("an utterance given twice", path=path, line=number, value=utterance_id)
        found[utterance_id] = texts
    return found


def _parse(line: str, path: Path | str, number: int) -> tuple[str, tuple[str, ...]]:
    try:
        entry = json.loads(line)
        utterance_id, texts = entry["id"], [each["text"] for each in entry["hypotheses"]]
        ranks = [each["rank"] for each in entry["hypotheses"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        utterance_id, texts, ranks = None, [], []
    are_texts = all(isinstance(text, str) for text in texts)
    if not isinstance(utterance_id, str) or not are_texts or ranks != [*range(1, len(texts) + 1)]:
        raise InputError(
            "expected an n-best list as `decode` writes it", path=path, line=number, value=line
        )
    return utterance_id, tuple(texts)
