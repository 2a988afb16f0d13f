"""A tiny model, language model and recordings, and a way to call the program in this process."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from cli_calls import SAID, Called, Inputs
from factories import LETTERS, planted_log_probs, spoken, token_table

from wfst_bias.cli.main import run
from wfst_bias.lm.arpa import write_arpa
from wfst_bias.lm.estimate import LmOptions, estimate_lm

SENTENCES = ("anna said yes", "anna said no", "we said yes", "we met sol", "we met kim", "they met")


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    made = Inputs(tmp_path_factory.mktemp("inputs"))
    table = token_table(LETTERS)
    made.tokens.write_text("".join(f"{s} {i}\n" for i, s in enumerate(LETTERS)), encoding="utf-8")
    options = LmOptions(order=2, min_word_count=2, min_counts=(1,))
    write_arpa(estimate_lm(SENTENCES, options), made.lm)
    arrays = {name: planted_log_probs(table, spoken(text)) for name, text in SAID.items()}
    np.savez(made.log_probs, **arrays)
    made.entities.write_text("# names\nAnna Kovač :20\nZoë :8\nR2D2\n", encoding="utf-8")
    lists = {"a-1": ["Anna Kovač", "R2D2"], "c-3": ["zoe"], "b-2": [], "nobody": ["x"]}
    rows = (
        f"{name}\t{SAID.get(name, 'x')}\t[]\t{json.dumps(phrases)}\n"
        for name, phrases in lists.items()
    )
    made.tsv.write_text("".join(rows), encoding="utf-8")
    return made


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., Called]:
    """Call the program with arguments, in this process; its workers are processes."""

    def called(*arguments: object) -> Called:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        return Called(status, *capfd.readouterr())

    return called
