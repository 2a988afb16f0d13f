"""Files at the edges: text read with errors that name the line, output written atomically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from wfst_bias.errors import InputError


def read_lines(path: Path | str) -> list[str]:
    """Read a UTF-8 text file as lines without their ends; a byte-order mark is dropped.

    Raises:
      InputError: the file cannot be read, or a line is not UTF-8 (the line is named).
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            "not UTF-8",
            path=path,
            line=line,
            value=content[error.start : error.start + 4],
            remedy="convert the file to UTF-8",
        ) from error
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


@contextmanager
def atomic_write(path: Path | str, mode: str = "w") -> Iterator[IO[str] | IO[bytes]]:
    """Open a file that appears under its name only once it is complete.

    Args:
      path: where it will lie; missing parent folders are made.
      mode: "w" for UTF-8 text, "wb" for bytes.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    encoding = None if "b" in mode else "utf-8"
    try:
        with os.fdopen(handle, mode, encoding=encoding) as stream:
            yield stream
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path | str, text: str) -> None:
    """Write a whole text file atomically."""
    with atomic_write(path) as stream:
        stream.write(text)  # type: ignore[call-overload]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
