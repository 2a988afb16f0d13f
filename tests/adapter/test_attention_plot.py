"""The plot of attention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

for _package in ("torch", "lhotse"):
    pytest.importorskip(_package)

from wfst_bias import plotting  # noqa: E402
from wfst_bias.acoustic.recognizer import Heard  # noqa: E402
from wfst_bias.adapter.attention_plot import heard_words, plot_attention, strongest  # noqa: E402
from wfst_bias.adapter.listening import Attended  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402
from wfst_bias.tokens import TokenTable  # noqa: E402

TOKENS = TokenTable(("<blk>", "▁an", "na", "▁kim"), 0)
PATH = [0, 1, 1, 0, 2, 0, 0, 3, 3, 1, 0, 1]


def attended(n_entities: int) -> Attended:
    log_probs = np.log(np.eye(4, dtype=np.float32)[PATH] + 1e-6)
    attention = np.random.default_rng(0).dirichlet(np.ones(1 + n_entities), len(PATH))
    forms = tuple(f"name {i}" for i in range(n_entities))
    return Attended(Heard(log_probs, log_probs[:, :1]), attention.astype(np.float32), forms)


def test_words_begin_where_their_first_token_is_heard() -> None:
    words = heard_words(attended(1).heard.log_probs, TOKENS)
    assert [(w.text, w.frame) for w in words] == [("anna", 1), ("kim", 7), ("an", 9), ("an", 11)]


def test_the_strongest_entities_are_shown_after_no_bias() -> None:
    attention = np.array([[0.5, 0.1, 0.4, 0.0], [0.2, 0.2, 0.0, 0.6]], np.float32)
    assert strongest(attention, 2) == [0, 3, 2]
    assert strongest(attention, 9) == [0, 3, 2, 1]
    assert strongest(attention[:0], 1) == [0, 1]


@pytest.mark.parametrize("n_entities", [0, 1, 40])
def test_it_is_a_png(tmp_path: Path, n_entities: int) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "plots/attention.png"
    plot_attention(attended(n_entities), TOKENS, path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plotting, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'wfst-bias\[plots\]'"):
        plot_attention(attended(1), TOKENS, tmp_path / "x.png")
