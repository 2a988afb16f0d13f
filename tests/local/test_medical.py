"""The corpus of simulated patient interviews, prepared from small folders of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lhotse", reason="lhotse is an optional extra: pip install wfst-bias[corpora]")

from corpus_folders import left_out_of, read_manifests, run_module, texts_of, write_tone

from local.corpora.options import SelectionOptions
from local.corpora.preparation import prepare
from local.corpora.text import make_normalizer
from local.medical.annotations import read_medical
from wfst_bias.errors import InputError

LINES = {
    "train": [
        "audio/RES0001.mp3[0.0,2.5]\tWhat brings you in today?",
        "audio/RES0001.mp3[2.5,6.25]\tI've had a cough and a fever",
        "audio/GAS0002.mp3[1.0,3.0]\tdo you take omeprazole",
    ],
    "dev": ["audio/CAR0003.mp3[0.0,2.0]\tchest pain since monday"],
    "test": ["audio/MSK0004.mp3[3.0,5.5]\tmy knee hurts when i walk"],
}


def write_lists(folder: Path, **more: str) -> None:
    for split, lines in LINES.items():
        text = "".join(f"{line}\n" for line in [*lines, *more.get(split, "").splitlines()])
        (folder / f"medical_{split}.info").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with four interviews of ten seconds, and the lists in LINES."""
    folder = tmp_path / "downloaded"
    for name in ("RES0001", "GAS0002", "CAR0003", "MSK0004"):
        write_tone(folder / "audio" / f"{name}.mp3", 10.0)
    write_lists(folder)
    return folder


def prepare_lists(folder: Path, **more: str):
    """Prepare the folder with more lines; return where, and what is left out."""
    write_lists(folder, **more)
    out = folder.parent / "prepared"
    prepare(read_medical(folder), folder, out, make_normalizer(), SelectionOptions())
    return out, left_out_of(out)


def test_the_command_makes_manifests_and_a_report(folder, tmp_path):
    out = tmp_path / "out"
    done = run_module("local.medical.prepare", folder, "--out", out)
    assert done.returncode == 0, done.stderr
    assert texts_of(out, "medical") == {
        "train": {
            "RES0001_1": "what brings you in today",
            "RES0001_2": "i've had a cough and a fever",
            "GAS0002_1": "do you take omeprazole",
        },
        "dev": {"CAR0003_1": "chest pain since monday"},
        "test": {"MSK0004_1": "my knee hurts when i walk"},
    }
    assert "No segment is left out." in (out / "report.txt").read_text()


def test_places_and_recordings_are_those_of_lhotses_recipe(folder):
    recipe = pytest.importorskip("lhotse.recipes.medical")
    out, _ = prepare_lists(folder)
    theirs = recipe.prepare_medical(folder, folder.parent / "recipe")
    normalize = make_normalizer().normalize
    for split, manifests in theirs.items():
        recordings, supervisions, _ = read_manifests(out, "medical", split)
        assert {r.id: r for r in recordings} == {r.id: r for r in manifests["recordings"]}
        ours = {(s.recording_id, s.start, s.duration, s.text) for s in supervisions}
        assert ours == {
            (s.recording_id, s.start, s.duration, normalize(s.text).form)
            for s in manifests["supervisions"]
        }


def test_a_comma_in_a_text_is_punctuation(folder):
    out, left_out = prepare_lists(folder, train="audio/GAS0002.mp3[4.0,6.0]\tno, [pause] not yet")
    assert not left_out
    assert texts_of(out, "medical")["train"]["GAS0002_2"] == "no pause not yet"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("audio/RES0001.mp3[7.0,9.0]\t", "no text"),
        ("audio/RES0001.mp3[7.0,9.0]", "no text"),
        ("audio/RES0001.mp3[7.0,9.0]\t20 mg a day", "characters without a letter"),
        ("audio/RES0001.mp3[7.0,7.4]\tyes", "too short"),
        ("audio/RES0001.mp3[9.0,12.0]\tuntil then", "past the end of the audio"),
        ("audio/RES0001.mp3[9.0,8.0]\treversed", "times that cannot be"),
        ("audio/RES0001.mp3[one,two]\tunclear", "a line that cannot be read"),
        ("audio/RES0001.mp3 7.0 9.0 no brackets", "a line that cannot be read"),
        ("audio/GONE0001.mp3[0.0,2.0]\tgone", "audio missing"),
    ],
)
def test_a_segment_is_left_out_and_says_why(folder, line, reason):
    out, left_out = prepare_lists(folder, train=line)
    ((_, record),) = left_out.items()
    assert record["reason"] == reason
    assert (Path(record["path"]).name, record["line"]) == ("medical_train.info", 4)
    assert len(texts_of(out, "medical")["train"]) == 3


def test_a_corrupt_file_costs_its_own_segments(folder):
    (folder / "audio" / "RES0001.mp3").write_bytes(b"\0" * 3000)
    out, left_out = prepare_lists(folder)
    assert left_out.keys() == {"RES0001_1", "RES0001_2"}
    assert {record["reason"] for record in left_out.values()} == {"audio unreadable"}
    assert texts_of(out, "medical")["train"].keys() == {"GAS0002_1"}


def test_corruption_within_a_file_costs_its_segments(folder):
    path = folder / "audio" / "RES0001.mp3"
    whole = bytearray(path.read_bytes())
    begin, end = len(whole) // 3, len(whole) // 2
    whole[begin:end] = bytes(end - begin)
    path.write_bytes(whole)
    out, left_out = prepare_lists(folder)
    assert {record["reason"] for record in left_out.values()} == {"audio unreadable"}
    assert all(f"{path}: cannot be decoded" in r["detail"] for r in left_out.values())
    assert left_out.keys() | texts_of(out, "medical")["train"].keys() >= {"RES0001_1", "RES0001_2"}


def test_short_turns_are_joined(folder):
    more = "audio/RES0001.mp3[6.5,7.0]\tand yesterday"
    out, left_out = prepare_lists(folder, train=more)
    assert not left_out
    expected = "i've had a cough and a fever and yesterday"
    assert texts_of(out, "medical")["train"]["RES0001_2+1"] == expected


def test_a_recording_in_two_splits_is_noted_and_new_splits_have_none(folder, tmp_path):
    write_lists(folder, test="audio/RES0001.mp3[7.0,9.0]\tthe same interview again")
    shared = "recordings that are in more than one split: 1"
    for name, flags, is_shared in (("a", [], True), ("b", ["--split-seed", "1"], False)):
        out = tmp_path / name
        done = run_module("local.medical.prepare", folder, "--out", out, *flags)
        assert done.returncode == 0, done.stderr
        assert (shared in (out / "report.txt").read_text()) is is_shared
    assert {len(read_manifests(tmp_path / "b", "medical", s)[0]) for s in ("dev", "test")} == {1}


def test_a_missing_list_ends_in_one_line(folder, tmp_path):
    (folder / "medical_dev.info").unlink()
    done = run_module("local.medical.prepare", folder, "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{folder}/medical_dev.info: not there; name the folder" in line


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_medical(tmp_path / "none")
