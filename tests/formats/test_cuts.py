"""Utterances with audio: Kaldi data directories and manifests of cuts, good and bad."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.errors import InputError

pytest.importorskip("lhotse", reason="lhotse is an optional extra: pip install wfst-bias[corpora]")
soundfile = pytest.importorskip("soundfile")

from lhotse import CutSet, Recording  # noqa: E402

from wfst_bias.formats.cuts import read_cuts  # noqa: E402
from wfst_bias.formats.recordings import read_samples  # noqa: E402

RATE = 8000
SECONDS = 4.0


def write_audio(path: Path, seconds: float = SECONDS, channels: int = 1) -> Path:
    """Write a ramp, so that a sample says where it was."""
    ramp = np.arange(round(seconds * RATE), dtype=np.float32) / (10 * RATE)
    soundfile.write(path, np.stack([ramp] * channels, axis=1), RATE, subtype="FLOAT")
    return path


def write_table(path: Path, *lines: str) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture
def data(tmp_path) -> Path:
    """Return a data directory with two recordings and three segments."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_audio(tmp_path / "one.wav")
    write_audio(tmp_path / "two.wav", channels=2)
    write_table(folder / "wav.scp", f"one {tmp_path}/one.wav", f"two\t{tmp_path}/two.wav")
    write_table(folder / "segments", "one-a one 0.5 1.5", "one-b one 2 -1", "two-a two 0.0 4.2")
    write_table(folder / "text", "one-a two  words", "one-b", "two-a more")
    write_table(folder / "utt2spk", "one-a anna", "two-a otto")
    return folder


def faults_of(path: Path) -> tuple[list[str], dict[str, str]]:
    """Return the ids of the cuts, and the errors by utterance."""
    faults: dict[str, str] = {}
    cuts = read_cuts(path, lambda name, error: faults.update({name: str(error)}))
    return [cut.id for cut in cuts], faults


# -- Kaldi data directories


def test_segments_text_and_speakers_are_read(data):
    cuts = list(read_cuts(data))
    assert [(cut.id, cut.start, cut.duration) for cut in cuts] == [
        ("one-a", 0.5, 1.0),
        ("one-b", 2.0, 2.0),
        ("two-a", 0.0, 4.0),
    ]
    supervisions = [cut.supervisions[0] for cut in cuts]
    assert [s.text for s in supervisions] == ["two words", "", "more"]
    assert [s.speaker for s in supervisions] == ["anna", None, "otto"]


def test_without_segments_an_utterance_is_a_recording(data):
    for name in ("segments", "text", "utt2spk"):
        (data / name).unlink()
    cuts = list(read_cuts(data))
    assert [(cut.id, cut.start, cut.duration) for cut in cuts] == [("one", 0, 4.0), ("two", 0, 4.0)]
    assert cuts[0].supervisions[0].text is None


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 3990), length=st.integers(10, 4000))
def test_the_samples_of_a_segment_are_those_of_its_place(tmp_path_factory, start, length):
    folder = tmp_path_factory.mktemp("segment")
    end = min(start + length, 4000)
    write_table(folder / "wav.scp", f"one {write_audio(folder / 'one.wav')}")
    write_table(folder / "segments", f"u one {start / 1000} {end / 1000}")
    (cut,) = read_cuts(folder)
    samples = read_samples(cut)
    assert samples.shape == (8 * (end - start),)
    assert samples[0] == pytest.approx(8 * start / (10 * RATE), abs=1e-6)


def test_channels_are_averaged(data):
    *_, stereo = read_cuts(data)
    assert read_samples(stereo).shape == (4 * RATE,)


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("segments", "bad one 1 1", "segments:4: a segment of zero length"),
        ("segments", "bad one 2 1", "segments:4: a segment of negative length"),
        ("segments", "bad one 3 5", "segments:4: a segment past the end of the recording"),
        ("segments", "bad one 4.1 4.2", "segments:4: a segment past the end of the recording"),
        ("segments", "bad three 0 1", "segments:4: a segment of an unknown recording: 'three'"),
        ("segments", "bad one 1", "segments:4: expected a recording and two times"),
        ("segments", "bad one nan 1", "segments:4: times that cannot be"),
        ("segments", "bad one x 1", "segments:4: expected a recording and two times"),
    ],
)
def test_a_bad_segment_is_named_and_does_not_stop_the_others(data, name, line, message):
    with (data / name).open("a") as stream:
        stream.write(f"{line}\n")
    ids, faults = faults_of(data)
    assert ids == ["one-a", "one-b", "two-a"]
    assert faults.keys() == {"bad"}
    assert message in faults["bad"]
    assert "; " in faults["bad"]  # a remedy
    with pytest.raises(InputError, match="segments:4"):
        read_cuts(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such audio file"),
        (b"", "cannot be read as audio"),
        (b"not audio at all" * 50, "cannot be read as audio"),
    ],
)
def test_a_bad_recording_costs_its_own_utterances(data, tmp_path, content, message):
    recording = tmp_path / "one.wav"
    recording.unlink()
    if content is not None:
        recording.write_bytes(content)
    ids, faults = faults_of(data)
    assert ids == ["two-a"]
    assert faults.keys() == {"one-a", "one-b"}
    assert all(message in f and "one.wav" in f and "wav.scp:1" in f for f in faults.values())


def test_audio_without_samples_is_named(data, tmp_path):
    write_audio(tmp_path / "one.wav", seconds=0)
    _, faults = faults_of(data)
    assert "audio without a sample" in faults["one-a"]


def test_audio_that_is_gone_after_reading_is_named(data, tmp_path):
    cut, *_ = read_cuts(data)
    (tmp_path / "one.wav").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match=r"one\.wav: utterance one-a: audio cannot be read"):
        read_samples(cut)


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("wav.scp", "three sox a.wav -t wav - |", r"wav.scp:3: a command; .*file"),
        ("wav.scp", "one again.wav", r"wav.scp:3: an id given twice: 'one'"),
        ("wav.scp", "three", r"wav.scp:3: nothing after the id: 'three'"),
        ("segments", "one-a one 1 2", r"segments:4: an id given twice: 'one-a'"),
        ("text", "one-a again", r"text:4: an id given twice: 'one-a'"),
        ("text", "nobody speaks", r"text:4: an utterance that is not in the directory: 'nobody'"),
        ("utt2spk", "nobody anna", r"utt2spk:3: an utterance that is not in the directory"),
    ],
)
def test_a_malformed_file_raises_whoever_takes_faults(data, name, line, message):
    with (data / name).open("a") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(InputError, match=message):
        faults_of(data)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_folder_without_recordings_is_no_data_directory(data, content):
    (data / "wav.scp").unlink()
    if content is not None:
        (data / "wav.scp").write_text(content)
    with pytest.raises(InputError, match=r"wav\.scp: (not there|no line in it); give a Kaldi"):
        read_cuts(data)


# -- Manifests of cuts


@pytest.fixture
def manifest(data, tmp_path) -> Path:
    path = tmp_path / "cuts.jsonl"
    read_cuts(data).to_file(path)
    return path


def change_line(path: Path, number: int, change: object) -> None:
    lines = path.read_text().splitlines()
    fields = json.loads(lines[number - 1])
    change(fields)
    lines[number - 1] = json.dumps(fields)
    write_table(path, *lines)


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_a_manifest_reads_as_what_was_written(data, tmp_path, suffix):
    cuts = read_cuts(data)
    path = tmp_path / f"cuts{suffix}"
    cuts.to_file(path)
    read = read_cuts(path)
    assert list(read) == list(cuts)
    assert [read_samples(cut).shape for cut in read] == [(RATE,), (2 * RATE,), (4 * RATE,)]


def test_mixed_and_padded_cuts_are_read(data, tmp_path):
    one, *_ = read_cuts(data)
    path = tmp_path / "cuts.jsonl"
    CutSet.from_cuts([one.pad(duration=3.0).with_id("padded")]).to_file(path)
    (cut,) = read_cuts(path)
    assert read_samples(cut).shape == (3 * RATE,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(duration=0.0), "without length"),
        (lambda c: c.update(duration=-1.0), "without length"),
        (lambda c: c.update(start=3.5), "not within its recording of 4 s: '3.5 to 4.5 s'"),
        (lambda c: c.update(start=-0.5), "not within its recording"),
        (lambda c: c.pop("recording"), "no recording"),
        (
            lambda c: c["recording"]["sources"][0].update(type="command", source="touch pwned"),
            "a command instead of an audio file: 'touch pwned'",
        ),
        (
            lambda c: c["recording"]["sources"][0].update(source="gone.wav"),
            "gone.wav: no such audio file",
        ),
    ],
)
def test_a_bad_cut_is_named_and_does_not_stop_the_others(manifest, change, message):
    change_line(manifest, 1, change)
    ids, faults = faults_of(manifest)
    assert ids == ["one-b", "two-a"]
    assert message in faults["one-a"]
    assert "cuts.jsonl:1: cut one-a: " in faults["one-a"]
    with pytest.raises(InputError, match=r"cuts\.jsonl:1"):
        read_cuts(manifest)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"cuts\.jsonl:4: not JSON"),
        ("[]", r"cuts\.jsonl:4: not a cut; .*recordings or supervisions"),
        ('{"id": "a", "sources": []}', r"cuts\.jsonl:4: not a cut"),
        ('{"id": "a", "type": "MonoCut"}', r"cuts\.jsonl:4: not a MonoCut of Lhotse"),
    ],
)
def test_a_line_that_is_no_cut_raises(manifest, line, message):
    with manifest.open("a") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(InputError, match=message):
        faults_of(manifest)


def test_a_cut_given_twice_raises(manifest):
    lines = manifest.read_text().splitlines()
    write_table(manifest, *lines, lines[0])
    with pytest.raises(InputError, match=r"cuts\.jsonl:4: a cut given twice: 'one-a'; rename one"):
        faults_of(manifest)


def test_a_manifest_cut_short_says_where(manifest, tmp_path):
    whole = gzip.compress(manifest.read_bytes())
    path = tmp_path / "short.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"short\.jsonl\.gz: cannot be read after line"):
        read_cuts(path)


def test_a_manifest_that_is_not_there_is_no_cut_short_one(tmp_path):
    with pytest.raises(InputError, match=r"none\.jsonl: cannot be read \(No such file") as caught:
        read_cuts(tmp_path / "none.jsonl")
    assert "line" not in str(caught.value).removeprefix(str(tmp_path))


def test_audio_shorter_than_its_manifest_says_is_named(manifest, tmp_path):
    write_audio(tmp_path / "one.wav", seconds=1.0)
    _, one_b, _ = read_cuts(manifest)
    with pytest.raises(InputError, match="utterance one-b: audio cannot be read"):
        read_samples(one_b)


@pytest.mark.parametrize("name", ["cuts.txt", "missing.jsonl"])
def test_another_file_is_refused(tmp_path, name):
    (tmp_path / "cuts.txt").write_text("a b\n")
    with pytest.raises(InputError, match=name):
        read_cuts(tmp_path / name)


def test_recordings_are_checked_only_once(data, monkeypatch):
    opened = []
    original = Recording.from_file
    monkeypatch.setattr(
        Recording, "from_file", lambda path, **kw: opened.append(path) or original(path, **kw)
    )
    read_cuts(data)
    assert len(opened) == 2
