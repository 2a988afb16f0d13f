"""Which languages a name may come from, guessed from how it is spelled.

The table is `data/phones/languages.tsv`: LANGUAGE  PATTERN  NATS  EXAMPLE, tabs between them. A
pattern is letters, after `^` at the start of a word, before `$` at its end.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import wfst_bias
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

DATA = Path(wfst_bias.__file__).parent.parent / "data/phones"
LANGUAGES_FILE = DATA / "languages.tsv"

# Evidence from which on a language is taken.
LEAST_NATS = 2.0
MOST_GUESSES = 2

_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Evidence:
    """Hold what letters of a word say for a language, in nats."""

    language: str
    pattern: str
    nats: float


@dataclass(frozen=True)
class LanguageGuesser:
    """Guess languages of names.

    Attributes:
      evidence: of all languages.
    """

    evidence: tuple[Evidence, ...]

    @cached_property
    def languages(self) -> frozenset[str]:
        """Return the languages that can be guessed."""
        return frozenset(entry.language for entry in self.evidence)

    def guess(self, name: str) -> tuple[str, ...]:
        """Return the languages that a name seems to come from, the likeliest first; often none."""
        text = unicodedata.normalize("NFC", name).lower()
        marked = " ".join(f"^{word}$" for word in _WORDS.findall(text))
        found: dict[str, float] = {}
        for entry in self.evidence:
            if entry.pattern in marked:
                found[entry.language] = found.get(entry.language, 0.0) + entry.nats
        likely = [(-nats, language) for language, nats in found.items() if nats >= LEAST_NATS]
        return tuple(language for _, language in sorted(likely)[:MOST_GUESSES])

    @classmethod
    def read(cls, path: Path | str = LANGUAGES_FILE) -> LanguageGuesser:
        """Read a table of evidence.

        Raises:
          InputError: a file that cannot be read or says nothing, or a line that is none.
        """
        evidence = []
        for number, line in enumerate(read_lines(path), start=1):
            if line.strip() and not line.startswith("#"):
                columns = line.split("\t")
                nats = _number(columns[2]) if len(columns) == 4 else math.nan
                if not math.isfinite(nats) or not columns[1].strip("^$"):
                    raise InputError(
                        "expected LANGUAGE<TAB>PATTERN<TAB>NATS<TAB>EXAMPLE",
                        path=path, line=number, value=line,
                    )  # fmt: skip
                pattern = unicodedata.normalize("NFC", columns[1])
                evidence.append(Evidence(columns[0], pattern, nats))
        if not evidence:
            raise InputError("no evidence for any language", path=path)
        return cls(tuple(evidence))


def check_language(language: str, known: Sequence[str]) -> None:
    """Refuse a language that is not known.

    Raises:
      InputError: it is not.
    """
    if language not in known:
        raise InputError(f"expected a language among {', '.join(known)}", value=language)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
