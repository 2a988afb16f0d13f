"""Recordings of Lhotse: audio files opened and cuts read, with errors that name the file.

open_recording   the header of an audio file, its two ends checked, as a Recording
check_sources    whether what a Recording names is a file that is there
read_samples     the samples of a cut
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wfst_bias.errors import InputError

if TYPE_CHECKING:
    from lhotse import Recording
    from lhotse.cut import Cut

CHECKED_SECONDS = 0.1  # at each end of a recording
REMEDY = "replace the file, or convert it to WAV, FLAC or OGG"


def open_recording(path: Path | str, recording_id: str) -> Recording:
    """Open an audio file: its header is read, and a tenth of a second at either end is decoded.

    Raises:
      InputError: no such file, not audio, cut off within the header, or without samples.
    """
    from lhotse import Recording

    _check_file(Path(path))
    try:
        recording = Recording.from_file(path, recording_id=recording_id)
    except Exception as error:  # the libraries behind Lhotse raise whatever they like
        raise _fault("cannot be read as audio", path, error) from error
    if recording.num_samples == 0:
        raise InputError("audio without a sample", path=path, remedy="leave the recording out")
    seconds = min(CHECKED_SECONDS, recording.duration)
    for offset in (0.0, recording.duration - seconds):
        try:
            recording.load_audio(offset=offset, duration=seconds)
        except Exception as error:
            raise _fault(f"cannot be decoded at {offset:.1f} s", path, error) from error
    return recording


def check_sources(recording: Recording) -> None:
    """Check that a recording lies in files that are there; no audio is read.

    Raises:
      InputError: a file is missing, or the source is a command or an address.
    """
    for source in recording.sources:
        if source.type == "file":
            _check_file(Path(source.source))
        elif source.type != "memory":
            raise InputError(
                f"recording {recording.id}: a {source.type} instead of an audio file",
                value=source.source,
                remedy="write the audio to a file and name that",
            )


def read_samples(cut: Cut) -> npt.NDArray[np.float32]:
    """Read the samples of a cut, the mean of its channels: shape (samples,), at the cut's own rate.

    Raises:
      InputError: the audio is missing, corrupt, or shorter than the cut; names the utterance.
    """
    path = next((s.source for r in recordings_of(cut) for s in r.sources if s.type == "file"), None)
    try:
        samples = cut.load_audio()
    except Exception as error:
        raise _fault(f"utterance {cut.id}: audio cannot be read", path, error) from error
    if samples is None or samples.shape[-1] == 0:
        raise InputError(f"utterance {cut.id}: no audio", path=path, remedy="leave it out")
    mono: npt.NDArray[np.float32] = np.asarray(samples, dtype=np.float32).mean(axis=0)
    return mono


def recordings_of(cut: Cut) -> list[Recording]:
    """Return the recordings that a cut takes its audio from; padding has none."""
    parts = [track.cut for track in cut.tracks] if hasattr(cut, "tracks") else [cut]
    return [part.recording for part in parts if getattr(part, "recording", None) is not None]


def _fault(message: str, path: Path | str | None, error: Exception) -> InputError:
    return InputError(f"{message} ({_cause(error)})", path=path, remedy=REMEDY)


def _cause(error: Exception) -> str:
    """Return in one line what went wrong; of Lhotse's many, what its first reader said."""
    text = str(error) or type(error).__name__
    first = re.search(r"Exception #0 [^\n]*?: <class '[^']*'>: ([^\n]*)", text)
    said = " ".join((first.group(1) if first else text).split("[extra info]")[0].split())
    return said.rsplit("': ", 1)[-1].rstrip(".")[:160]


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            "no such audio file",
            path=path,
            remedy="correct the path; a relative one begins at the current folder",
        )
