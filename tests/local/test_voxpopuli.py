"""VoxPopuli, prepared from small folders in the layouts in which it is downloaded."""

from __future__ import annotations

import csv
import gzip
import shutil
from pathlib import Path

import pytest

pytest.importorskip("lhotse", reason="lhotse is an optional extra: pip install wfst-bias[corpora]")

from click.testing import CliRunner
from corpus_folders import left_out_of, read_manifests, run_module, texts_of, write_tone

from local.corpora.options import SelectionOptions
from local.corpora.preparation import prepare
from local.corpora.text import make_normalizer
from local.voxpopuli.annotations import read_voxpopuli
from local.voxpopuli.prepare import prepare_command
from wfst_bias.errors import InputError

COLUMNS = [
    "session_id",
    "id_",
    "original_text",
    "normed_text",
    "speaker_id",
    "start_time",
    "end_time",
    "vad",
    "split",
    "gender",
    "is_gold_transcript",
    "accent",
]
PLENARY, COMMITTEE = "20090113-0900-PLENARY-3-en", "20190206-0900-PLENARY"


def row(session: str, start: object, end: object, text: str, split: str = "train", **other: str):
    values = {
        "session_id": session,
        "id_": f"{start}",
        "original_text": text.capitalize() + ".",
        "normed_text": text,
        "speaker_id": "1001",
        "start_time": str(start),
        "end_time": str(end),
        "vad": f"[({start}, {end})]",
        "split": split,
        "gender": "female",
        "is_gold_transcript": "True",
        "accent": "None",
    }
    return values | other


GOOD = [
    row(PLENARY, 0.5, 3.0, "mr president, i thank the rapporteur"),
    row(PLENARY, 3.5, 6.25, "the honourable member's naïve question", speaker_id="1002"),
    row(COMMITTEE, 0, 2, "the sitting is closed", "dev"),
    row(COMMITTEE, 4, 6.5, "we shall vote tomorrow", "test", speaker_id="1003"),
]


def write_annotations(folder: Path, rows: list[dict[str, str]], columns=COLUMNS) -> Path:
    path = folder / "asr_en.tsv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, delimiter="|", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def session_path(folder: Path, session: str, root: str = "en") -> Path:
    return folder / "raw_audios" / root / session[:4] / f"{session}_{root}.ogg"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with two sessions of ten seconds, and the annotations in GOOD."""
    folder = tmp_path / "downloaded"
    for session in (PLENARY, COMMITTEE):
        write_tone(session_path(folder, session), 10.0)
    write_annotations(folder, GOOD)
    return folder


def prepare_rows(folder: Path, rows: list[dict[str, str]], **options: float):
    """Prepare the folder with other annotations; return where, and what is left out."""
    write_annotations(folder, rows)
    out = folder.parent / "prepared"
    corpus = read_voxpopuli(folder)
    prepare(corpus, folder, out, make_normalizer(), SelectionOptions(**options))
    return out, left_out_of(out)


def test_the_command_makes_manifests_and_a_report(folder, tmp_path):
    out = tmp_path / "out"
    done = run_module("local.voxpopuli.prepare", folder, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "train 2, dev 1, test 1; segments left out: 0" in done.stderr
    assert texts_of(out, "voxpopuli") == {
        "train": {
            f"{PLENARY}-1": "mr president i thank the rapporteur",
            f"{PLENARY}-2": "the honourable member's naive question",
        },
        "dev": {f"{COMMITTEE}-1": "the sitting is closed"},
        "test": {f"{COMMITTEE}-2": "we shall vote tomorrow"},
    }
    report = (out / "report.txt").read_text()
    assert "No segment is left out." in report
    assert "recordings that are in more than one split: 1" in report
    assert (out / "left_out.jsonl").read_text() == ""


def test_ids_and_places_are_those_of_lhotses_recipe(folder, tmp_path):
    recipe = pytest.importorskip("lhotse.recipes.voxpopuli")
    out, staged = tmp_path / "out", tmp_path / "recipe"
    staged.mkdir()
    shutil.copy(folder / "asr_en.tsv.gz", staged)  # else the recipe would download it
    theirs = recipe.prepare_voxpopuli(folder, staged, lang="en")
    prepare(read_voxpopuli(folder), folder, out, make_normalizer(), SelectionOptions())
    for split, manifests in theirs.items():
        recordings, supervisions, _ = read_manifests(out, "voxpopuli", split)
        assert list(recordings) == list(manifests["recordings"])
        normalize = make_normalizer().normalize
        for ours, their in zip(supervisions, manifests["supervisions"], strict=True):
            for name in ("id", "recording_id", "start", "duration", "speaker", "gender"):
                assert getattr(ours, name) == getattr(their, name)
            assert ours.text == normalize(their.text).form
            assert ours.custom["orig_text"] == their.custom["orig_text"]


def test_a_session_may_lie_among_the_originals(folder):
    path = session_path(folder, PLENARY)
    moved = session_path(folder, PLENARY, "original")
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    out, left_out = prepare_rows(folder, GOOD)
    recordings, _, _ = read_manifests(out, "voxpopuli", "train")
    assert not left_out
    assert [r.sources[0].source for r in recordings] == [str(moved)]


@pytest.mark.parametrize(
    ("bad", "reason", "detail"),
    [
        (row(PLENARY, 7, 9, " "), "no text", ""),
        (row(PLENARY, 7, 9, "..."), "no text", "nothing but punctuation"),
        (row(PLENARY, 7, 9, "in 2009 the α"), "characters without a letter", "2 0 9 α"),
        (row(PLENARY, 7, 7.5, "hear"), "too short", "0.50 s"),
        (row(PLENARY, 7, 11, "and so on"), "past the end of the audio", "ends at 11 s of 10 s"),
        (row(PLENARY, 9, 7, "reversed"), "times that cannot be", "9 to 7 s"),
        (row(PLENARY, 7, 7, "nothing"), "times that cannot be", "7 to 7 s"),
        (row(PLENARY, "soon", 9, "unclear"), "a line that cannot be read", "times 'soon' and '9'"),
        (row(PLENARY, 7, 9, "elsewhere", "validation"), "of no split", "validation"),
        (row("20200101-NONE", 7, 9, "gone"), "audio missing", "20200101-NONE_en.ogg: no such"),
    ],
)
def test_a_segment_is_left_out_and_says_why(folder, bad, reason, detail):
    out, left_out = prepare_rows(folder, [*GOOD, bad])
    ((_, record),) = left_out.items()
    assert record["reason"] == reason
    assert detail in record["detail"]
    assert (Path(record["path"]).name, record["line"]) == ("asr_en.tsv.gz", len(GOOD) + 2)
    assert f"{reason} " in (out / "report.txt").read_text()
    kept = texts_of(out, "voxpopuli")
    assert sum(map(len, kept.values())) == len(GOOD)


def test_a_long_segment_is_left_out(folder):
    _, left_out = prepare_rows(folder, GOOD, max_seconds=2.6)
    assert {record["reason"] for record in left_out.values()} == {"too long"}
    assert left_out.keys() == {f"{PLENARY}-2"}


def test_overlapping_segments_are_left_out_both_and_repetitions_but_one(folder):
    more = [
        row(PLENARY, 7, 9, "one speaks"),
        row(PLENARY, 8, 9.5, "another interrupts"),
        GOOD[2],
    ]
    out, left_out = prepare_rows(folder, [*GOOD, *more])
    assert {name: r["reason"] for name, r in left_out.items()} == {
        f"{PLENARY}-3": "overlapping",
        f"{PLENARY}-4": "overlapping",
        f"{COMMITTEE}-3": "given twice",
    }
    assert len(texts_of(out, "voxpopuli")["dev"]) == 1


def test_short_segments_are_joined_with_their_neighbours(folder):
    short = [
        row(PLENARY, 7.0, 7.5, "thank you"),
        row(PLENARY, 7.75, 8.25, "mr president"),
    ]
    out, left_out = prepare_rows(folder, [*GOOD, *short])
    _, supervisions, _ = read_manifests(out, "voxpopuli", "train")
    joined = supervisions[f"{PLENARY}-3+1"]
    assert (joined.start, joined.duration) == (7.0, 1.25)
    assert joined.text == "thank you mr president"
    assert joined.custom["segments"] == [f"{PLENARY}-3", f"{PLENARY}-4"]
    assert not left_out


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "audio missing"), (b"", "audio unreadable"), (b"OggS" * 90, "audio unreadable")],
)
def test_a_bad_file_costs_its_own_segments(folder, content, reason):
    path = session_path(folder, PLENARY)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    out, left_out = prepare_rows(folder, GOOD)
    assert {name: r["reason"] for name, r in left_out.items()} == {
        f"{PLENARY}-1": reason,
        f"{PLENARY}-2": reason,
    }
    kept = texts_of(out, "voxpopuli")
    assert list(map(len, kept.values())) == [0, 1, 1]
    report = (out / "report.txt").read_text()
    assert f"  {path.absolute()}: " in report
    assert ": segments left out: 2\n" in report


def test_a_file_cut_short_costs_the_segments_after_its_end(folder):
    path = session_path(folder, PLENARY)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    out, left_out = prepare_rows(folder, GOOD)
    assert left_out[f"{PLENARY}-2"]["reason"] == "past the end of the audio"
    texts_of(out, "voxpopuli")  # all that is kept can be read


def test_segments_of_voxpopulis_own_tools_are_read(tmp_path):
    folder = tmp_path / "downloaded"
    cut = folder / "transcribed_data" / "en"
    header = "id\traw_text\tnormalized_text\tspeaker_id\tsplit\tgender\tis_gold_transcript\taccent"
    for number, split in enumerate(("train", "dev", "test")):
        name = f"2013020{number}-0900-PLENARY-11-en_20130206-13:47:44_{number}"
        write_tone(cut / "2013" / f"{name}.ogg", 2.0 + number)
        line = f'{name}\t"Yes" is said.\t"yes" is said\t12\t{split}\tmale\tTrue\tNone'
        (cut / f"asr_{split}.tsv").write_text(f"{header}\n{line}\n")
    with (cut / "asr_dev.tsv").open("a") as stream:
        stream.write("2013-gone\tNo.\tno\t12\tdev\tmale\tTrue\tNone\n2013-short\tNo.\tno\n")
    out = tmp_path / "out"
    prepare(read_voxpopuli(folder), folder, out, make_normalizer(), SelectionOptions())
    kept = texts_of(out, "voxpopuli")
    assert [list(texts.values()) for texts in kept.values()] == [["yes is said"]] * 3
    durations = [read_manifests(out, "voxpopuli", s)[2][0].duration for s in kept]
    assert durations == [2.0, 3.0, 4.0]
    reasons = {name: record["reason"] for name, record in left_out_of(out).items()}
    assert reasons == {
        "2013-gone": "audio missing",
        "2013-short": "a line that cannot be read",
    }


def test_a_missing_column_is_named(folder):
    path = write_annotations(folder, GOOD, [c for c in COLUMNS if c != "end_time"])
    with pytest.raises(InputError, match=rf"{path}:1: no column end_time: .*; give VoxPopuli"):
        read_voxpopuli(folder)


def test_annotations_cut_short_are_named(folder):
    path = folder / "asr_en.tsv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"asr_en\.tsv\.gz: cannot be read after line \d"):
        read_voxpopuli(folder)


def test_a_second_file_of_a_session_is_named(folder):
    copy = folder / "raw_audios" / "en" / "2010" / f"{PLENARY}_en.ogg"
    copy.parent.mkdir()
    shutil.copy(session_path(folder, PLENARY), copy)
    with pytest.raises(InputError, match="a second file of one session"):
        read_voxpopuli(folder)


@pytest.mark.parametrize("made", [None, "empty", "no audio"])
def test_a_folder_of_another_layout_ends_in_one_line(tmp_path, made):
    folder = tmp_path / "other"
    if made is not None:
        folder.mkdir()
    if made == "no audio":
        write_annotations(folder, GOOD)
    done = run_module("local.voxpopuli.prepare", folder, "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert str(folder) in line
    assert not (tmp_path / "out").exists()


def test_a_folder_of_which_nothing_is_left_has_a_report_and_no_manifest(folder):
    with pytest.raises(InputError, match=r"no segment could be used; see .*report\.txt"):
        prepare_rows(folder, [row(PLENARY, 7, 9, "1984")])
    made = {path.name for path in (folder.parent / "prepared").iterdir()}
    assert made == {"report.txt", "left_out.jsonl"}


def test_help_names_the_layout_and_every_option():
    text = CliRunner().invoke(prepare_command, ["--help"]).output
    for name in ("raw_audios/en/YEAR", "--annotations", "--min-seconds", "--tokens", "--out"):
        assert name in text
