"""Folders of lattices: `lat.JOB.zip` for k2, `lat.JOB.gz` for Kaldi, an archive per job.

StoredLattices  what a folder holds, and how its lattices are read
StoredLattice   one of them
pack            gathers the files of single utterances into archives
to_file, from_file   a lattice as the content of its file

A member of a zip is the file of an utterance as `torch.save` made it, so that
`k2.Fsa.from_dict(torch.load(zip.open("ID.pt")))` is its lattice; a folder with such files in the
place of archives is read as well. `tokens.txt` and `words.txt` number labels, `options.toml`
says how the first pass weighed the parts of the scores, and `utterances.txt` has an id on each
line, also of those that have no lattice.
"""

from __future__ import annotations

import gzip
import io
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.lattice_files import lattice_file_name
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write, read_lines
from wfst_bias.graph.arcs import FINAL_LABEL
from wfst_bias.lattices.arcs import FrameTimes, LatticeArcs

WORDS, TOKENS, OPTIONS = "words.txt", "tokens.txt", "options.toml"
UTTERANCES = "utterances.txt"
K2_SUFFIX, KALDI_SUFFIX = ".pt", ".txt"
_COLUMNS = {  # field -> attribute of the FSA
    "written": "aux_labels", "lm_word": "lm_word", "frames": "frames", "acoustic": "acoustic",
    "lm_score": "lm_score", "boost_nats": "boost_nats", "other_nats": "other_nats",
}  # fmt: skip
_WHOLE = ("written", "lm_word", "frames")
_REMEDY = "write it anew with `wfst-bias decode --lattices`"


@dataclass(frozen=True)
class Member:
    """Name a lattice: a file of its own, or the member of an archive."""

    path: Path
    name: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.name is None else f"{self.path}({self.name})"

    @property
    def file_name(self) -> str:
        """Return the name of the utterance's file."""
        return self.name or self.path.name

    def read(self) -> bytes:
        """Return its content.

        Raises:
          InputError: it cannot be read, or is cut off.
        """
        try:
            if self.name is None:
                return self.path.read_bytes()
            status = self.path.stat()
            archive = _opened(self.path, (status.st_mtime_ns, status.st_size))
            return archive.read(self.name)
        except (OSError, zipfile.BadZipFile, EOFError, KeyError) as error:
            raise InputError(f"cannot be read ({error})", path=str(self)) from error


@lru_cache(maxsize=4)
def _opened(path: Path, stamp: tuple[int, int]) -> zipfile.ZipFile:
    """Return an archive; it is opened once, since that reads the names of all its members."""
    return zipfile.ZipFile(path)


@dataclass(frozen=True, eq=False)
class StoredLattice:
    """Hold what a file says of an utterance.

    Attributes:
      utterance_id: the utterance.
      arcs: its lattice.
      times: when it was heard; None for one of words, which does not say.
    """

    utterance_id: str
    arcs: LatticeArcs
    times: FrameTimes | None = None


@dataclass(frozen=True)
class StoredLattices:
    """Hold what a folder of lattices says.

    Attributes:
      path: the folder.
      symbols: number -> what it stands for in `written` and `lm_word`.
      options: of the first pass.
      members: its lattices, in the order of the archives.
      utterances: all that were decoded, in order; empty where the folder does not say.
    """

    path: Path
    symbols: tuple[str, ...]
    options: DecodeOptions
    members: tuple[Member, ...]
    utterances: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path | str) -> StoredLattices:
        """Look into a folder.

        Raises:
          InputError: it is none, it lacks a file or has no lattices, or an archive is broken.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise InputError("no folder of lattices", path=path)
        symbols = read_symbols(folder / WORDS)
        options = DecodeOptions.read(folder / OPTIONS)
        members = tuple(_members(folder))
        if not members:
            raise InputError("no lattices lat.JOB.zip in it", path=path, remedy=_REMEDY)
        listed = folder / UTTERANCES
        utterances = tuple(read_lines(listed)) if listed.exists() else ()
        return cls(folder, symbols, options, members, utterances)

    @cached_property
    def _by_file(self) -> dict[str, str]:
        return {lattice_file_name(utterance_id): utterance_id for utterance_id in self.utterances}

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Return what labels of frames stand for, the blank first."""
        return read_symbols(self.path / TOKENS)

    def utterance_of(self, member: Member) -> str:
        """Return the utterance of a lattice by its name alone."""
        return self._by_file.get(member.file_name, member.file_name.removesuffix(K2_SUFFIX))

    @property
    def without_lattice(self) -> list[str]:
        """Return the utterances that have none, in order."""
        present = {member.file_name for member in self.members}
        return [name for file, name in self._by_file.items() if file not in present]

    def read(self, member: Member) -> StoredLattice:
        """Return a lattice.

        Raises:
          InputError: the content is broken, or misses what rescoring needs.
        """
        lattice = from_file(member.read(), str(member))
        most = int(lattice.arcs.written.max(initial=0))
        if most >= len(self.symbols):
            raise InputError("a word that is not in words.txt", path=str(member), value=most)
        label = int(lattice.arcs.label.max(initial=0))
        if lattice.times is not None and label >= len(self.tokens):
            raise InputError("a token that is not in tokens.txt", path=str(member), value=label)
        return lattice


def read_symbols(path: Path) -> tuple[str, ...]:
    """Read `SYMBOL ID` lines whose ids are 0, 1, ... in this order.

    Raises:
      InputError: another line, or a file that cannot be read.
    """
    symbols = []
    for number, line in enumerate(read_lines(path)):
        symbol, _, identity = line.rpartition(" ")
        if not symbol or identity != str(number):
            raise InputError(f"expected `SYMBOL {number}`", path=path, line=number + 1, value=line)
        symbols.append(symbol)
    return tuple(symbols)


def from_file(content: bytes, name: str) -> StoredLattice:
    """Return the lattice that the content of a file holds.

    Raises:
      InputError: it is broken, or was written without the parts of the scores; `name` is named.
    """
    import torch

    try:
        values = torch.load(io.BytesIO(content), weights_only=True)
        table = values["arcs"].numpy().astype(np.int64)
        columns = {f: values[a].numpy() for f, a in _COLUMNS.items() if f != "frames"}
        counts = values["frames"].numpy() if "frames" in values else table[:, 2] != FINAL_LABEL
        times = _times(values)
        utterance_id = str(values["utterance_id"])
    except KeyError as error:
        raise InputError(f"a lattice without {error}", path=name, remedy=_REMEDY) from error
    except Exception as error:  # whatever a broken file makes of torch
        raise InputError("not a lattice, or cut off", path=name, remedy=_REMEDY) from error
    columns["frames"] = counts
    typed = {f: c.astype(np.int64 if f in _WHOLE else np.float64) for f, c in columns.items()}
    places = {"source": table[:, 0], "target": table[:, 1], "label": table[:, 2]}
    arcs = LatticeArcs(**places, **typed, origin=np.arange(len(table)))
    _check(arcs, times, name)
    return StoredLattice(utterance_id, arcs, times)


def _times(values: dict[str, Any]) -> FrameTimes | None:
    """Return what a file says of frames; those of words say nothing."""
    if "frame" not in values:
        return None
    frame = values["frame"].numpy().astype(np.int64)
    if "adaptive_nats" not in values:  # of an earlier version
        return FrameTimes(frame, np.full(len(frame), np.nan))
    return FrameTimes(frame, values["adaptive_nats"].numpy().astype(np.float64))


def _check(arcs: LatticeArcs, times: FrameTimes | None, name: str) -> None:
    """Refuse arrays that are no lattice, on which loops would fail later or never end."""
    n = len(arcs.source)
    whole = all(len(getattr(arcs, f.name)) == n for f in fields(arcs)) and n > 0
    whole = whole and (times is None or len(times.frame) == len(times.adaptive_nats) == n)
    is_ordered = (
        whole
        and bool((np.diff(arcs.source) >= 0).all())
        and bool((arcs.source < arcs.target).all())
        and int(arcs.source[0]) == 0
        and bool((arcs.is_final == (arcs.target == arcs.target.max())).all())
        and bool(((arcs.written == FINAL_LABEL) == arcs.is_final).all())
        and int(arcs.lm_word.min()) >= 0
        and int(arcs.frames.min()) >= 0
    )
    scores = (arcs.acoustic, arcs.lm_score, arcs.boost_nats, arcs.other_nats)
    if not is_ordered or not all(np.isfinite(s).all() for s in scores):
        raise InputError("not a lattice: arcs out of order, or scores that are no numbers",
                         path=name, remedy=_REMEDY)  # fmt: skip
    if len(np.unique(arcs.source)) != arcs.n_states - 1:
        raise InputError("not a lattice: a state that nothing leaves", path=name, remedy=_REMEDY)


def to_file(utterance_id: str, arcs: LatticeArcs, score: NDArray[np.float64]) -> bytes:
    """Return the content of a file that k2 loads; `score` is `(arcs,)`, the whole of each arc."""
    import torch

    columns = [c.astype(np.int32) for c in (arcs.source, arcs.target, arcs.label)]
    table = np.stack([*columns, score.astype(np.float32).view(np.int32)], axis=1)
    values: dict[str, Any] = {"arcs": torch.from_numpy(table), "utterance_id": utterance_id}
    for field, attribute in _COLUMNS.items():
        kind = np.int32 if field in _WHOLE else np.float32
        values[attribute] = torch.from_numpy(getattr(arcs, field).astype(kind))
    content = io.BytesIO()
    torch.save(values, content)
    return content.getvalue()


def pack(folder: Path, parts: Path, names: Sequence[str], n_jobs: int) -> None:
    """Gather the files of utterances into an archive of each kind per job.

    Archives that are there from an earlier run go. The utterances of a job follow each other.

    Args:
      folder: where the archives go.
      parts: where the files are, `ID.txt` beside each `ID.pt`.
      names: `ID.pt` of each utterance in order; those that are not there have no lattice.
      n_jobs: how many archives of each kind.
    """
    for old in (*folder.glob("lat.*.zip"), *folder.glob("lat.*.gz")):
        old.unlink()
    files = [parts / name for name in names if (parts / name).exists()]
    per_job = np.array_split(np.arange(len(files)), n_jobs)
    for job, numbers in enumerate(per_job, start=1):
        own = [files[number] for number in numbers]
        with atomic_write(folder / f"lat.{job}.zip", "wb") as stream:
            _zip(own, cast(IO[bytes], stream))
        with atomic_write(folder / f"lat.{job}.gz", "wb") as stream:
            _gzip((file.with_suffix(KALDI_SUFFIX) for file in own), cast(IO[bytes], stream))


def _zip(files: Iterable[Path], stream: IO[bytes]) -> None:
    """Store files under their names, with no time of their own, so that equal runs are equal."""
    with zipfile.ZipFile(stream, "w") as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes())


def _gzip(files: Iterable[Path], stream: IO[bytes]) -> None:
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as packed:
        for file in files:
            with file.open("rb") as content:
                shutil.copyfileobj(content, packed)


def _members(folder: Path) -> Iterable[Member]:
    archives = [p for p in folder.glob("lat.*.zip") if p.suffixes[0][1:].isdecimal()]
    for path in sorted(archives, key=lambda p: int(p.suffixes[0][1:])):
        yield from (Member(path, name) for name in _names(path))
    yield from (Member(path) for path in sorted(folder.glob("*" + K2_SUFFIX)))


def _names(path: Path) -> list[str]:
    """Return the names of an archive's members.

    Each member is an archive too, so that of one that is cut off the last whole member can be
    taken for the archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        names = [""]
    if not all(name.endswith(K2_SUFFIX) and "/" not in name for name in names):
        raise InputError("not an archive of lattices, or cut off", path=path, remedy=_REMEDY)
    return names
