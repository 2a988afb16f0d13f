"""The development set: what was said, with which lists, and what is decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import check_log_probs, open_log_probs

NO_LIST = "none"


@dataclass(frozen=True)
class Condition:
    """Hold references by utterance id, and whether their lists are used."""

    references: Mapping[str, UtteranceList]
    has_lists: bool = True


def read_conditions(refs: Sequence[Path], ids: Sequence[str], source: Path) -> dict[str, Condition]:
    """Read references and lists; the first ones also score what is decoded without lists.

    Args:
      refs: files with four columns: id, text, rare words, list.
      ids: the utterances.
      source: where they come from.

    Returns:
      conditions by the file's name without its ending, and NO_LIST first.

    Raises:
      InputError: a file cannot be read, has other utterances or no words, or has the name of
        another one.
    """
    conditions: dict[str, Condition] = {}
    for path in refs:
        references = read_entities_tsv(path)
        _check_ids(references.keys() - set(ids), source)
        _check_ids(set(ids) - references.keys(), path)
        if not any(reference.text for reference in references.values()):
            raise InputError("no words in the references", path=path)
        conditions.setdefault(NO_LIST, Condition(references, has_lists=False))
        if path.stem in conditions:
            raise InputError("a second --ref of this name", value=path.stem, remedy="rename one")
        conditions[path.stem] = Condition(references)
    return conditions


def check_all(path: Path, n_tokens: int) -> str:
    """Check the log-probabilities of all utterances; return the SHA-256 of names and numbers.

    Raises:
      InputError: an utterance that cannot be read or has no log-probabilities.
    """
    digest = hashlib.sha256()
    with open_log_probs(path) as archive:
        for name in archive.ids:
            values = archive[name]
            if (reason := check_log_probs(values, n_tokens)) is not None:
                raise InputError(f"utterance {name}: {reason}", path=path)
            digest.update(repr((name, values.shape)).encode())
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
      InputError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    return digest.hexdigest()


def _check_ids(missing: Iterable[str], path: Path) -> None:
    names = sorted(missing)
    if names:
        more = f", and {len(names) - 1} more" if len(names) > 1 else ""
        raise InputError(f"no utterance {names[0]!r}{more}", path=path)
