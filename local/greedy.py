"""Write the best token of each frame as words: what log-probabilities say without any search.

    python -m local.greedy LOG_PROBS.npz --tokens TOKENS.txt --out TEXT

TEXT is in the form of Kaldi's `text`. It is a system to compare with, not one to use.
"""

from __future__ import annotations

import argparse
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.log_probs import open_log_probs
from wfst_bias.tokens import WORD_MARK, TokenTable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log_probs", type=Path, help="log-probabilities by utterance id")
    parser.add_argument("--tokens", type=Path, required=True, help="token table")
    parser.add_argument("--out", type=Path, required=True, metavar="TEXT")
    arguments = parser.parse_args()
    try:
        tokens = TokenTable.read(arguments.tokens)
        with open_log_probs(arguments.log_probs) as archive:
            texts = {name: greedy_text(archive[name], tokens) for name in archive}
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    write_text(
        arguments.out, "".join(f"{name} {text}".strip() + "\n" for name, text in texts.items())
    )


def greedy_text(log_probs: NDArray[np.floating], tokens: TokenTable) -> str:
    """Return the words of the best tokens of frames (T, V), repeats joined and blanks left out."""
    best = [token for token, _ in groupby(log_probs.argmax(axis=1).tolist())]
    spelled = "".join(tokens.symbols[token] for token in best if token != tokens.blank_id)
    return " ".join(spelled.replace(WORD_MARK, " ").split())


if __name__ == "__main__":
    main()
