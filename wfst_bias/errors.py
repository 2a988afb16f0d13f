"""The one error that bad input raises: it names file, line, value and remedy."""

from __future__ import annotations

from pathlib import Path


class InputError(ValueError):
    """Report input that cannot be used, as one line a user can act on.

    Args:
      message: what is wrong and what was expected.
      path: the file, where there is one.
      line: its line, counted from 1.
      value: the offending value; long ones are cut.
      remedy: what to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        value: object = None,
        remedy: str | None = None,
    ) -> None:
        place = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        shown = "" if value is None else f": {_shorten(value)}"
        advice = "" if remedy is None else f"; {remedy}"
        super().__init__(f"{place}{message}{shown}{advice}")


def _shorten(value: object, longest: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
