"""The command `tune`: options that make fewer errors, runs that go on, bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cli_calls import Called, Inputs

pytest.importorskip("optuna")

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions, OutputOptions
from wfst_bias.files import write_text
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions
from wfst_bias.score.score_files import score_files

Call = Callable[..., Called]

START = replace(
    DecodeOptions(),
    boost=BoostOptions(per_word_nats=0.0, per_letter_nats=0.0),
    output=OutputOptions(frame_shift_ms=40.0),
)
SEARCHED = ("boost.per_word_nats=0:25", "boost.size_scale=0:3")


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory, planted: Path) -> Path:
    path = tmp_path_factory.mktemp("lm") / "lm.arpa"
    estimate_from_files([planted / "text.txt"], None, LmOptions(), path)
    return path


@pytest.fixture
def tune(call: Call, planted: Path, lm: Path, tmp_path: Path) -> Callable[..., Called]:
    """Return a call of `tune` on the planted data, without references."""
    fixed = (
        "tune", "--log-probs", planted / "dev.npz", "--tokens", planted / "tokens.txt", "--lm", lm,
        "--cache", lm.parent, "--out", tmp_path / "tuned.toml",
    )  # fmt: skip
    return lambda *more: call(*fixed, *more)


def rows_of(path: Path) -> list[dict[str, dict[str, dict[str, int]]]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_fewer_errors_and_a_run_that_goes_on(
    tune: Callable[..., Called], planted: Path, lm: Path, tmp_path: Path
) -> None:
    out, trace = tmp_path / "tuned.toml", tmp_path / "tuned.trials.jsonl"
    START.write(tmp_path / "start.toml")
    more = ("--ref", planted / "dev.tsv", "--start", tmp_path / "start.toml", "--search", *SEARCHED)
    called = tune(*more, "--trials", 4)
    assert called.status == 0, called.err
    tuned, whole = DecodeOptions.read(out), trace.read_bytes()
    assert tuned.boost.per_word_nats > 0
    assert replace(tuned, boost=START.boost) == START

    rows = rows_of(trace)[1:]
    best = min(rows, key=lambda row: row["objective"])
    assert best["objective"] < 0.8 * rows[0]["objective"]
    assert best["options"]["boost.per_word_nats"] == tuned.boost.per_word_nats
    assert {json.dumps(row["conditions"]["none"]) for row in rows} == {
        json.dumps(rows[0]["conditions"]["none"])
    }
    decoder = Decoder.load(planted / "tokens.txt", lm, tuned, lm.parent)
    for name in ("none", "dev"):
        expected = errors_by_hand(decoder, planted, name != "none", tmp_path / "text")
        assert {key: best["conditions"][name][key] for key in expected} == expected
    assert called.out.startswith("4 trials, objective ")
    assert f"boost.per_word_nats: 0 -> {tuned.boost.per_word_nats:g}" in called.out

    out.unlink()
    trace.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 40])  # killed as it wrote the last line
    called = tune(*more, "--trials", 4, "--nj", 2)
    assert called.status == 0, called.err
    assert trace.read_bytes() == whole
    assert DecodeOptions.read(out) == tuned
    out.unlink()
    assert tune(*more, "--trials", 3).out == called.out  # nothing is left to do
    assert DecodeOptions.read(out) == tuned
    assert trace.read_bytes() == whole
    assert "of another search (seed)" in tune(*more, "--seed", 1).complaint
    assert trace.read_bytes() == whole


def errors_by_hand(decoder: Decoder, planted: Path, with_lists: bool, text: Path) -> dict[str, int]:
    """Return the errors by way of the file that `decode` writes."""
    with np.load(planted / "dev.npz") as archive:
        log_probs = {name: archive[name].astype(np.float32) for name in archive.files}
    lines = (planted / "dev.tsv").read_text(encoding="utf-8").splitlines()
    columns = [line.split("\t") for line in lines if with_lists]
    compiled = {own[0]: decoder.compile_list(json.loads(own[3])) for own in columns}
    results = decoder.decode(log_probs, compiled)
    texts = (" ".join([r.utterance_id, *(word.text for word in r.words)]) for r in results)
    write_text(text, "".join(f"{line}\n" for line in texts))
    total = score_files(planted / "dev.tsv", text).total
    return {
        "words": total.words.all.reference_words,
        "u_errors": total.words.unbiased.errors,
        "b_errors": total.words.biased.errors,
        "hits": total.entities.hits,
        "misses": total.entities.misses,
        "false_alarms": total.entities.false_alarms,
        "failed": 0,
    }


def test_time_ends_a_search_and_the_start_is_tried_first(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    ref = write_ref(tmp_path / "dev.tsv", inputs)
    out = tmp_path / "new/tuned.toml"
    called = call(
        "tune", "--log-probs", inputs.log_probs, "--tokens", inputs.tokens, "--lm", inputs.lm,
        "--cache", inputs.cache, "--ref", ref, "--out", out, "--minutes", 1e-6,
        "--fix", "scales.lm_scale=0.75", "output.n_best=2",
    )  # fmt: skip
    assert called.status == 0, called.err
    tuned = DecodeOptions.read(out)
    assert (tuned.scales.lm_scale, tuned.output.n_best) == (0.75, 2)
    assert called.out.startswith("1 trials, ")
    header, row = rows_of(out.with_suffix(".trials.jsonl"))
    assert "scales.lm_scale" not in header["search"]
    assert row["conditions"].keys() == {"none", "dev"}


def write_ref(path: Path, inputs: Inputs) -> Path:
    """Write references of the small inputs."""
    with np.load(inputs.log_probs) as archive:
        rows = [f"{name}\tanna said yes\t[]\t[]\n" for name in archive.files]
    write_text(path, "".join(rows))
    return path


def test_audio_is_encoded_first(call: Call, tmp_path: Path) -> None:
    from model_folders import noise, write_audio, write_model

    model = write_model(tmp_path / "model")
    write_audio(tmp_path / "audio/a.flac", noise(1.0, 1))
    write_text(ref := tmp_path / "dev.tsv", 'a\tanna said yes\t["anna"]\t["anna", "kim"]\n')
    arguments = (
        "tune", "--audio", tmp_path / "audio", "--model", model, "--ref", ref, "--trials", 1,
        "--cache", tmp_path / "cache", "--out", tmp_path / "out/tuned.toml",
    )  # fmt: skip
    called = call(*arguments)
    assert called.status == 0, called.err
    tuned = DecodeOptions.read(tmp_path / "out/tuned.toml")
    assert tuned.search == DecodeOptions.read(model / "decode.toml").search
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "tuned.toml",
        "tuned.trials.jsonl",
    }
    (tmp_path / "audio/a.flac").write_text("no audio")
    called = call(*arguments[:-1], tmp_path / "other/tuned.toml")
    assert called.status == 2
    assert "error: utterance a: " in called.err
    assert called.err.splitlines()[-1].startswith(
        f"wfst-bias: {tmp_path / 'audio'}: 1 utterances cannot be encoded; "
    )


def test_bad_input(tune: Callable[..., Called], planted: Path, lm: Path, tmp_path: Path) -> None:
    good = planted / "dev.tsv"
    lines = good.read_text(encoding="utf-8").splitlines(keepends=True)
    write_text(few := tmp_path / "few.tsv", "".join(lines[:-2]))
    write_text(bad := tmp_path / "bad.toml", "[scales]\nlm_scale = 'a'\n")
    np.savez(broken := tmp_path / "nan.npz", a=np.full((3, 29), np.nan, np.float32))
    write_text(one := tmp_path / "one.tsv", "a\tx\t[]\t[]\n")
    np.savez(empty := tmp_path / "empty.npz")
    folder = tmp_path / "folder"
    folder.mkdir()
    cases: list[tuple[list[object], str]] = [
        ([], "Missing option '--ref'"),
        (["--ref", few], "few.tsv: no utterance 'dev-39', and 1 more"),
        (["--ref", good, good], "a second --ref of this name: 'dev'"),
        (["--ref", one, "--log-probs", broken], "nan.npz: utterance a: not a number in frame 0"),
        (["--ref", good, "--log-probs", empty], "empty.npz: no utterances in it"),
        (["--ref", good, "--tokens", tmp_path / "no.txt"], "no.txt: cannot be read"),
        (["--ref", good, "--lm", tmp_path / "no.arpa"], "no.arpa: cannot be read"),
        (["--ref", good, "--start", tmp_path / "no.toml"], "no.toml: cannot be read"),
        (["--ref", good, "--start", bad], "bad.toml: scales.lm_scale must be a number: 'a'"),
        (["--ref", good, "--search", "scale"], "expected SECTION, SECTION.OPTION"),
        (["--ref", good, "--search", "scales.lm_scale=1:0"], "expected LOW below HIGH"),
        (["--ref", good, "--fix", "scales.lm_scale=-1"], "lm_scale must not be negative"),
        (["--ref", good, "--fix", "lm_scale=1"], "expected SECTION.OPTION=VALUE"),
        (["--ref", good, "--trials", 0], "--trials"),
        (["--ref", good, "--minutes", 0], "--minutes"),
        (["--ref", good, "--b-weight", -1], "b_weight must be a number from 0 on"),
        (["--ref", good, "--out", folder], "folder: a folder, expected the name of a file"),
        (["--ref", good, "--audio", "x.wav"], "--audio and --log-probs exclude each other"),
    ]
    for more, message in cases:
        assert message in tune(*more).complaint
    assert not list(tmp_path.glob("tuned*"))


def test_without_log_probabilities(call: Call, planted: Path) -> None:
    called = call("tune", "--ref", planted / "dev.tsv")
    assert "Missing option '--log-probs' or '--audio'" in called.complaint
