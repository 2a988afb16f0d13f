"""The program as a whole: help, errors as one line, exit statuses, lazy imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called, Inputs

COMMANDS = (
    "transcribe", "lm", "compile", "encode", "decode", "rescore", "score", "tune",
    "variants", "learn-rules", "phones", "phone-costs",
)  # fmt: skip
Call = Callable[..., Called]

BLOCKED = "import sys; sys.modules.update(dict.fromkeys({packages!r}))\n"
CALL = "from wfst_bias.cli.main import run; sys.exit(run({arguments!r}))"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    here = str(Path(__file__).parent)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": here, **environment},
    )


def call_without(packages: list[str], arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Call the program where packages cannot be imported."""
    return python(BLOCKED.format(packages=packages) + CALL.format(arguments=arguments))


def test_help_lists_the_commands_in_the_order_of_use(call: Call) -> None:
    called = call("--help")
    assert called.status == 0
    places = [called.out.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_teaches_by_an_example(call: Call, name: str) -> None:
    called = call(name, "--help")
    assert called.status == 0
    assert "Example" in called.out
    assert f"wfst-bias {name} --" in called.out


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_needs_nothing_heavy(name: str) -> None:
    heavy = ["torch", "k2", "pynini", "sentencepiece", "phonemizer", "lhotse", "soundfile", "scipy"]
    heavy += ["optuna", "sqlalchemy"]
    found = call_without(heavy, [*name.split(), "--help"])
    assert (found.returncode, found.stderr) == (0, "")


def test_scoring_needs_nothing_heavy(tmp_path: Path) -> None:
    ref, hyp = tmp_path / "ref.tsv", tmp_path / "text"
    ref.write_text('a\tann met bob\t["bob"]\t["bob", "eve"]\n')
    hyp.write_text("a ann met bob\n")
    found = call_without(
        ["torch", "k2", "pynini", "sentencepiece"], ["score", "--ref", str(ref), "--hyp", str(hyp)]
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_version(call: Call) -> None:
    called = call("--version")
    assert called.status == 0
    assert called.out.startswith("wfst-bias, version ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Missing command; see wfst-bias --help"),
        (["decod"], "No such command 'decod'"),
        (["lm"], "Missing option '--text'; see wfst-bias lm --help"),
        (["lm", "--text", "x", "--out", "y", "--order", "two"], "Invalid value for '--order'"),
        (["lm", "--text", "x", "--out", "y", "--order", "9"], "expected order from 1 to 5: 9"),
        (["score", "--ref", "x"], "Missing option '--hyp'"),
        (["score", "--ref", "x", "--hyp", "y", "z"], "unexpected extra argument (z)"),
        (["score", "--reff", "x"], "No such option"),
    ],
)
def test_a_wrong_call_is_one_line(call: Call, arguments: list[str], complaint: str) -> None:
    assert complaint in call(*arguments).complaint


@pytest.mark.parametrize(
    ("package", "extra"), [("pynini", "lists"), ("k2", "decode"), ("torch", "decode")]
)
def test_a_missing_package_is_named_with_its_extra(
    inputs: Inputs, tmp_path: Path, package: str, extra: str
) -> None:
    # A path on which the package is nowhere to be found, as if it were not installed.
    hide = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        f"u.find_spec = lambda name, *rest: None if name == {package!r} else find(name, *rest)\n"
    )
    found = python(hide + CALL.format(arguments=inputs.decode(tmp_path / "out")))
    assert found.returncode == 2
    assert found.stderr == (
        f"wfst-bias: {package} is needed (No module named {package!r}): "
        f"pip install 'wfst-bias[{extra}]'\n"
    )


def test_compiling_a_list_without_pynini_names_the_extra(inputs: Inputs, tmp_path: Path) -> None:
    arguments = [
        "compile", "--tokens", inputs.tokens, "--lm", inputs.lm, "--entities", inputs.entities,
        "--out", tmp_path,
    ]  # fmt: skip
    found = call_without(["pynini"], [str(argument) for argument in arguments])
    assert found.returncode == 2
    assert found.stderr.endswith("pip install 'wfst-bias[lists]'\n")
    assert len(found.stderr.splitlines()) == 1


def test_a_defect_is_not_passed_off_as_bad_input(tmp_path: Path) -> None:
    found = call_without(["kaldialign"], ["--help"])
    assert found.returncode == 1
    assert "Traceback" in found.stderr


SLEEPING = """
import sys
from functools import partial
from faults import SleepingWork
from wfst_bias.cli import decode
decode.run_decode = partial(decode.run_decode, work_type=SleepingWork)
from wfst_bias.cli.main import run
if __name__ == "__main__":
    sys.exit(run({arguments!r}))
"""


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupt_ends_the_workers_too(inputs: Inputs, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    arguments = inputs.decode(tmp_path / "out", "--cache", cache, "--nj", "2")
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPING.format(arguments=arguments)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # The tests themselves may run where it is ignored, as in the background of a script.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    deadline = time.monotonic() + 60
    while not (cache / "busy").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert err.strip() == "wfst-bias: interrupted"
    assert process.returncode == 130
    assert not (tmp_path / "out/text").exists()
    while group_lives(process.pid):  # until no worker is left
        assert time.monotonic() < deadline
        time.sleep(0.05)
