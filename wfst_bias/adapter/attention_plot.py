"""Attention as an image: frames against `<no-bias>` and the entities with the most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.acoustic.windows import FRAME_SHIFT_MS
from wfst_bias.adapter.listening import Attended
from wfst_bias.plotting import as_written, check_plotting, new_figure, write_png
from wfst_bias.tokens import WORD_MARK, TokenTable

NO_BIAS = "<no-bias>"


@dataclass(frozen=True)
class HeardWord:
    """A word, and the frame in which it begins."""

    text: str
    frame: int


def plot_attention(
    attended: Attended, tokens: TokenTable, path: Path, most_shown: int = 12
) -> None:
    """Write attention as a PNG, the words that are heard on its axis.

    Args:
      attended: a recording with a list.
      tokens: of the model.
      path: the image.
      most_shown: entities.

    Raises:
      InputError: matplotlib is not installed.
    """
    check_plotting()
    rows = strongest(attended.attention, most_shown)
    names = [NO_BIAS, *attended.forms]
    words = heard_words(attended.heard.log_probs, tokens)
    n_frames = len(attended.attention)
    figure = new_figure(max(6.0, min(40.0, n_frames / 12)), 1.6 + 0.28 * len(rows))
    axes = figure.add_subplot()
    image = axes.imshow(
        attended.attention[:, rows].T, aspect="auto", vmin=0, vmax=1, cmap="magma_r"
    )
    axes.set_yticks(range(len(rows)), [as_written(names[row]) for row in rows])
    texts = [as_written(w.text) for w in words]
    axes.set_xticks([w.frame for w in words], texts, rotation=60, ha="right")
    _show_seconds(axes)
    figure.colorbar(image, ax=axes, label="attention", fraction=0.02, pad=0.01)
    write_png(figure, path)


def strongest(attention: NDArray[np.float32], count: int) -> list[int]:
    """Return the columns of (T, 1 + E) to show: `<no-bias>`, then entities, the strongest first."""
    most = attention[:, 1:].max(axis=0, initial=0.0)
    return [0, *(1 + np.argsort(-most, kind="stable")[:count]).tolist()]


def heard_words(log_probs: NDArray[np.float32], tokens: TokenTable) -> Sequence[HeardWord]:
    """Return the words of a greedy reading of log-probabilities (T, V), blank at 0."""
    words: list[HeardWord] = []
    before = 0
    for frame, best in enumerate(log_probs.argmax(axis=1).tolist()):
        if best not in (0, before):
            symbol = tokens.symbols[best]
            if symbol.startswith(WORD_MARK) or not words:
                words.append(HeardWord(symbol.removeprefix(WORD_MARK), frame))
            else:
                words[-1] = HeardWord(words[-1].text + symbol, words[-1].frame)
        before = best
    return words


def _show_seconds(axes: Any) -> None:
    seconds = FRAME_SHIFT_MS / 1000
    above = axes.secondary_xaxis(
        "top", functions=(lambda frame: frame * seconds, lambda second: second / seconds)
    )
    above.set_xlabel("seconds")
