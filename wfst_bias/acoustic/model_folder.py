"""The folder of a trained model: where it is by default, and what lies in it beside the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import wfst_bias
from wfst_bias.acoustic.subwords import TOKENS_FILE
from wfst_bias.errors import InputError

DEFAULT_MODEL = Path(wfst_bias.__file__).parent.parent / "data/models/small"
LM_FILE, OPTIONS_FILE = "lm.arpa.gz", "decode.toml"
PHONES_FILE, LEXICON_FILE, CONFUSIONS_FILE = "phones.txt", "lexicon.txt", "phone_costs.tsv"


@dataclass(frozen=True)
class ModelFolder:
    """Name the files of a model that decoding reads.

    Attributes:
      path: the folder.
    """

    path: Path

    @classmethod
    def find(cls, path: Path | str | None = None) -> ModelFolder:
        """Return the folder given, or the one that comes with the project.

        Raises:
          InputError: there is no such folder.
        """
        folder = DEFAULT_MODEL if path is None else Path(path)
        if not folder.is_dir():
            remedy = "name a model's folder: --model FOLDER" if path is None else "correct the path"
            raise InputError("no trained model there", path=folder, remedy=remedy)
        return cls(folder)

    @property
    def tokens(self) -> Path:
        """Return the token table."""
        return self.path / TOKENS_FILE

    @property
    def lm(self) -> Path:
        """Return the language model that comes with the model.

        Raises:
          InputError: none does.
        """
        path = self.path / LM_FILE
        if not path.is_file():
            raise InputError("no language model there", path=path, remedy="name one: --lm ARPA")
        return path

    @property
    def options(self) -> Path | None:
        """Return the options of decoding that come with the model, None where none do."""
        return self._if_there(OPTIONS_FILE)

    @property
    def phones(self) -> Path | None:
        """Return the table of the phone head, None where there is none."""
        return self._if_there(PHONES_FILE)

    @property
    def lexicons(self) -> tuple[Path, ...]:
        """Return the pronunciations that come with the model, one file or none."""
        found = self._if_there(LEXICON_FILE)
        return () if found is None else (found,)

    @property
    def confusions(self) -> Path | None:
        """Return what the phone head takes for what, None where nobody has measured it."""
        return self._if_there(CONFUSIONS_FILE)

    def _if_there(self, name: str) -> Path | None:
        path = self.path / name
        return path if path.is_file() else None
