"""Every system is tuned by as many trials, on a development set that run.sh has prepared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="tuning is an optional extra: pip install wfst-bias[tune]")

from local import tune_systems
from local.tune_systems import WIDTH, DevelopmentFiles, Tuning, search_space
from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions


@pytest.fixture(scope="module")
def exp(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """Return a folder with the planted development set, as run.sh prepares it."""
    exp = tmp_path_factory.mktemp("exp")
    planted, data = repository / "data/planted", exp / "data"
    data.mkdir()
    shutil.copy(planted / "tokens.txt", data)
    shutil.copy(planted / "dev.npz", data)
    shutil.copy(planted / "dev.tsv", data / "dev.list100.tsv")
    shutil.copy(planted / "names.txt", data / "dev.shared.txt")
    options = LmOptions(min_word_count=2)
    estimate_from_files([planted / "text.txt"], None, options, exp / "lm.arpa")
    return exp


def trials(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def test_a_system_is_tuned_and_goes_on_where_it_stopped(exp: Path, tmp_path: Path) -> None:
    files = DevelopmentFiles(exp, tmp_path / "no model", every=4)
    said = Tuning(files, "constant", tmp_path).run(2)
    first = trials(tmp_path / "constant.trials.jsonl")
    assert [trial["trial"] for trial in first] == [0, 1]
    assert set(first[0]["conditions"]) == {"dev.list100", "dev.shared"}
    best = min(first, key=lambda trial: trial["objective"])
    options = DecodeOptions.read(tmp_path / "constant.toml")
    assert options.boost.per_word_nats == best["options"]["boost.per_word_nats"]
    assert said.startswith(f"constant: {first[0]['objective']:.3f} -> {best['objective']:.3f}")
    Tuning(files, "constant", tmp_path).run(3)
    assert trials(tmp_path / "constant.trials.jsonl")[:2] == first
    assert Tuning(files, "constant", tmp_path).run(2).split(":")[0] == "constant"
    assert len(trials(tmp_path / "constant.trials.jsonl")) == 3


def test_what_options_use_is_searched_around_its_value() -> None:
    plain = search_space(DecodeOptions())
    assert {name.split(".")[0] for name in plain} == {"scales", "boost"}
    lm_scale = DecodeOptions().scales.lm_scale
    ends = plain["scales.lm_scale"]
    assert (ends.low, ends.high) == (lm_scale * (1 - WIDTH), lm_scale * (1 + WIDTH))
    adaptive = DecodeOptions(adaptive=AdaptiveOptions(gap_scale=0.4))
    assert set(search_space(adaptive)) - set(plain) == {"adaptive.gap_scale"}
    assert set(search_space(adaptive, has_list=False)) == {"scales.lm_scale"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere"], "no data: run ./run.sh --subset dev"),
        (["nowhere", "nonsense"], "no such system: nonsense"),
        (["nowhere", "--trials", "0"], "must be at least 1"),
    ],
)
def test_what_cannot_be_tuned(
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = str(tmp_path / "out")
    monkeypatch.setattr("sys.argv", ["tune_systems", *arguments, "--out", out, "--nj", "1"])
    with pytest.raises(SystemExit) as ended:
        tune_systems.main()
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err
