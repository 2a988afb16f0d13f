"""The command `encode`: audio to files of log-probabilities, and what is wrong with the rest."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_calls import Called
from model_folders import noise, soundfile, write_audio, write_model

from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.formats.log_probs import open_log_probs

Call = Callable[..., Called]

SECONDS = {"a": 1.0, "b": 3.0, "c": 0.5, "d": 40.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audio")
    for number, (name, seconds) in enumerate(SECONDS.items()):
        write_audio(folder / f"{name}.flac", noise(seconds, number))
    return folder


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with open_log_probs(path) as archive:
        return {name: archive[name] for name in archive}


def test_both_heads_are_written(call: Call, model: Path, audio: Path, tmp_path: Path) -> None:
    out, phones = tmp_path / "deep/x.npz", tmp_path / "phones.npz"
    called = call(
        "encode", "--audio", audio, "--model", model, "--out", out, "--phones-out", phones,
        "--nj", 2,
    )  # fmt: skip
    assert (called.status, called.err) == (0, "")
    assert called.out.startswith("4 utterances, 0.7 minutes, in ")
    tokens, said = arrays_of(out), arrays_of(phones)
    assert list(tokens) == list(said) == list(SECONDS)
    recognizer = Recognizer.load(model)
    for name, seconds in SECONDS.items():
        assert tokens[name].shape == (np.ceil(seconds * 25), recognizer.tokens.size)
        samples, _ = soundfile.read(audio / f"{name}.flac", dtype="float32")
        (heard,) = recognizer.hear([samples])
        np.testing.assert_allclose(tokens[name], heard.log_probs, rtol=2e-3, atol=2e-2)
        np.testing.assert_allclose(said[name], heard.phone_log_probs, rtol=2e-3, atol=2e-2)


def test_the_number_of_threads_changes_nothing(
    call: Call, model: Path, audio: Path, tmp_path: Path
) -> None:
    for nj in (1, 2):
        out = tmp_path / f"{nj}.npz"
        assert call("encode", "--audio", audio, "--model", model, "--out", out, "--nj", nj)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def test_bad_files_are_named_and_the_rest_is_encoded(
    call: Call, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "audio"
    write_audio(folder / "good.wav", np.stack([noise(1.0)] * 2, axis=1), rate=8000)
    write_audio(folder / "short.wav", noise(0.01))
    write_audio(folder / "empty.wav", noise(0.0))
    cut = write_audio(folder / "cut.flac", noise(30.0))
    cut.write_bytes(cut.read_bytes()[:50_000])
    (folder / "text.wav").write_text("no audio")
    out = tmp_path / "x.npz"
    called = call("encode", "--audio", folder, "--model", model, "--out", out)
    assert called.status == 1
    assert "1 utterances, 0.0 minutes" in called.out
    assert "4 of 5 utterances failed and are left out" in called.out
    lines = called.err.splitlines()
    assert len(lines) == 4
    for name in ("cut.flac", "empty.wav", "text.wav"):
        stem = name.split(".")[0]
        (line,) = (li for li in lines if li.startswith(f"wfst-bias: error: utterance {stem}: "))
        assert f"{folder}/{name}" in line
    assert any("utterance short is too short: 160 samples" in line for line in lines)
    assert list(arrays_of(out)) == ["good"]


def test_stdin_is_a_file(
    call: Call, model: Path, audio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (audio / "a.flac").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    out = tmp_path / "x.npz"
    called = call("encode", "--audio", audio / "a.flac", "-", "--model", model, "--out", out)
    assert (called.status, called.err) == (0, "")
    found = arrays_of(out)
    assert list(found) == ["a", "stdin"]
    np.testing.assert_array_equal(found["a"], found["stdin"])


def test_stdin_without_audio_is_an_utterance_at_fault(
    call: Call, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    called = call("encode", "--audio", "-", "--model", model, "--out", tmp_path / "x.npz")
    assert called.status == 1
    assert called.err.startswith("wfst-bias: error: utterance stdin: ")


def test_what_cannot_be_used_is_one_line(
    call: Call, model: Path, audio: Path, tmp_path: Path
) -> None:
    def complaint(**flags: object) -> str:
        given = {"audio": audio, "model": model, "out": tmp_path / "x.npz", **flags}
        return call("encode", *(x for k, v in given.items() for x in (f"--{k}", v))).complaint

    assert "nowhere.wav: no such file or folder" in complaint(audio=tmp_path / "nowhere.wav")
    assert "nowhere: no trained model there" in complaint(model=tmp_path / "nowhere")
    assert "a folder, expected the name of a file" in complaint(out=tmp_path)
    cut = write_model(tmp_path / "cut")
    (cut / "weights.pt").write_bytes((cut / "weights.pt").read_bytes()[:1000])
    assert f"{cut}/weights.pt: cut off, or not a checkpoint" in complaint(model=cut)
    assert not (tmp_path / "x.npz").exists()


def test_stdin_is_read_once(call: Call, model: Path, tmp_path: Path) -> None:
    called = call("encode", "--audio", "-", "-", "--model", model, "--out", tmp_path / "x.npz")
    assert "standard input can be read once" in called.complaint
