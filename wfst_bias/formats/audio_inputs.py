"""What is named as audio, as utterances: files, folders, Kaldi directories, Lhotse manifests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wfst_bias.errors import InputError
from wfst_bias.formats.cuts import SUFFIXES, iterate_cuts
from wfst_bias.formats.outputs import check_ids
from wfst_bias.formats.recordings import open_recording

if TYPE_CHECKING:
    from lhotse.cut import Cut

# What a folder is searched for; a file that is named may have any other.
AUDIO_SUFFIXES = (
    ".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".rf64",
    ".snd", ".w64", ".wav",
)  # fmt: skip

_NOT_IN_ID = re.compile(r"[\s()]")


@dataclass(frozen=True)
class AudioInputs:
    """Hold utterances with audio.

    Attributes:
      ids: of all utterances, in the order of the input.
      cuts: those that can be used, in the same order.
      faults: why the others cannot be, by id.
    """

    ids: tuple[str, ...]
    cuts: tuple[Cut, ...]
    faults: Mapping[str, InputError]

    def only(self, utterance_id: str) -> AudioInputs:
        """Return one of the utterances."""
        faults = {name: fault for name, fault in self.faults.items() if name == utterance_id}
        cuts = tuple(cut for cut in self.cuts if cut.id == utterance_id)
        return AudioInputs((utterance_id,), cuts, faults)


def read_audio_inputs(paths: Sequence[Path]) -> AudioInputs:
    """Find the utterances that paths stand for; no more audio is read than to open the files.

    A folder with `wav.scp` is a Kaldi data directory, any other one is searched for audio files.
    A file `.jsonl` or `.jsonl.gz` is a Lhotse manifest of cuts, any other one is audio. The id of
    an audio file is its name without the suffix, and within a folder that is searched, its place
    there; white space and parentheses become `_`, and where a name occurs again `-2` is added.

    Raises:
      InputError: a path that is not there, a folder without audio, a manifest or directory that
        cannot be read, or an id given twice there.
    """
    found: dict[str, Cut | InputError] = {}
    for path in paths:
        for utterance_id, utterance in _utterances(path, found):
            if utterance_id in found:
                raise InputError("an utterance given twice", path=path, value=utterance_id)
            found[utterance_id] = utterance
    check_ids(found)
    return AudioInputs(
        tuple(found),
        tuple(each for each in found.values() if not isinstance(each, InputError)),
        {name: each for name, each in found.items() if isinstance(each, InputError)},
    )


def _utterances(path: Path, known: Iterable[str]) -> Iterator[tuple[str, Cut | InputError]]:
    if not path.exists():
        raise InputError("no such file or folder", path=path, remedy="correct the path")
    if (path / "wav.scp").exists() or path.name.endswith(SUFFIXES):
        return _of_manifest(path)
    return _of_files(path, set(known))


def _of_manifest(path: Path) -> Iterator[tuple[str, Cut | InputError]]:
    faults: list[tuple[str, Cut | InputError]] = []
    for cut in iterate_cuts(path, lambda name, fault: faults.append((name, fault))):
        yield from faults
        faults.clear()
        yield cut.id, cut
    yield from faults


def _of_files(path: Path, known: set[str]) -> Iterator[tuple[str, Cut | InputError]]:
    for file in _search(path) if path.is_dir() else [path]:
        place = file.relative_to(path) if path.is_dir() else Path(file.name)
        utterance_id = _unused("-".join(place.with_suffix("").parts), known)
        known.add(utterance_id)
        try:
            yield utterance_id, open_recording(file, utterance_id).to_cut()
        except InputError as error:
            yield utterance_id, error


def _search(folder: Path) -> list[Path]:
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in AUDIO_SUFFIXES and file.is_file() and file.name[0] != "."
    )
    if not files:
        raise InputError(
            "no audio file in this folder", path=folder, value=", ".join(AUDIO_SUFFIXES)
        )
    return files


def _unused(name: str, known: set[str]) -> str:
    """Return an id made of a name, as outputs can hold it, that is not known."""
    plain = _NOT_IN_ID.sub("_", name).encode("utf-8", "replace").decode("utf-8")
    number, utterance_id = 1, plain
    while utterance_id in known:
        number += 1
        utterance_id = f"{plain}-{number}"
    return utterance_id
