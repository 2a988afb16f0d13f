"""Where log-probabilities come from: a file of them, or audio that is encoded first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from wfst_bias.cli.audio import encode_inputs, load_recognizer, with_lists
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import open_log_probs

if TYPE_CHECKING:
    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.cli.decode_lists import RunLists
    from wfst_bias.formats.audio_inputs import AudioInputs


@dataclass(frozen=True)
class AudioRequest:
    """Name audio, and the folder of the model that is to hear it, perhaps with an adapter."""

    paths: Sequence[Path]
    model: Path
    adapter: Path | None = None


@dataclass(frozen=True)
class LogProbFiles:
    """Name files of log-probabilities.

    Attributes:
      tokens: those of tokens.
      faults: why utterances are not in it, by id.
      phones: those of phones, None where nothing makes them.
    """

    tokens: Path
    faults: Mapping[str, str]
    phones: Path | None = None


class Source(Protocol):
    """Give log-probabilities of utterances."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return all utterances in the order of the input."""

    def only(self, utterance_id: str) -> Source:
        """Return a source of one of them."""

    def log_probs(
        self,
        folder: Path,
        n_threads: int,
        lists: RunLists | None = None,
        with_phones: bool = False,
    ) -> AbstractContextManager[LogProbFiles]:
        """Give a file of log-probabilities.

        Args:
          folder: where the file may lie meanwhile.
          n_threads: how many threads may make it.
          lists: what is listened for, where that can be.
          with_phones: whether those of phones are wanted too.
        """


@dataclass(frozen=True)
class ArchiveSource:
    """Log-probabilities that are there already."""

    path: Path
    ids: tuple[str, ...]

    def only(self, utterance_id: str) -> ArchiveSource:
        """Return a source of one utterance, from the same file."""
        return replace(self, ids=(utterance_id,))

    @contextmanager
    def log_probs(
        self,
        folder: Path,
        n_threads: int,
        lists: RunLists | None = None,
        with_phones: bool = False,
    ) -> Iterator[LogProbFiles]:
        """Give the file itself, whatever the lists are."""
        yield LogProbFiles(self.path, {})


@dataclass(frozen=True)
class AudioSource:
    """Audio, and what hears it."""

    inputs: AudioInputs
    recognizer: Recognizer

    @property
    def ids(self) -> tuple[str, ...]:
        """Return all utterances, those included that cannot be read."""
        return self.inputs.ids

    def only(self, utterance_id: str) -> AudioSource:
        """Return a source that encodes one utterance alone."""
        return replace(self, inputs=self.inputs.only(utterance_id))

    @contextmanager
    def log_probs(
        self,
        folder: Path,
        n_threads: int,
        lists: RunLists | None = None,
        with_phones: bool = False,
    ) -> Iterator[LogProbFiles]:
        """Encode into files that are there as long as they are used."""
        recognizer = self.recognizer if lists is None else with_lists(self.recognizer, lists)
        with TemporaryDirectory(dir=folder, prefix=".encoded.") as temporary:
            path = Path(temporary) / "log_probs.npz"
            phones = Path(temporary) / "phone_log_probs.npz" if with_phones else None
            faults = encode_inputs(recognizer, self.inputs, path, phones, n_threads)
            yield LogProbFiles(path, faults, phones)


def open_source(source: Path | AudioRequest) -> Source:
    """Find the utterances of a file of log-probabilities, or of audio.

    Raises:
      InputError: a file, folder or model that cannot be used, or without utterances.
    """
    found = _open_archive(source) if isinstance(source, Path) else _open_audio(source)
    if not found.ids:
        path = source if isinstance(source, Path) else source.paths[0]
        raise InputError("no utterances in it", path=path)
    return found


def _open_archive(path: Path) -> ArchiveSource:
    with open_log_probs(path) as archive:
        return ArchiveSource(path, archive.ids)


def _open_audio(request: AudioRequest) -> AudioSource:
    from wfst_bias.formats.audio_inputs import read_audio_inputs

    recognizer = load_recognizer(request.model, request.adapter)
    return AudioSource(read_audio_inputs(request.paths), recognizer)
