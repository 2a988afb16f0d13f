"""Log-probabilities as files, read and written one utterance at a time.

- open_log_probs: open an `.npz`, a folder of `.npy` files or one `.npy` file.
- create_log_probs: write an `.npz`.
- check_log_probs: say what is wrong with the log-probabilities of an utterance.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.lib.format import read_array, write_array
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write

FloatArray = NDArray[np.float32]
Opener = Callable[[], IO[bytes]]

LARGEST_LOG_PROB = 1e-3
LARGEST_SUM_ERROR = 0.05  # rounding to float16 costs less than 0.01


class LogProbsArchive:
    """Give the log-probabilities of utterances by id, each read when asked for.

    It holds a file open: use it in a `with` statement, or close it.

    Attributes:
      path: the file or folder it reads.
      ids: the utterance ids, in the order of the file; those of a folder are sorted.
    """

    def __init__(
        self,
        path: Path,
        openers: Mapping[str, Opener],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = path
        self.ids = tuple(openers)
        self.close = close
        self._openers = openers

    def __getitem__(self, utterance_id: str) -> FloatArray:
        """Read one utterance as float32, in nats; expected shape (T, V), see `check_log_probs`.

        Raises:
          InputError: no such utterance, a broken array, or one that is not of floating point.
        """
        if utterance_id not in self._openers:
            raise InputError("no such utterance", path=self.path, value=utterance_id)
        try:
            with self._openers[utterance_id]() as stream:
                values = _read_whole(stream)
        except Exception as error:  # numpy raises whatever its parser of headers does
            raise InputError(
                f"utterance {utterance_id} cannot be read ({_reason(error)})",
                path=self.path,
                remedy="write the file again",
            ) from error
        return self._as_float32(values, utterance_id)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __enter__(self) -> LogProbsArchive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _as_float32(self, values: NDArray[np.generic], utterance_id: str) -> FloatArray:
        if not np.issubdtype(values.dtype, np.floating):
            raise InputError(
                f"utterance {utterance_id} has numbers of type {values.dtype}",
                path=self.path,
                remedy="expected float16, float32 or float64",
            )
        with np.errstate(over="ignore"):  # a log-probability of -1e300 may become minus infinity
            return values.astype(np.float32)


def open_log_probs(path: Path | str) -> LogProbsArchive:
    """Open log-probabilities: `.npz` with an array per utterance, folder of `.npy`, or `.npy`.

    Only names are read here; in a folder and for a single `.npy` the file's stem is the id.

    Raises:
      InputError: the file is missing, cut off or none of these, or holds an utterance twice.
    """
    place = Path(path)
    if place.is_dir():
        return _open_folder(place)
    if not place.is_file():
        raise InputError("no such file or folder", path=place)
    if place.suffix == ".npy":
        return LogProbsArchive(place, {place.stem: _file_opener(place)})
    return _open_npz(place)


@contextmanager
def create_log_probs(path: Path | str) -> Iterator[Callable[[str, FloatArray], None]]:
    """Give a function that adds an utterance, its id and its array (T, V), to a new `.npz`.

    Numbers become float16. The file appears under its name once it is complete; equal arrays make
    equal files.
    """
    with atomic_write(path, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:  # type: ignore[call-overload]

        def add(utterance_id: str, log_probs: FloatArray) -> None:
            member = zipfile.ZipInfo(f"{utterance_id}.npy")  # of a fixed date
            with archive.open(member, "w", force_zip64=True) as output:
                write_array(output, log_probs.astype(np.float16), allow_pickle=False)  # type: ignore[no-untyped-call]

        yield add


def check_log_probs(log_probs: NDArray[np.floating[Any]], n_tokens: int) -> str | None:
    """Say what keeps an array from being the log-probabilities of an utterance, else None.

    Minus infinity is a log-probability, and so is every rounding of float16. An utterance of no
    frames is in order: its hypothesis is empty.

    Args:
      log_probs: expected shape (T, V), natural logarithms.
      n_tokens: V, the size of the token table.
    """
    if log_probs.ndim != 2:
        return f"expected two axes, frames and tokens; the shape is {log_probs.shape}"
    if log_probs.shape[1] != n_tokens:
        return f"{log_probs.shape[1]} columns, expected {n_tokens} as the token table has tokens"
    if not len(log_probs):
        return None
    return _check_values(log_probs.astype(np.float32))


def _check_values(log_probs: FloatArray) -> str | None:
    if np.isnan(log_probs).any():
        return f"not a number in frame {_first(np.isnan(log_probs).any(axis=1))}"
    highest = log_probs.max(axis=1)  # (T,)
    if (highest == np.inf).any():
        return f"plus infinity in frame {_first(highest == np.inf)}"
    if (highest == -np.inf).any():
        return f"every token is impossible in frame {_first(highest == -np.inf)}"
    if (highest > LARGEST_LOG_PROB).any():
        return _explain_positive(log_probs)
    sums = np.exp(log_probs).sum(axis=1)  # (T,)
    wrong = np.abs(sums - 1) > LARGEST_SUM_ERROR
    if wrong.any():
        frame = _first(wrong)
        return (
            f"the probabilities of frame {frame} sum to {sums[frame]:.3g}, not to 1: "
            "unnormalized logits?; apply log_softmax"
        )
    return None


def _explain_positive(log_probs: FloatArray) -> str:
    frame = _first(log_probs.max(axis=1) > LARGEST_LOG_PROB)
    found = f"{log_probs[frame].max():.3g} in frame {frame}, but a log-probability is at most 0"
    sums_to_one = np.abs(log_probs.sum(axis=1) - 1).max() <= LARGEST_SUM_ERROR
    if log_probs.min() >= 0 and sums_to_one:
        return f"{found}: probabilities?; take their natural logarithm"
    return f"{found}: unnormalized logits?; apply log_softmax"


def _first(flags: NDArray[np.bool_]) -> int:
    return int(np.argmax(flags))


def _open_folder(folder: Path) -> LogProbsArchive:
    files = sorted(folder.glob("*.npy"))
    if not files:
        raise InputError("a folder without .npy files", path=folder)
    return LogProbsArchive(folder, {file.stem: _file_opener(file) for file in files})


def _open_npz(path: Path) -> LogProbsArchive:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise InputError(
            f"not an .npz file, or one that is cut off ({_reason(error)})", path=path
        ) from error
    try:
        return LogProbsArchive(path, _member_openers(archive, path), archive.close)
    except InputError:
        archive.close()
        raise


def _member_openers(archive: zipfile.ZipFile, path: Path) -> dict[str, Opener]:
    openers: dict[str, Opener] = {}
    for member in archive.infolist():
        utterance_id = member.filename.removesuffix(".npy")
        if utterance_id == member.filename:
            raise InputError("not an .npz file: it has a member", path=path, value=member.filename)
        if utterance_id in openers:
            raise InputError("an utterance given twice", path=path, value=utterance_id)
        openers[utterance_id] = _member_opener(archive, member)
    return openers


def _read_whole(stream: IO[bytes]) -> NDArray[np.generic]:
    values: NDArray[np.generic] = read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call]
    if stream.read(1):  # reading to the end also makes a zip check its checksum
        raise ValueError("more bytes than the array has")
    return values


def _file_opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _member_opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opener:
    return lambda: archive.open(member)


def _reason(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
