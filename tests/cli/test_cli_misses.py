"""The command `misses`: what `decode` wrote, explained; bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_calls import SAID, Called, Inputs

Call = Callable[..., Called]


@pytest.fixture(scope="module")
def decoded(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of `decode` with lattices and without a list."""
    from wfst_bias.cli.main import run

    out = tmp_path_factory.mktemp("decoded")
    assert run(inputs.decode(out, "--lattices", "--output-beam", 20)) == 0
    rare = {"a-1": ["kovac"], "b-2": ["yes"], "c-3": ["kazimira"], "a-0": ["42"]}
    said = {**SAID, "c-3": "we met kazimira", "a-0": "they said 42"}
    rows = (f"{name}\t{text}\t{json.dumps(rare[name])}\t[]\n" for name, text in said.items())
    (out / "ref.tsv").write_text("".join(rows))
    return out


def flags(decoded: Path, inputs: Inputs) -> list[object]:
    return [
        "misses", "--ref", decoded / "ref.tsv", "--nbest", decoded / "nbest.jsonl", "--lattices",
        decoded / "lattices", "--log-probs", inputs.log_probs, "--tokens", inputs.tokens,
    ]  # fmt: skip


def test_the_causes_of_a_run(call: Call, inputs: Inputs, decoded: Path, tmp_path: Path) -> None:
    report = tmp_path / "misses.json"
    called = call(*flags(decoded, inputs), "--reach-nats", 5, "--json", report)
    assert called.status == 0, called.err
    assert called.out.endswith("2 of 4 entities missed\n")
    read = json.loads(report.read_text())
    causes = {miss["utterance"]: miss["cause"] for miss in read["misses"]}
    assert causes == {"c-3": "not heard", "a-0": "not spelled"}
    assert read["reach_nats"] == 5
    assert read["causes"]["not heard"] == {"misses": 1, "share": 0.5}
    far = call(*flags(decoded, inputs), "--reach-nats", 500, "--json", report)
    assert far.status == 0
    assert json.loads(report.read_text())["causes"]["pruned"]["misses"] == 1


def test_without_lattices_nothing_is_known_of_what_no_text_has(
    call: Call, inputs: Inputs, decoded: Path
) -> None:
    called = call(*flags(decoded, inputs)[:5])
    assert called.status == 0, called.err
    (line,) = (line for line in called.out.splitlines() if line.startswith("unknown"))
    assert line.split()[1:3] == ["2", "100.0"]


def test_a_list_of_its_own(call: Call, inputs: Inputs, decoded: Path) -> None:
    called = call(*flags(decoded, inputs), "--entities", inputs.entities)
    assert called.status == 0, called.err
    assert called.out.endswith("of 1 entities missed\n")


@pytest.mark.parametrize(
    ("flag", "content", "complaint"),
    [
        ("--nbest", "{}\n", "broken:1: expected an n-best list as `decode` writes it"),
        ("--nbest", '{"id": "x", "hypotheses": []}\n', "broken: no such utterance: 'b-2'"),
        ("--ref", "a-1\tx\n", "broken:1: expected 4 columns"),
        ("--ref", "a-1\tx\t[]\t[]\n", "broken: no such utterance: 'b-2'"),
        ("--entities", "a @\n", "broken:1: nothing after @"),
        ("--lattices", "x", "broken: no folder of lattices"),
        ("--log-probs", "x", "broken: not an .npz file"),
        ("--tokens", "a 0\n", "broken: expected one blank"),
    ],
)
def test_files_that_cannot_be_used(
    call: Call, inputs: Inputs, decoded: Path, tmp_path: Path, flag: str, content: str,
    complaint: str,
) -> None:  # fmt: skip
    path = tmp_path / "broken"
    path.write_text(content)
    assert complaint in call(*flags(decoded, inputs), flag, path).complaint


def test_flags_that_do_not_go_together(call: Call, inputs: Inputs, decoded: Path) -> None:
    whole = flags(decoded, inputs)
    assert "give both or neither" in call(*whole[:-2]).complaint
    assert "give the lattices too" in call(*whole[:5], *whole[7:]).complaint
    assert "reach_nats must be a finite" in call(*whole, "--reach-nats", "nan").complaint


def test_what_an_utterance_lacks_is_named(
    call: Call, inputs: Inputs, decoded: Path, tmp_path: Path
) -> None:
    with np.load(inputs.log_probs) as archive:
        arrays = dict(archive)
    arrays["c-3"] = arrays["c-3"][:, :4]
    np.savez(tmp_path / "narrow.npz", **arrays)
    called = call(*flags(decoded, inputs), "--log-probs", tmp_path / "narrow.npz")
    assert "narrow.npz: utterance c-3: 4 columns, expected" in called.complaint
    del arrays["c-3"]
    np.savez(tmp_path / "few.npz", **arrays)
    called = call(*flags(decoded, inputs), "--log-probs", tmp_path / "few.npz")
    assert "few.npz: no such utterance: 'c-3'" in called.complaint
    nbest = tmp_path / "nbest.jsonl"
    lines = (decoded / "nbest.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    failed = [{**each, "hypotheses": []} if each["id"] == "c-3" else each for each in entries]
    nbest.write_text("".join(f"{json.dumps(each)}\n" for each in failed))
    for name in ("narrow.npz", "few.npz"):  # as it failed in decoding
        called = call(*flags(decoded, inputs), "--nbest", nbest, "--log-probs", tmp_path / name)
        assert called.status == 0, called.err
        (line,) = (line for line in called.out.splitlines() if line.startswith("unknown"))
        assert line.split()[1] == "1"
    lattices = tmp_path / "lattices"
    shutil.copytree(decoded / "lattices", lattices)
    (lattices / "utterances.txt").write_text("a-1\n")
    for path in lattices.glob("lat.*"):
        path.unlink()
    complaint = call(*flags(decoded, inputs), "--lattices", lattices).complaint
    assert "lattices: no lattices lat.JOB.zip in it" in complaint
