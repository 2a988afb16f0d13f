"""What the tests of the command line are given and get back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SAID = {
    "b-2": "anna said yes",
    "a-1": "we met anna kovac",
    "c-3": "we met zoe",
    "a-0": "they said no",
}


@dataclass(frozen=True)
class Inputs:
    """Hold the paths of everything that the commands read."""

    folder: Path

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.txt"

    @property
    def lm(self) -> Path:
        return self.folder / "lm.arpa"

    @property
    def log_probs(self) -> Path:
        return self.folder / "x.npz"

    @property
    def entities(self) -> Path:
        return self.folder / "list.txt"

    @property
    def tsv(self) -> Path:
        return self.folder / "lists.tsv"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def decode(self, out: Path, *more: object) -> list[str]:
        """Return the arguments of a call of `decode`; what is in `more` comes last."""
        fixed = (
            "decode", "--log-probs", self.log_probs, "--tokens", self.tokens, "--lm", self.lm,
            "--cache", self.cache, "--out", out,
        )  # fmt: skip
        return [str(argument) for argument in (*fixed, *more)]


@dataclass(frozen=True)
class Called:
    """Hold what a call came to."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Return the only line on stderr of a call that failed."""
        assert self.status == 2, self.err
        (line,) = self.err.splitlines()
        assert line.startswith("wfst-bias: ")
        return line.removeprefix("wfst-bias: ")
