"""The command `report`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called

pytest.importorskip(
    "jinja2", reason="the report is an optional extra: pip install wfst-bias[report]"
)

from small_experiment import write_experiment, write_images

Call = Callable[..., Called]


@pytest.fixture(scope="module")
def exp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_experiment(tmp_path_factory.mktemp("report") / "exp")


def test_the_page_is_written(call: Call, exp: Path, tmp_path: Path) -> None:
    out = tmp_path / "new/report.html"
    images = write_images(tmp_path / "plots")
    called = call("report", exp, "--images", images, "--audio-utterances", 1, "--out", out)
    assert called.status == 0, called.err
    assert called.out.startswith(f"{out}: 6 utterances, 0 with audio, ")
    assert called.out.endswith("1 images of no utterance here left out\n")
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_is_not_there_is_named(call: Call, exp: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    complaint = call("report", tmp_path / "nowhere", "--out", out).complaint
    assert "nowhere/data/dataset.toml: cannot be read" in complaint
    complaint = call("report", exp, "--images", tmp_path / "none", "--out", out).complaint
    assert "none: no such folder of images" in complaint
    assert "expected the name of a file" in call("report", exp, "--out", tmp_path).complaint
    assert (
        "audio-utterances" in call("report", exp, "--audio-utterances", -1, "--out", out).complaint
    )
    assert not out.exists()


def test_commands_of_the_documentation(
    call: Call, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_experiment(Path("exp/demo"))
    write_images(Path("exp/demo/plots"))
    text = (repository / "docs/report.md").read_text(encoding="utf-8")
    block, _ = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    commands = [shlex.split(line) for line in block.splitlines()]
    assert [command[:2] for command in commands] == [["wfst-bias", "report"]] * 2
    for _, *arguments in commands:
        called = call(*arguments)
        assert called.status == 0, called.err
    assert "data:image/png" in Path("exp/demo/report.html").read_text(encoding="utf-8")


def test_help_teaches(call: Call) -> None:
    called = call("report", "--help")
    assert called.status == 0
    assert "wfst-bias report exp/demo" in called.out
