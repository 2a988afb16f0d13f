"""Audio of a corpus: each recording opened once, faults kept by recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lhotse import Recording
from tqdm import tqdm

from local.corpora.segments import Reason
from wfst_bias.errors import InputError
from wfst_bias.formats.recordings import open_recording


@dataclass
class Audio:
    """Hold the recordings that could be opened, and why the others could not.

    Attributes:
      faults: recording id -> reason, and a message that names the file.
    """

    recordings: dict[str, Recording] = field(default_factory=dict)
    faults: dict[str, tuple[Reason, str]] = field(default_factory=dict)


def open_audio(paths: Mapping[str, Path], wanted: Iterable[str]) -> Audio:
    """Open the recordings of some ids, in the order of the ids."""
    audio = Audio()
    for recording_id in tqdm(sorted(set(wanted)), desc="recordings", disable=None):
        path = paths[recording_id].absolute()  # a manifest is then good from every folder
        if not path.is_file():
            audio.faults[recording_id] = (Reason.MISSING, f"{path}: no such audio file")
            continue
        try:
            audio.recordings[recording_id] = open_recording(path, recording_id)
        except InputError as error:
            audio.faults[recording_id] = (Reason.UNREADABLE, str(error))
    return audio
