"""The image, the table and the lines of boosts over time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wfst_bias import plotting
from wfst_bias.decode.boost_curves import BoostCurve, FrameReading
from wfst_bias.decode.boost_plot import (
    COLUMNS,
    BoostPicture,
    curve_line,
    plot_boosts,
    table_lines,
)
from wfst_bias.errors import InputError
from wfst_bias.formats.results import Word

SYMBOLS = ("<blk>", "▁$x", "$y")
LOG_PROBS = np.log(np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1]], np.float32))
FRAMES = FrameReading.of(LOG_PROBS, np.array([0, 1, 2]), np.array([False, True, True]))
CURVE = BoostCurve(
    "$x$y 名", "xy", True, 1, 2, FRAMES.part(1, 3), np.array([0.0, 0.5]), np.array([0.0, 9.0])
)


def picture(*curves: BoostCurve, frames: FrameReading = FRAMES) -> BoostPicture:
    words = [Word("$x$y 名", 0.02, 0.06, 1.0)] if len(frames) else []
    return BoostPicture("u$1$", words, frames, curves, SYMBOLS, 0.02)


@pytest.mark.parametrize(
    "shown",
    [
        picture(),
        picture(CURVE),
        picture(CURVE, replace(CURVE, is_written=False, first_frame=0)),
        picture(frames=FRAMES.part(0, 0)),
    ],
    ids=["no entity", "one", "one that was not written", "no frame"],
)
def test_it_is_a_png(shown: BoostPicture, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "plots/boost.png"
    plot_boosts(shown, path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plotting, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'wfst-bias\[plots\]'"):
        plot_boosts(picture(), tmp_path / "x.png")


def test_the_table_has_a_line_for_each_frame_of_each_entity() -> None:
    header, *rows = (line.split("\t") for line in table_lines(picture(CURVE)))
    assert tuple(header) == COLUMNS
    assert rows == [
        ["$x$y 名", "yes", "1", "0.020", "▁$x", "1", "-0.5108", "▁$x", "-0.5108", "0.0000",
         "0.0000", "0.0000"],
        ["$x$y 名", "yes", "2", "0.040", "$y", "1", "-2.3026", "▁$x", "-0.3567", "0.5000",
         "9.0000", "9.5000"],
    ]  # fmt: skip
    assert len(list(table_lines(picture()))) == 1


def test_a_line_says_what_an_entity_was_worth() -> None:
    assert curve_line(CURVE, 0.02) == (
        "$x$y 名: written at 0.02-0.06 s; 1.9 nats behind the frames' best tokens, gains 0.5 by "
        "frames and 9.0 by its own score"
    )
    assert "not written, would fit at" in curve_line(replace(CURVE, is_written=False), 0.02)
