"""Recordings and images as data URIs, so that the page needs no other file.

- embed_audio: utterances of a manifest as Ogg.
- find_images: PNGs that are named by utterance.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError

if TYPE_CHECKING:
    from lhotse.cut import Cut

OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
CAPTIONS = {
    "attention": "What the adapter attends to",
    "boost": "Where the boosts of entities came from",
}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Image:
    """Hold an image of an utterance."""

    caption: str
    uri: str


@dataclass(frozen=True)
class Images:
    """Hold the images of each utterance that has any, and files that belong to none."""

    by_utterance: dict[str, list[Image]]
    left_out: tuple[Path, ...]


def embed_audio(cuts: Path, utterance_ids: Collection[str]) -> dict[str, str]:
    """Return the audio of utterances as data URIs, Ogg Opus (Vorbis at rates that it lacks).

    Args:
      cuts: a manifest, or a Kaldi data directory.
      utterance_ids: those to embed; any that the manifest lacks are left out.

    Raises:
      InputError: the manifest is broken, or audio is missing or cannot be read.
    """
    if not utterance_ids:
        return {}
    from wfst_bias.formats.cuts import iterate_cuts
    from wfst_bias.formats.recordings import read_samples

    def ignore_others(utterance_id: str, fault: InputError) -> None:
        if utterance_id in utterance_ids:
            raise fault

    found: dict[str, str] = {}
    for cut in iterate_cuts(cuts, ignore_others):
        if cut.id in utterance_ids:
            found[cut.id] = data_uri("audio/ogg", _as_ogg(cut, read_samples(cut)))
    return found


def _as_ogg(cut: Cut, samples: NDArray[np.float32]) -> bytes:
    import soundfile

    rate = int(cut.sampling_rate)
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream,
        "w",
        samplerate=rate,
        channels=1,
        format="OGG",
        subtype="OPUS" if rate in OPUS_RATES else "VORBIS",
    ) as file:
        for begin in range(0, len(samples), rate):  # libsndfile's Vorbis fails on long blocks
            file.write(samples[begin : begin + rate])
    return stream.getvalue()


def find_images(folders: Sequence[Path], utterance_ids: Collection[str]) -> Images:
    """Read the PNGs of utterances: `ID.png` or `ID.KIND.png`, anywhere under a folder.

    Args:
      folders: where they lie; an image's caption is its KIND, in the words of CAPTIONS where it is
        one of those, or the name of its folder.
      utterance_ids: of the experiment.

    Raises:
      InputError: no such folder, or a file that is no PNG.
    """
    found: dict[str, list[Image]] = {}
    left_out = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError("no such folder of images", path=folder)
        for path in sorted(folder.rglob("*.png")):
            name, caption = _utterance_and_kind(path, utterance_ids)
            if name in utterance_ids:
                image = Image(
                    CAPTIONS.get(caption, caption), data_uri("image/png", _read_png(path))
                )
                found.setdefault(name, []).append(image)
            else:
                left_out.append(path)
    return Images(found, tuple(left_out))


def data_uri(media_type: str, content: bytes) -> str:
    """Return content as a data URI."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _utterance_and_kind(path: Path, utterance_ids: Collection[str]) -> tuple[str, str]:
    name, dot, kind = path.stem.rpartition(".")
    if path.stem in utterance_ids or not dot:
        return path.stem, path.parent.name
    return name, kind


def _read_png(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(PNG_SIGNATURE):
        raise InputError("not a PNG", path=path, remedy="make the image again")
    return content
