"""Boosts over time as an image, as a table, and as one line for each entity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wfst_bias.decode.boost_curves import BoostCurve, FrameReading, Nats
from wfst_bias.formats.results import Word
from wfst_bias.plotting import as_written, check_plotting, new_figure, write_png

LOWEST_NATS = -16.0  # what is less probable is drawn here
HIGHEST_NATS = 3.5  # above 0 stand names of tokens and marks
MARGIN_SECONDS = 0.1  # that is shown of what stands around an entity
BEST, READ, GAINED, TOTAL = "0.6", "tab:blue", "tab:orange", "tab:green"
COLUMNS = (
    "entity", "written", "frame", "seconds", "token", "begins", "log_prob", "best_token",
    "best_log_prob", "adaptive_nats", "constant_nats", "cumulative_nats",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class BoostPicture:
    """Hold what is to be shown of an utterance.

    Attributes:
      utterance_id: the utterance.
      words: of the result.
      frames: what the result reads in each frame.
      curves: the entities.
      symbols: of the model's columns.
      frame_seconds: from one frame to the next.
    """

    utterance_id: str
    words: Sequence[Word]
    frames: FrameReading
    curves: Sequence[BoostCurve]
    symbols: Sequence[str]
    frame_seconds: float


def plot_boosts(picture: BoostPicture, path: Path) -> None:
    """Write an image: the utterance above, each of its entities below, enlarged.

    Raises:
      InputError: matplotlib is not installed.
    """
    check_plotting()
    seconds = len(picture.frames) * picture.frame_seconds
    n_rows = 1 + len(picture.curves)
    figure = new_figure(max(8.0, min(40.0, 3.0 * seconds)), 1.0 + 3.0 * n_rows)
    above, *below = figure.subplots(n_rows, 1, squeeze=False)[:, 0]
    _draw_utterance(above, picture)
    for axes, curve in zip(below, picture.curves, strict=True):
        _draw_entity(axes, curve, picture)
    write_png(figure, path)


def curve_line(curve: BoostCurve, frame_seconds: float) -> str:
    """Say in a line where an entity is, what it is behind and what it gained."""
    return "; ".join(_sayings(curve, frame_seconds))


def _sayings(curve: BoostCurve, frame_seconds: float) -> tuple[str, str]:
    begin = curve.first_frame * frame_seconds
    end = begin + curve.n_held * frame_seconds
    state = "written" if curve.is_written else "not written, would fit"
    return (
        f"{curve.written}: {state} at {begin:.2f}-{end:.2f} s",
        f"{curve.behind_nats:.1f} nats behind the frames' best tokens, gains "
        f"{curve.adaptive_nats.sum():.1f} by frames and {curve.constant_nats.sum():.1f} "
        "by its own score",
    )


def table_lines(picture: BoostPicture) -> Iterator[str]:
    """Render the numbers, a line for each frame of each entity, after a line of names."""
    yield "\t".join(COLUMNS)
    for curve in picture.curves:
        total = curve.cumulative_nats
        for i in range(len(curve.frames)):
            frame, of = curve.first_frame + i, curve.frames
            numbers = (of.best_log_probs[i], curve.adaptive_nats[i], curve.constant_nats[i])
            yield "\t".join(
                (
                    curve.written,
                    "yes" if curve.is_written else "no",
                    str(frame),
                    f"{frame * picture.frame_seconds:.3f}",
                    picture.symbols[of.columns[i]],
                    str(int(of.begins[i])),
                    f"{of.log_probs[i]:.4f}",
                    picture.symbols[of.best_columns[i]],
                    *(f"{number:.4f}" for number in numbers),
                    f"{total[i]:.4f}",
                )
            )


def _draw_utterance(axes: Any, picture: BoostPicture) -> None:
    _draw_log_probs(axes, picture.frames, 0, picture.frame_seconds)
    gained = np.zeros(len(picture.frames))
    for curve in (c for c in picture.curves if c.is_written):
        begin = curve.first_frame
        gained[begin : begin + len(curve.frames)] += curve.adaptive_nats + curve.constant_nats
        held = np.array([begin, begin + curve.n_held]) * picture.frame_seconds
        axes.axvspan(*held, color=TOTAL, alpha=0.12, linewidth=0)
    _draw_total(axes, np.cumsum(gained), 0, picture.frame_seconds)
    above = axes.secondary_xaxis("top")
    above.set_xticks(
        [word.start_seconds for word in picture.words],
        [as_written(word.text) for word in picture.words],
        rotation=45,
        ha="left",
    )
    # Both sets of axes show the same part.
    axes.set_xlim(0, max(1, len(picture.frames)) * picture.frame_seconds)
    axes.set_title(as_written(picture.utterance_id), loc="left", fontsize="small")
    axes.legend(loc="lower left", fontsize="small")


def _draw_entity(axes: Any, curve: BoostCurve, picture: BoostPicture) -> None:
    seconds, first = picture.frame_seconds, curve.first_frame
    _draw_log_probs(axes, curve.frames, first, seconds)
    middle = (first + np.arange(len(curve.frames)) + 0.5) * seconds
    base = np.maximum(curve.frames.log_probs, LOWEST_NATS)
    axes.bar(middle, curve.adaptive_nats, 0.8 * seconds, base, color=GAINED, label="gained")
    _name_tokens(axes, curve.frames, middle, picture)
    _draw_total(axes, curve.cumulative_nats, first, seconds)
    paid = middle[np.flatnonzero(curve.constant_nats)]
    axes.plot(
        paid, np.full(len(paid), HIGHEST_NATS - 0.7), "v", color=TOTAL, label="own score is paid"
    )
    end = first + len(curve.frames)
    axes.set_xlim(first * seconds - MARGIN_SECONDS, end * seconds + MARGIN_SECONDS)
    title = "\n".join(_sayings(curve, seconds))
    axes.set_title(as_written(title), loc="left", fontsize="small")
    axes.legend(loc="lower left", fontsize="small", framealpha=0.6)


def _draw_log_probs(axes: Any, frames: FrameReading, first: int, seconds: float) -> None:
    """Draw both log-probabilities as steps, one a frame."""
    edges = (first + np.arange(len(frames) + 1)) * seconds
    for values, color, label in (
        (frames.best_log_probs, BEST, "best token of the frame"),
        (frames.log_probs, READ, "token of the path"),
    ):
        axes.stairs(np.maximum(values, LOWEST_NATS), edges, baseline=None, color=color, label=label)
    axes.set_ylim(LOWEST_NATS - 1.0, HIGHEST_NATS)
    axes.set_ylabel("log-probability (nats)")
    axes.set_xlabel("seconds")


def _draw_total(axes: Any, total: Nats, first: int, seconds: float) -> None:
    """Draw the boost gained so far on an axis of its own."""
    beside = axes.twinx()
    edges = (first + np.arange(len(total) + 1)) * seconds
    beside.stairs(total, edges, baseline=None, color=TOTAL, linestyle="--")
    beside.set_ylim(0, 1.15 * max(1.0, float(total.max(initial=0.0))))
    beside.set_ylabel("boost so far (nats)", color=TOTAL)


def _name_tokens(axes: Any, frames: FrameReading, middle: Nats, picture: BoostPicture) -> None:
    """Write tokens where they begin, and the best of the frame where it is another."""
    for i in np.flatnonzero(frames.begins).tolist():
        read, best = (picture.symbols[c[i]] for c in (frames.columns, frames.best_columns))
        below = max(float(frames.log_probs[i]), LOWEST_NATS)
        axes.annotate(as_written(read), (middle[i], below), (0, -4), textcoords="offset points",
                      ha="center", va="top", color=READ, fontsize="small")  # fmt: skip
        if best != read:
            axes.annotate(as_written(best), (middle[i], float(frames.best_log_probs[i])), (0, 5),
                          textcoords="offset points", ha="center", color="0.3",
                          fontsize="small")  # fmt: skip
