"""The search for options, and the command that runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("k2")

import tune

from wfst_bias.cli.main import run
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions, OutputOptions
from wfst_bias.files import write_text
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.scales import Scales
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions
from wfst_bias.score.score_files import score_files
from wfst_bias.score.wer import ClassCounts, ErrorCounts

START = DecodeOptions()
steps = st.fixed_dictionaries({name: st.integers(-2, 2) for name in tune.STEPS})


def moved(options: DecodeOptions, by: dict[str, int]) -> DecodeOptions:
    """Return options moved by whole steps."""
    for name, number in by.items():
        if number:
            (options,) = list(tune.neighbours(options, name, number * tune.STEPS[name]))[:1]
    return options


def value(options: DecodeOptions, name: str) -> float:
    section, option = name.split(".")
    return float(getattr(getattr(options, section), option))


def steps_between(first: DecodeOptions, second: DecodeOptions) -> dict[str, int]:
    return {
        name: round((value(first, name) - value(second, name)) / step)
        for name, step in tune.STEPS.items()
    }


def errors_of(unbiased: int, biased: int = 0) -> ClassCounts:
    return ClassCounts(ErrorCounts(substitutions=unbiased), ErrorCounts(deletions=biased))


def far_from(planted: DecodeOptions) -> Callable[[DecodeOptions], tune.Errors]:
    """Return a count of errors that grows with the steps to planted options."""

    def errors(options: DecodeOptions) -> tune.Errors:
        away = sum(map(abs, steps_between(options, planted).values()))
        return {"none": errors_of(away), "list": errors_of(away, away)}

    return errors


def at_random(seed: int) -> Callable[[DecodeOptions], tune.Errors]:
    def errors(options: DecodeOptions) -> tune.Errors:
        moves = np.array(list(steps_between(options, START).values()))
        return {"none": errors_of(int(np.random.default_rng([seed, *moves + 99]).integers(20)))}

    return errors


@given(steps)
def test_planted_options_are_found(by: dict[str, int]) -> None:
    planted = moved(START, by)
    trials = list(tune.search(START, far_from(planted), rounds=2))
    assert tune.best_of(trials).options == planted
    assert len(trials) <= 1 + 2 * 2 * len(tune.STEPS)


@given(steps)
def test_a_round_that_changes_nothing_is_the_last(by: dict[str, int]) -> None:
    trials = list(tune.search(moved(START, by), far_from(moved(START, by)), rounds=9))
    assert len(trials) == 1 + 2 * len(tune.STEPS)
    assert tune.best_of(trials) is trials[0]


@given(st.integers(0, 1000), st.integers(1, 4))
def test_each_trial_moves_one_option_of_the_best_so_far(seed: int, rounds: int) -> None:
    trials = list(tune.search(START, at_random(seed), rounds))
    for number, trial in enumerate(trials[1:], start=1):
        section_moves = [
            steps_between(trial.options, tune.best_of(trials[:end]).options)
            for end in (number - 1, number)  # of a step down, before or after the step up
            if end
        ]
        assert any(sum(map(abs, moves.values())) == 1 for moves in section_moves)


@given(st.floats(0, 1), st.floats(0.01, 8))
def test_neighbours_stay_in_range(lm_scale: float, whole_letters: float) -> None:
    options = replace(
        START, scales=Scales(lm_scale=lm_scale), boost=BoostOptions(whole_letters=whole_letters)
    )
    for name in ("scales.lm_scale", "boost.whole_letters"):
        step = tune.STEPS[name]
        found = [value(near, name) for near in tune.neighbours(options, name, step)]
        expected = [value(options, name) + step]
        if value(options, name) - step > 1e-5:
            expected.append(value(options, name) - step)
        assert found[: len(expected)] == pytest.approx(expected, abs=1e-6)


def test_objective() -> None:
    trial = tune.Trial(START, {"none": errors_of(3, 2), "list": errors_of(4, 1)})
    assert trial.objective == 3 + 4 + 1.5 * (2 + 1)


def test_every_step_is_of_an_option_and_is_exact() -> None:
    there_and_back = moved(
        moved(START, dict.fromkeys(tune.STEPS, 1)), dict.fromkeys(tune.STEPS, -1)
    )
    assert there_and_back == START


def test_known_errors_are_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    conditions = {"none": tune.Condition({}), "list": tune.Condition({}, {})}

    def count(decoder: object, condition: tune.Condition) -> ClassCounts:
        name = next(name for name, known in conditions.items() if known is condition)
        counted.append(name)
        return errors_of(len(counted))

    monkeypatch.setattr(tune, "Decoder", lambda loaded, options: None)
    development = tune.DevelopmentSet(None, {}, conditions)
    monkeypatch.setattr(development, "_count", count)
    first = development.errors(START)
    second = development.errors(replace(START, boost=BoostOptions(size_scale=1.0)))
    assert counted == ["none", "list", "list"]
    assert (first["none"], first["list"]) == (second["none"], errors_of(2))
    assert development.errors(START) == first
    development.errors(replace(START, scales=Scales(lm_scale=1.0)))
    assert counted[3:] == ["none", "list"]


def test_rows_and_files(tmp_path: Path) -> None:
    out = tmp_path / "tuned.toml"
    start = replace(START, output=OutputOptions(n_best=7, batch_size=3))
    better = moved(start, {"boost.size_scale": 1})
    worse = moved(better, {"scales.lm_scale": -1})
    trials = [
        tune.Trial(options, {"none": errors_of(errors, 2)})
        for options, errors in ((start, 9), (better, 8), (worse, 8))
    ]
    for end in (1, 2, 3):
        tune.write_trials(trials[:end], out)
    assert DecodeOptions.read(out) == better
    rows = [row.split("\t") for row in (tmp_path / "tuned.trials.tsv").read_text().splitlines()]
    scale, size = value(worse, "scales.lm_scale"), value(better, "boost.size_scale")
    assert rows == [
        ["changes", "objective", "lowest so far", "none: U errors", "none: B errors"],
        ["-", "12", "yes", "9", "2"],
        [f"boost.size_scale={size:g}", "11", "yes", "8", "2"],
        [f"scales.lm_scale={scale:g}, boost.size_scale={size:g}", "11", "no", "8", "2"],
    ]
    assert list(tune.summary(trials)) == [
        "3 trials, objective 12 -> 11",
        f"boost.size_scale={size:g}",
        "none: U errors 9 -> 8, B errors 2 -> 2",
    ]


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory, planted: Path) -> Path:
    path = tmp_path_factory.mktemp("lm") / "lm.arpa"
    estimate_from_files([planted / "text.txt"], None, LmOptions(), path)
    return path


@pytest.fixture
def arguments(planted: Path, lm: Path, tmp_path: Path) -> list[str]:
    """Return what the command needs, without references."""
    inputs = {"--log-probs": planted / "dev.npz", "--tokens": planted / "tokens.txt", "--lm": lm}
    inputs |= {"--cache": lm.parent, "--out": tmp_path / "tuned.toml"}
    return [str(part) for pair in inputs.items() for part in pair]


def rare_words_only(source: Path, path: Path) -> Path:
    """Write references whose lists are the rare words."""
    columns = (line.split("\t") for line in source.read_text(encoding="utf-8").splitlines())
    write_text(path, "".join("\t".join((*own[:3], own[2])) + "\n" for own in columns))
    return path


def test_command(
    arguments: list[str], planted: Path, lm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tune, "STEPS", {"boost.per_word_nats": 20.0, "scales.lm_scale": 9.0})
    start = replace(
        START, boost=BoostOptions(per_word_nats=0.0), output=OutputOptions(frame_shift_ms=40.0)
    )
    start.write(tmp_path / "start.toml")
    short = rare_words_only(planted / "dev.tsv", tmp_path / "short.tsv")
    more = ["--ref", planted / "dev.tsv", "--ref", short, "--start", tmp_path / "start.toml"]
    assert run([*arguments, *map(str, more)], tune.tune, "tune.py") == 0
    tuned = DecodeOptions.read(tmp_path / "tuned.toml")
    assert tuned == replace(start, boost=BoostOptions(per_word_nats=20.0))
    rows = (tmp_path / "tuned.trials.tsv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 4  # no negative scale
    decoder = Decoder.load(planted / "tokens.txt", lm, tuned, lm.parent)
    expected: list[str] = []
    for name in (None, planted / "dev.tsv", short):
        expected += errors_by_hand(decoder, planted, name, tmp_path / "text")
    assert rows[2].split("\t")[3:] == expected


def errors_by_hand(decoder: Decoder, planted: Path, lists: Path | None, text: Path) -> list[str]:
    """Return U and B errors by way of the file that `decode` writes."""
    with np.load(planted / "dev.npz") as archive:
        log_probs = {name: archive[name].astype(np.float32) for name in archive.files}
    lines = [] if lists is None else lists.read_text(encoding="utf-8").splitlines()
    columns = [line.split("\t") for line in lines]
    compiled = {own[0]: decoder.compile_list(json.loads(own[3])) for own in columns}
    results = decoder.decode(log_probs, compiled)
    texts = (" ".join([r.utterance_id, *(word.text for word in r.words)]) for r in results)
    write_text(text, "".join(f"{line}\n" for line in texts))
    words = score_files(planted / "dev.tsv", text).total.words
    return [str(words.unbiased.errors), str(words.biased.errors)]


def test_bad_input(
    arguments: list[str], planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = planted / "dev.tsv"
    lines = good.read_text(encoding="utf-8").splitlines(keepends=True)
    write_text(few := tmp_path / "few.tsv", "".join(lines[:-2]))
    write_text(many := tmp_path / "many.tsv", "".join([*lines, "x-1\ta\t[]\t[]\n"]))
    write_text(none := tmp_path / "none.tsv", "".join(lines))
    np.savez(broken := tmp_path / "nan.npz", a=np.full((3, 29), np.nan, np.float32))
    np.savez(empty := tmp_path / "empty.npz")
    cases: list[tuple[list[object], str]] = [
        ([], "--ref"),
        (["--ref", few], "few.tsv: no utterance 'dev-39', and 1 more"),
        (["--ref", many], "dev.npz: no utterance 'x-1'"),
        (["--ref", good, "--ref", good], "a second --ref of this name: 'dev'"),
        (["--ref", none], "a second --ref of this name: 'none'"),
        (["--ref", good, "--log-probs", broken], "nan.npz: utterance a: not a number in frame 0"),
        (["--ref", good, "--log-probs", empty], "empty.npz: no utterances in it"),
        (["--ref", good, "--start", tmp_path / "no.toml"], "no.toml: cannot be read"),
    ]
    for more, message in cases:
        assert run([*arguments, *map(str, more)], tune.tune, "tune.py") == 2
        shown = capsys.readouterr().err
        assert message in shown
        assert shown.count("\n") == 1
    assert not list(tmp_path.glob("tuned*"))
