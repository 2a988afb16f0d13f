"""What paths stand for: audio files, folders, Kaldi directories, manifests; ids and faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError

pytest.importorskip("lhotse", reason="lhotse is an optional extra: pip install wfst-bias[audio]")
soundfile = pytest.importorskip("soundfile")

from lhotse import CutSet  # noqa: E402

from wfst_bias.formats.audio_inputs import _unused, read_audio_inputs  # noqa: E402
from wfst_bias.formats.outputs import check_ids  # noqa: E402
from wfst_bias.formats.recordings import open_recording  # noqa: E402


def write_audio(path: Path, seconds: float = 0.5, rate: int = 8000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(-0.5, 0.5, round(seconds * rate), dtype=np.float32)
    soundfile.write(path, np.stack([ramp] * channels, axis=1), rate)
    return path


@pytest.fixture
def kaldi(tmp_path: Path) -> Path:
    """Return a data directory in which the first, a middle and the last utterance are at fault."""
    folder = tmp_path / "kaldi"
    folder.mkdir()
    good = write_audio(tmp_path / "good.wav", 2.0)
    (folder / "wav.scp").write_text(f"lost {tmp_path}/lost.wav\ngood {good}\n")
    (folder / "segments").write_text(
        "u-1 lost 0 1\nu-2 good 0.5 1.5\nu-3 good 1 1\nu-4 good 0 -1\nu-5 good 5 6\n"
    )
    return folder


def test_a_folder_is_searched_in_the_order_of_names(tmp_path):
    for name in ("b.wav", "a.FLAC", "deep/er/c.ogg", "deep/a.wav"):
        write_audio(tmp_path / "x" / name)
    (tmp_path / "x/notes.txt").write_text("no audio")
    (tmp_path / "x/.hidden.wav").write_text("no audio")
    found = read_audio_inputs([tmp_path / "x"])
    assert found.ids == ("a", "b", "deep-a", "deep-er-c")
    assert [cut.id for cut in found.cuts] == list(found.ids)
    assert not found.faults


def test_names_become_ids_that_outputs_can_hold(tmp_path):
    first = write_audio(tmp_path / "my talk (1).v2.wav")
    second = write_audio(tmp_path / "other/my talk (1).v2.flac")
    folder = write_audio(tmp_path / "third/my talk (1).v2.ogg").parent
    found = read_audio_inputs([first, second, folder, first])
    assert found.ids == tuple(f"my_talk__1_.v2{n}" for n in ("", "-2", "-3", "-4"))
    sources = [cut.recording.sources[0].source for cut in found.cuts]
    assert sources == [str(first), str(second), str(folder / "my talk (1).v2.ogg"), str(first)]


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), max_size=5))
def test_ids_are_unique_and_can_be_written(names):
    known: set[str] = set()
    for name in names:
        known.add(_unused(name, known))
    assert len(known) == len(names)
    check_ids(known)
    "".join(known).encode()


def test_a_file_name_that_is_not_utf8_becomes_an_id(tmp_path):
    path = write_audio(tmp_path / "x.wav")
    odd = path.rename(tmp_path / b"caf\xe9.wav".decode("utf-8", "surrogateescape"))
    assert read_audio_inputs([odd]).ids == ("caf?",)


def test_files_at_fault_are_named_in_their_places(tmp_path):
    folder = tmp_path / "x"
    write_audio(folder / "b.wav")
    write_audio(folder / "d.wav", seconds=0.0)
    (folder / "a.wav").write_bytes(b"not audio")
    (folder / "c.flac").write_bytes(b"")
    found = read_audio_inputs([folder])
    assert found.ids == ("a", "b", "c", "d")
    assert [cut.id for cut in found.cuts] == ["b"]
    assert set(found.faults) == {"a", "c", "d"}
    for name, fault in found.faults.items():
        assert f"{folder}/{name}." in str(fault)
        assert "\n" not in str(fault)


def test_a_kaldi_directory_keeps_the_places_of_faults(kaldi):
    found = read_audio_inputs([kaldi])
    assert found.ids == ("u-1", "u-2", "u-3", "u-4", "u-5")
    assert [cut.id for cut in found.cuts] == ["u-2", "u-4"]
    assert "lost.wav" in str(found.faults["u-1"])
    assert "zero length" in str(found.faults["u-3"])
    assert "past the end" in str(found.faults["u-5"])


def test_a_manifest_keeps_the_places_of_faults(tmp_path):
    cuts = [
        open_recording(write_audio(tmp_path / f"{name}.wav", channels=2), name).to_cut()
        for name in ("a", "b", "c")
    ]
    manifest = tmp_path / "cuts.jsonl.gz"
    CutSet.from_cuts(cuts).to_file(manifest)
    (tmp_path / "b.wav").unlink()
    found = read_audio_inputs([manifest])
    assert found.ids == ("a", "b", "c")
    assert [cut.id for cut in found.cuts] == ["a", "c"]
    assert f"{tmp_path}/b.wav" in str(found.faults["b"])


def test_kinds_may_be_mixed(kaldi, tmp_path):
    other = write_audio(tmp_path / "u-2.wav")
    assert read_audio_inputs([kaldi, other]).ids[-1] == "u-2-2"
    with pytest.raises(InputError, match="an utterance given twice"):
        read_audio_inputs([other, kaldi])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.wav", "no such file or folder"),
        ("empty", "no audio file in this folder"),
        ("broken.jsonl", "not JSON"),
    ],
)
def test_paths_that_stand_for_nothing_are_errors(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.jsonl").write_text("{\n")
    with pytest.raises(InputError, match=message) as raised:
        read_audio_inputs([tmp_path / name])
    assert str(tmp_path / name) in str(raised.value)
