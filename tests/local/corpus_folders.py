"""What the tests of downloaded corpora share: audio files, and reading back what was made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from lhotse import CutSet, RecordingSet, SupervisionSet, load_manifest
from lhotse.qa import validate, validate_recordings_and_supervisions

from local.corpora.segments import SPLITS

ROOT = Path(__file__).resolve().parents[2]
RATE = 16000


def write_tone(path: Path, seconds: float, hertz: float = 300.0) -> Path:
    """Write a tone with a little noise, in the format that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(times.size)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * times) + 0.01 * noise, RATE)
    return path


def run_module(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command of local/ as a user does."""
    return subprocess.run(
        [sys.executable, "-m", name, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def read_manifests(out: Path, name: str, split: str) -> tuple[RecordingSet, SupervisionSet, CutSet]:
    """Read the manifests of a split; they are valid, agree, and their audio can be read."""
    recordings, supervisions, cuts = (
        load_manifest(out / f"{name}_{kind}_{split}.jsonl.gz")
        for kind in ("recordings", "supervisions", "cuts")
    )
    validate_recordings_and_supervisions(recordings, supervisions)
    validate(cuts)
    assert [cut.id for cut in cuts] == [supervision.id for supervision in supervisions]
    for cut in cuts:
        (supervision,) = cut.supervisions
        assert (supervision.start, supervision.duration) == (0, cut.duration)
        assert cut.load_audio().shape == (1, round(cut.duration * RATE))
    return recordings, supervisions, cuts


def texts_of(out: Path, name: str) -> dict[str, dict[str, str]]:
    """Return the text of each utterance, by split."""
    return {split: {s.id: s.text for s in read_manifests(out, name, split)[1]} for split in SPLITS}


def left_out_of(out: Path) -> dict[str, dict[str, object]]:
    """Return the lines of left_out.jsonl by the ids of the segments."""
    lines = (out / "left_out.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return {record["id"]: record for record in records}
