"""Images: what they need, and how they are written."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write


def check_plotting() -> None:
    """Say what to install where matplotlib is missing; raises InputError."""
    if find_spec("matplotlib") is None:
        raise InputError(
            "plots need the package matplotlib", remedy="pip install 'wfst-bias[plots]'"
        )


def new_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib figure, inches wide and high, which no window shows."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def write_png(figure: Any, path: Path) -> None:
    """Write a figure atomically; characters that its font lacks become boxes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        figure.tight_layout()
        with atomic_write(path, "wb") as stream:
            canvas.print_png(stream)


def as_written(text: str) -> str:
    """Return a text for a figure in which no dollar sign begins a formula."""
    return text.replace("$", r"\$")
