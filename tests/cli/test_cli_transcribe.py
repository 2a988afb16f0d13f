"""The commands `transcribe` and `decode --audio`: what comes out, where it goes, what is wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_calls import Called
from model_folders import noise, write_audio, write_model

from wfst_bias.acoustic import model_folder
from wfst_bias.acoustic.windows import FRAME_SHIFT_MS
from wfst_bias.formats.kaldi_text import read_kaldi_text

Call = Callable[..., Called]

RESULTS = {"text", "hyp.trn", "hyp.ctm", "nbest.jsonl", "entities.jsonl"}
FRAME_SECONDS = FRAME_SHIFT_MS / 1000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of four good files, and two at fault."""
    folder = tmp_path_factory.mktemp("audio")
    write_audio(folder / "a.flac", noise(1.0, 1))
    write_audio(folder / "b.wav", np.stack([noise(2.0, 2, 8000)] * 2, axis=1), 8000)
    write_audio(folder / "in/c d.ogg", noise(1.5, 3, 48_000), 48_000)
    write_audio(folder / "long.flac", noise(30.0, 4))
    (folder / "bad.wav").write_text("no audio")
    write_audio(folder / "empty.wav", noise(0.0))
    return folder


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "names.txt"
    path.write_text("Anna\nLake Kim\nR2D2\n")
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_a_folder_and_stdin_go_to_stdout(
    call: Call, model: Path, audio: Path, cache: Path, names: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (audio / "a.flac").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    called = call("transcribe", audio, "-", "--model", model, "--cache", cache, "--entities", names)
    assert called.status == 1
    lines = [line.split() for line in called.out.splitlines()]
    texts = {name: words for name, *words in lines}
    assert list(texts) == ["a", "b", "bad", "empty", "in-c_d", "long", "stdin"]
    assert texts["a"]
    assert texts["a"] == texts["stdin"]
    assert len(texts["long"]) > len(texts["b"]) > 0
    assert (texts["bad"], texts["empty"]) == ([], [])
    bad, empty, report = called.err.splitlines()
    assert bad.startswith(f"wfst-bias: error: utterance bad: {audio}/bad.wav: cannot be read")
    assert empty.startswith(f"wfst-bias: error: utterance empty: {audio}/empty.wav: ")
    assert report.startswith(f"wfst-bias: warning: {names}: entities: 2 accepted, 0 changed, 1 rej")


def ctm_of(folder: Path) -> list[tuple[str, float, float]]:
    rows = [line.split() for line in (folder / "hyp.ctm").read_text().splitlines()]
    return [(name, float(start), float(duration)) for name, _, start, duration, *_ in rows]


def test_encoding_first_and_decoding_audio_come_to_the_same(
    call: Call, model: Path, audio: Path, cache: Path, names: Path, tmp_path: Path
) -> None:
    npz = tmp_path / "x.npz"
    assert call("encode", "--audio", audio, "--model", model, "--out", npz).status == 1
    rest = ("--model", model, "--cache", cache, "--entities", names, "--out")
    once = call("decode", "--log-probs", npz, *rest, tmp_path / "once")
    assert (once.status, once.err) == (0, "")
    both = call("transcribe", audio, "--nj", 2, *rest, tmp_path / "both")
    assert both.status == 1
    assert "2 of 6 utterances failed" in both.out
    assert "entities: 2 accepted, 0 changed, 1 rejected" in both.out
    written = {path.name for path in (tmp_path / "both").iterdir()}
    assert written == RESULTS | {"timing.json", "errors.tsv", "entities.report.tsv"}
    for name in ("hyp.ctm", "entities.jsonl"):
        assert (tmp_path / "both" / name).read_text() == (tmp_path / "once" / name).read_text()
    texts = read_kaldi_text(tmp_path / "both/text")
    assert list(texts) == ["a", "b", "bad", "empty", "in-c_d", "long"]
    spoken = read_kaldi_text(tmp_path / "once/text")
    assert texts == {**texts, **spoken, "bad": "", "empty": ""}
    for _, start, duration in ctm_of(tmp_path / "both"):
        assert start + duration <= 30.0
    assert max(start for name, start, _ in ctm_of(tmp_path / "both") if name == "long") > 20.0


def test_kaldi_directories_and_cuts_are_decoded_with_lists_of_their_utterances(
    call: Call, model: Path, audio: Path, cache: Path, tmp_path: Path
) -> None:
    kaldi, lists = tmp_path / "kaldi", tmp_path / "lists.tsv"
    kaldi.mkdir()
    (kaldi / "wav.scp").write_text(f"rec {audio}/b.wav\ngone {tmp_path}/gone.wav\n")
    (kaldi / "segments").write_text("u1 rec 0.5 1.5\nu2 gone 0 1\nu3 rec 1 1\nu4 rec 1.6 1.61\n")
    from wfst_bias.formats.recordings import open_recording

    cut = open_recording(audio / "a.flac", "cut").to_cut()
    manifest = tmp_path / "cuts.jsonl"
    other = {**cut.to_dict(), "id": "lost"}
    other["recording"] = json.loads(json.dumps(other["recording"]).replace("a.flac", "z.flac"))
    manifest.write_text(f"{json.dumps(other)}\n{json.dumps(cut.to_dict())}\n")
    lists.write_text('u1\tx\t[]\t["Kim"]\nu2\tx\t[]\t["Sol"]\n')
    out = tmp_path / "out"
    called = call(
        "decode", "--audio", kaldi, manifest, "--model", model, "--cache", cache,
        "--entities-tsv", lists, "--out", out,
    )  # fmt: skip
    assert called.status == 1
    assert "4 of 6 utterances failed" in called.out
    assert list(read_kaldi_text(out / "text")) == ["u1", "u2", "u3", "u4", "lost", "cut"]
    errors = dict(line.split("\t") for line in (out / "errors.tsv").read_text().splitlines())
    assert list(errors) == ["u2", "u3", "u4", "lost"]
    assert f"{tmp_path}/gone.wav" in errors["u2"]
    assert "zero length" in errors["u3"]
    assert "too short: 160 samples" in errors["u4"]
    assert f"{audio}/z.flac" in errors["lost"]
    starts = [start / FRAME_SECONDS for _, start, _ in ctm_of(out)]
    np.testing.assert_allclose(starts, np.round(starts), atol=1e-3)
    rows = [row.split("\t") for row in (out / "entities.report.tsv").read_text().splitlines()]
    assert [row[0] for row in rows] == ["utterance", "u1", "u2"]


def test_nothing_but_faults_is_still_a_result(
    call: Call, model: Path, audio: Path, cache: Path
) -> None:
    called = call("transcribe", audio / "bad.wav", "--model", model, "--cache", cache)
    assert (called.status, called.out) == (1, "bad\n")
    assert len(called.err.splitlines()) == 1


def test_what_cannot_be_used_is_one_line(
    call: Call, model: Path, audio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complaint(*arguments: object) -> str:
        return call("transcribe", audio / "a.flac", *arguments).complaint

    monkeypatch.setattr(model_folder, "DEFAULT_MODEL", tmp_path / "none")
    assert complaint() == (
        f"{tmp_path}/none: no trained model there; name a model's folder: --model FOLDER"
    )
    other = write_model(tmp_path / "other")
    (other / "lm.arpa.gz").unlink()
    assert complaint("--model", other) == (
        f"{other}/lm.arpa.gz: no language model there; name one: --lm ARPA"
    )
    (other / "config.json").write_text("{}")
    found = complaint("--model", other, "--lm", model / "lm.arpa.gz")
    assert found.startswith(f"{other}/weights.pt: weights of another configuration")
    called = call("transcribe", audio / "nowhere.wav", "--model", model)
    assert "nowhere.wav: no such file or folder" in called.complaint
    (other / "decode.toml").write_text("[search]\nbeam = 3\n")
    assert "unknown option in [search]: 'beam'" in complaint("--model", other, "--lm", "x")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ([], "Missing option '--log-probs' or '--audio'"),
        (["--audio", "x", "--log-probs", "y"], "--audio and --log-probs exclude each other"),
        (["--audio", "x", "--tokens", "y"], "--audio and --tokens exclude each other"),
        (["--log-probs", "x", "--lm", "y"], "Missing option '--tokens' or '--model'"),
        (["--log-probs", "x", "--tokens", "y"], "Missing option '--lm' or '--model'"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(
    call: Call, tmp_path: Path, flags: list[str], complaint: str
) -> None:
    assert complaint in call("decode", "--out", tmp_path, *flags).complaint


def test_audio_is_also_heard_by_the_phone_head(
    call: Call, model: Path, audio: Path, cache: Path, tmp_path: Path
) -> None:
    lexicon = tmp_path / "lexicon.txt"
    lexicon.write_text("the  AA B\n")  # other words may sound like anything
    arguments = ("transcribe", audio / "a.flac", "--model", model, "--cache", cache)
    called = call(*arguments, "--lexicon", lexicon, "--phone-scale", 1, "--out", tmp_path / "out")
    assert called.status == 0, called.err
    assert "phone_nats" in (tmp_path / "out/nbest.jsonl").read_text()
    assert call(*arguments, "--phone-scale", 1).complaint.startswith(
        "nothing says how words are pronounced in the phones of this table"
    )
