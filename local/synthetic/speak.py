"""Speak the sentences of a synthetic corpus: audio files and Lhotse manifests.

    python -m local.synthetic.speak TEXT_DIR --out DIR [--sets train,dev,test] [--limit N] [--nj N]
    python -m local.synthetic.speak TEXT_DIR --out DIR --sets train --further [--skip N] [--limit N]
    python -m local.synthetic.speak --text FILE.txt --prefix NAME --out DIR [--further]

TEXT_DIR has {train,dev,test}.tsv, FILE.txt a sentence a line (letters, apostrophes and spaces),
which becomes a training set of the name NAME. In DIR, for each SET:

    SET/audio/*                                  FLAC for training, Ogg Opus for dev and test
    SET.{recordings,supervisions,cuts}.jsonl.gz  paths as seen from the root of the repository,
                                                 absolute if DIR lies elsewhere

Training's sentences are spoken by the voices of `TRAIN`, with --further by those of `FURTHER`.
Voice, room, noise and level are drawn from the utterance's id, so the same text gives the same
speech. Files that are there and were made of the same are kept; a run that ended early goes on.
"""

from __future__ import annotations

import argparse
import fcntl
import functools
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lhotse import CutSet, MonoCut, Recording, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.audio import AudioSource
from tqdm import tqdm

from local.synthetic.recording import Plan, num_samples, plan, record, talkers
from local.synthetic.sentences import SETS, Sentence, read_sentences
from local.synthetic.synthesizers import SAMPLE_RATE, check_installed
from local.synthetic.voices import CASTS, FURTHER, TRAIN, Cast
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

ROOT = Path(__file__).resolve().parent.parent.parent
BATCH_SIZE = 32
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz' ")


@dataclass(frozen=True)
class SpokenSet:
    """A set to speak: its name, sentences, voices, and the kind of its audio files."""

    name: str
    sentences: tuple[Sentence, ...]
    cast: Cast
    codec: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text_dir", nargs="?", type=Path, help="folder with train.tsv and so on")
    parser.add_argument("--text", type=Path, help="speak this plain text instead")
    parser.add_argument("--prefix", default="text", help="name of the set made of --text")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS), help="of TEXT_DIR, with commas between")
    parser.add_argument("--skip", type=int, default=0, help="without the first N sentences")
    parser.add_argument("--limit", type=int, help="only the first N sentences of each set")
    parser.add_argument(
        "--further", action="store_true", help="training speech of the further voices instead"
    )
    parser.add_argument("--nj", type=int, default=os.cpu_count() or 1, help="processes")
    arguments = parser.parse_args()
    if (arguments.text is None) == (arguments.text_dir is None):
        parser.error("give either TEXT_DIR or --text FILE")
    unknown = set(arguments.sets.split(",")) - set(SETS)
    if unknown:
        parser.error(f"--sets: {', '.join(sorted(unknown))}: expected some of {', '.join(SETS)}")
    if arguments.further and arguments.text is None and arguments.sets != "train":
        parser.error("--further: the further voices speak for training only: add --sets train")
    if arguments.nj < 1 or (arguments.limit is not None and arguments.limit < 1):
        parser.error("--nj and --limit: expected 1 or more")
    if arguments.skip < 0:
        parser.error("--skip: expected 0 or more")
    try:
        sets = _read_sets(arguments)
        check_installed(voice for spoken in sets for voice in spoken.cast.voices)
        for spoken in sets:
            speak(spoken, arguments.out, arguments.nj)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def _read_sets(arguments: argparse.Namespace) -> list[SpokenSet]:
    end = None if arguments.limit is None else arguments.skip + arguments.limit
    part = slice(arguments.skip, end)
    train = FURTHER if arguments.further else TRAIN
    if arguments.text is not None:
        sentences = read_plain(arguments.text, arguments.prefix)[part]
        _check_left(sentences, arguments.text, arguments.skip)
        return [SpokenSet(arguments.prefix, sentences, train, "flac")]
    sets = []
    for name in arguments.sets.split(","):
        path = arguments.text_dir / f"{name}.tsv"
        sentences = read_sentences(path)
        check_sentences(sentences, path)
        _check_left(sentences[part], path, arguments.skip)
        codec = "flac" if name == "train" else "opus"
        cast = train if name == "train" else CASTS[name]
        sets.append(SpokenSet(name, sentences[part], cast, codec))
    return sets


def _check_left(sentences: Sequence[Sentence], path: Path, skip: int) -> None:
    if not sentences:
        raise InputError(f"no sentence is left after the first {skip}", path=path)


def read_plain(path: Path, prefix: str) -> tuple[Sentence, ...]:
    """Read sentences, one a line; empty lines are passed over.

    Raises:
      InputError: a line has other characters than `LETTERS`, or there is no line.
    """
    sentences = []
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            _check_spoken(line, path, number)
            text = " ".join(line.split())
            sentences.append(Sentence(f"{prefix}-{number:06d}", text, text, ()))
    if not sentences:
        raise InputError("no sentence", path=path)
    return tuple(sentences)


def check_sentences(sentences: Sequence[Sentence], path: Path) -> None:
    """Check that ids are unique and name files, and that everything can be spoken.

    Raises:
      InputError: naming the line.
    """
    seen: set[str] = set()
    for number, sentence in enumerate(sentences, start=1):
        utterance_id = sentence.utterance_id
        if utterance_id in seen or not utterance_id.replace("-", "").replace("_", "").isalnum():
            raise InputError(
                "expected an id of its own, of letters, digits, - and _",
                path=path,
                line=number,
                value=utterance_id,
            )
        seen.add(utterance_id)
        _check_spoken(sentence.spoken, path, number)


def _check_spoken(spoken: str, path: Path, line: int) -> None:
    if not set(spoken) <= LETTERS or not set(spoken) - {" ", "'"}:
        expected = "expected letters a to z, apostrophes and spaces only"
        raise InputError(expected, path=path, line=line, value=spoken)


def speak(spoken: SpokenSet, out: Path, num_jobs: int) -> None:
    """Make the audio of a set that is not there yet, then its manifests.

    Raises:
      InputError: another run is making this set in this folder, or a synthesizer fails.
    """
    folder = out / spoken.name / "audio"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _speak_into(folder, spoken, out, num_jobs)


def _speak_into(folder: Path, spoken: SpokenSet, out: Path, num_jobs: int) -> None:
    jobs = [
        (drawn, folder / f"{drawn.utterance_id}.{spoken.codec}")
        for drawn in (plan(s.utterance_id, s.spoken, spoken.cast) for s in spoken.sentences)
    ]
    lengths = {drawn.utterance_id: num_samples(drawn, path) for drawn, path in jobs}
    missing = [(drawn, path) for drawn, path in jobs if lengths[drawn.utterance_id] is None]
    progress = {"desc": spoken.name, "initial": len(jobs) - len(missing), "total": len(jobs)}
    with tqdm(**progress, unit=" utterances", mininterval=1) as bar:
        for batch, made in _record_all(missing, num_jobs):
            ids = (drawn.utterance_id for drawn, _ in batch)
            lengths.update(zip(ids, made, strict=True))
            bar.update(len(batch))
    cuts = [
        _cut(sentence, drawn, path, lengths[drawn.utterance_id] or 0, spoken.cast)
        for sentence, (drawn, path) in zip(spoken.sentences, jobs, strict=True)
    ]
    _write_manifests(cuts, out, spoken.name)
    hours = sum(cut.duration for cut in cuts) / 3600
    print(f"{spoken.name}: {len(cuts)} utterances, {hours:.2f} hours", file=sys.stderr)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InputError("another run is writing here", path=folder, remedy="wait") from error
    finally:
        os.close(handle)


def _record_all(
    jobs: Sequence[tuple[Plan, Path]], num_jobs: int
) -> Iterator[tuple[Sequence[tuple[Plan, Path]], list[int]]]:
    batches = [jobs[first : first + BATCH_SIZE] for first in range(0, len(jobs), BATCH_SIZE)]
    if not batches:
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(num_jobs, spawn, initializer=_start_worker)
    try:
        running = {pool.submit(record, batch): batch for batch in batches}
        for done in as_completed(running):
            yield running[done], done.result()
    except BrokenProcessPool as error:
        remedy = "run it again: what is made is kept"
        raise InputError("a process was killed, perhaps for memory", remedy=remedy) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    _watch_parent()
    torch.set_num_threads(1)
    talkers()


def _watch_parent() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process once the one that started it is gone, however it ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _cut(sentence: Sentence, drawn: Plan, path: Path, length: int, cast: Cast) -> MonoCut:
    duration = length / SAMPLE_RATE
    recording = Recording(
        id=drawn.utterance_id,
        sources=[AudioSource(type="file", channels=[0], source=_shown(path))],
        sampling_rate=SAMPLE_RATE,
        num_samples=length,
        duration=duration,
    )
    supervision = SupervisionSegment(
        id=drawn.utterance_id,
        recording_id=drawn.utterance_id,
        start=0.0,
        duration=duration,
        text=sentence.text,
        language="English",
        speaker=drawn.speaking.voice.speaker,
        custom=_custom(sentence, drawn, cast),
    )
    return MonoCut(
        id=drawn.utterance_id,
        start=0.0,
        duration=duration,
        channel=0,
        recording=recording,
        supervisions=[supervision],
    )


def _custom(sentence: Sentence, drawn: Plan, cast: Cast) -> dict[str, Any]:
    spoken = {key: value for key, value in asdict(drawn.speaking).items() if key != "voice"}
    return {
        "spoken": sentence.spoken,
        "entities": [{"text": text, "kind": kind} for text, kind in sentence.entities],
        "voice_is_held_out": drawn.speaking.voice not in TRAIN.voices | FURTHER.voices,
        **spoken,
        **asdict(drawn.place),
    }


@functools.cache
def _parent_shown(folder: Path) -> Path:
    whole = folder.resolve()
    return whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole


def _shown(path: Path) -> str:
    return (_parent_shown(path.parent) / path.name).as_posix()


def _write_manifests(cuts: Sequence[MonoCut], out: Path, name: str) -> None:
    manifests = {
        "recordings": RecordingSet.from_recordings(cut.recording for cut in cuts),
        "supervisions": SupervisionSet.from_segments(s for cut in cuts for s in cut.supervisions),
        "cuts": CutSet.from_cuts(cuts),
    }
    for kind, manifest in manifests.items():
        temporary = out / f".{name}.{kind}.part.jsonl.gz"
        manifest.to_file(temporary)
        os.replace(temporary, out / f"{name}.{kind}.jsonl.gz")


if __name__ == "__main__":
    main()
