"""The command `rescore`: what `decode` wrote, rescored; outputs, failures, bad input."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import SAID, Called, Inputs

from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.lm.arpa import write_arpa
from wfst_bias.lm.estimate import LmOptions, estimate_lm

Call = Callable[..., Called]
Nbest = dict[str, list[tuple[str, float]]]


@pytest.fixture(scope="module")
def decoded(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of `decode` with lattices and a list."""
    from wfst_bias.cli.main import run

    out = tmp_path_factory.mktemp("decoded")
    flags = ("--lattices", "--entities", inputs.entities, "--nj", 2, "--output-beam", 20)
    assert run(inputs.decode(out, *flags)) == 0
    return out


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of order 4 for which `anna said no` is the usual thing to say."""
    path = tmp_path_factory.mktemp("lm") / "larger.arpa"
    sentences = ["anna said no"] * 30 + ["we met kovac", "they said no", "we met sol"] * 2
    options = LmOptions(order=4, min_word_count=2, min_counts=(1, 1, 1))
    write_arpa(estimate_lm(sentences, options), path)
    return path


def nbest(path: Path) -> Nbest:
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {
        line["id"]: [(h["text"], h["score"], h["boost_nats"]) for h in line["hypotheses"]]
        for line in lines
    }


def entities(folder: Path) -> list[dict[str, object]]:
    """Return the entities of a run, numbers as they are compared."""
    lines = (folder / "entities.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        {k: pytest.approx(v, abs=3e-3) if isinstance(v, float) else v for k, v in each.items()}
        for each in map(json.loads, lines)
    ]


def times(folder: Path) -> list[list[object]]:
    """Return the lines of a CTM, numbers as they are compared."""
    rows = (line.split() for line in (folder / "hyp.ctm").read_text(encoding="utf-8").splitlines())
    return [
        [name, word, *(pytest.approx(float(n), abs=2e-3) for n in numbers)]
        for name, _, *numbers, word, confidence in rows
        for numbers in [[*numbers, confidence]]
    ]


def test_nothing_new_gives_the_same_n_best(call: Call, decoded: Path, tmp_path: Path) -> None:
    called = call("rescore", "--lattices", decoded / "lattices", "--out", tmp_path, "--nj", 2)
    assert called.status == 0, called.err
    assert called.out.startswith("4 lattices in ")
    assert {p.name for p in tmp_path.iterdir()} == {
        "text", "hyp.trn", "hyp.ctm", "nbest.jsonl", "entities.jsonl", "lattices.tsv",
    }  # fmt: skip
    assert entities(tmp_path) == entities(decoded)
    assert times(tmp_path) == times(decoded)
    assert [each["entity"] for each in entities(tmp_path)] == ["Anna Kovač", "Zoë"]
    for name in ("text", "hyp.trn"):
        assert (tmp_path / name).read_text() == (decoded / name).read_text()
    before, after = nbest(decoded / "nbest.jsonl"), nbest(tmp_path / "nbest.jsonl")
    assert list(before) == list(after)
    for name, hypotheses in before.items():
        scores = [score for _, score, _ in after[name]]  # texts with equal ones may change places
        assert scores == pytest.approx([score for _, score, _ in hypotheses], abs=2e-3)
        expected = {text: parts for text, *parts in hypotheses}
        for text, *parts in after[name]:
            assert parts == pytest.approx(expected.get(text, parts), abs=2e-3)
        assert after[name][0][0] == hypotheses[0][0]


def test_a_larger_model_decides(call: Call, decoded: Path, larger: Path, tmp_path: Path) -> None:
    flags = ("--lm", larger, "--lm-scale", 8, "--acoustic-scale", 0.05)
    called = call("rescore", "--lattices", decoded / "lattices", "--out", tmp_path, *flags)
    assert called.status == 0, called.err
    before, after = read_kaldi_text(decoded / "text"), read_kaldi_text(tmp_path / "text")
    assert list(after) == list(SAID)
    assert before["b-2"] == "anna said yes"
    assert after["b-2"] != before["b-2"]


def test_oracle_and_lattices_again(call: Call, decoded: Path, tmp_path: Path) -> None:
    reference = tmp_path / "ref"
    reference.write_text("".join(f"{name} {text}\n" for name, text in SAID.items()) + "x y\n")
    first, second = tmp_path / "first", tmp_path / "second"
    flags = ("--out-lattices", "--prune-nats", 3, "--oracle", reference, "--lm-scale", 0.4)
    called = call("rescore", "--lattices", decoded / "lattices", "--out", first, *flags)
    assert called.status == 0, called.err
    assert "WER 0.00 %, oracle 0.00 % (0 and 0 errors, 13 words)" in called.out
    assert "1 references without a lattice, which do not count: x" in called.err
    rows = [line.split("\t") for line in (first / "lattices.tsv").read_text().splitlines()]
    assert [row[0] for row in rows[1:]] == list(SAID)
    assert [row[-3:] for row in rows[1:]] == [
        ["0", "0", str(len(t.split()))] for t in SAID.values()
    ]
    with gzip.open(first / "lattices/lat.1.gz", "rt", encoding="utf-8") as lines:
        assert sum(line.endswith(" \n") for line in lines) == len(SAID)
    second.mkdir()
    (second / "hyp.ctm").write_text("of an earlier run\n", encoding="utf-8")
    called = call("rescore", "--lattices", first / "lattices", "--out", second)
    assert called.status == 0, called.err
    assert "so hyp.ctm and entities.jsonl are not written" in called.err
    assert {"hyp.ctm", "entities.jsonl"}.isdisjoint(p.name for p in second.iterdir())
    assert times(first) == times(decoded)
    assert (second / "text").read_text() == (first / "text").read_text()
    once, twice = nbest(first / "nbest.jsonl"), nbest(second / "nbest.jsonl")
    assert all(twice[name][0][1] == pytest.approx(h[0][1], abs=1e-3) for name, h in once.items())


def test_a_new_list_without_the_audio(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    plain, out, names = tmp_path / "plain", tmp_path / "out", tmp_path / "names.txt"
    assert call(*inputs.decode(plain, "--lattices")).status == 0
    names.write_text("Anna Kovač :20\nSaid :-1\nR2D2\n", encoding="utf-8")
    lattices = plain / "lattices"
    called = call("rescore", "--lattices", lattices, "--entities", names, "--out", out,
                  "--out-lattices")  # fmt: skip
    assert called.status == 0, called.err
    assert read_kaldi_text(out / "text")["a-1"] == "we met Anna Kovač"
    (found,) = map(json.loads, (out / "entities.jsonl").read_text(encoding="utf-8").splitlines())
    assert (found["utterance"], found["entity"]) == ("a-1", "Anna Kovač")
    assert (found["boost_nats"], found["adaptive_nats"]) == (20.0, 0.0)
    of_words = [line.split() for line in (plain / "hyp.ctm").read_text().splitlines()]
    first, last = (row for row in of_words if row[0] == "a-1" and row[4] in ("anna", "kovac"))
    end = float(last[2]) + float(last[3])
    assert [found["start_seconds"], found["end_seconds"]] == [float(first[2]), pytest.approx(end)]
    assert len((out / "entities.report.tsv").read_text().splitlines()) == 4
    assert "Anna▁Kovač" in (out / "lattices/words.txt").read_text()
    assert "--strict" in call("rescore", "--help").out
    strict = call("rescore", "--lattices", lattices, "--entities", names, "--out", out, "--strict")
    assert strict.complaint.startswith(f"{names}:3: ")


def test_a_new_list_under_variants(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    plain, out, names = tmp_path / "plain", tmp_path / "out", tmp_path / "names.txt"
    assert call(*inputs.decode(plain, "--lattices")).status == 0
    names.write_text("Hanna Covač :20\n", encoding="utf-8")
    rules = tmp_path / "rules.tsv"
    rules.write_text("^h\t-\t0.5\thanna\nc\tk\t0.5\tcovac\n", encoding="utf-8")
    flags = ("rescore", "--lattices", plain / "lattices", "--out", out)
    assert call(*flags, "--entities", names).status == 0
    assert read_kaldi_text(out / "text")["a-1"] == "we met anna kovac"
    called = call(*flags, "--entities", names, "--g2g", rules)
    assert called.status == 0, called.err
    assert read_kaldi_text(out / "text")["a-1"] == "we met Hanna Covač"
    (found,) = map(json.loads, (out / "entities.jsonl").read_text(encoding="utf-8").splitlines())
    assert found["boost_nats"] == 16.0  # 20, less 3 of a variant and 1 of the rules
    assert "--g2g without a list" in call(*flags, "--g2g", rules).complaint
    rules.write_text("c\tk\tmuch\tcovac\n", encoding="utf-8")
    assert call(*flags, "--entities", names, "--g2g", rules).complaint.startswith(f"{rules}:1: ")


def test_a_broken_lattice_fails_alone(call: Call, decoded: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "lattices", tmp_path / "out"
    shutil.copytree(decoded / "lattices", folder)
    with zipfile.ZipFile(folder / "lat.1.zip") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / "lat.1.zip", "w") as archive:
        for name, content in contents.items():
            if name != "a-1.pt":
                archive.writestr(name, content[:99] if name == "b-2.pt" else content)
    called = call("rescore", "--lattices", folder, "--out", out)
    assert called.status == 1
    assert "2 of 4 utterances failed" in called.out
    errors = dict(line.split("\t") for line in (out / "errors.tsv").read_text().splitlines())
    assert set(errors) == {"b-2", "a-1"}
    assert "cut off" in errors["b-2"]
    assert errors["a-1"] == "it has no lattice"
    texts = read_kaldi_text(out / "text")
    assert list(texts) == list(SAID)
    assert (texts["b-2"], texts["a-0"]) == ("", "they said no")


def test_bad_input_is_one_line(call: Call, decoded: Path, inputs: Inputs, tmp_path: Path) -> None:
    lattices = decoded / "lattices"
    fixed = ("rescore", "--out", tmp_path / "out", "--lattices")
    assert "no folder of lattices" in call(*fixed, tmp_path / "nowhere").complaint
    assert "words.txt: cannot be read" in call(*fixed, decoded).complaint
    assert "n_best must be" in call(*fixed, lattices, "--n-best", 0).complaint
    assert "no line" in call(*fixed, lattices, "--lm", inputs.entities).complaint
    nowhere = call(*fixed, lattices, "--oracle", tmp_path / "nowhere")
    assert nowhere.complaint.startswith(f"{tmp_path / 'nowhere'}: cannot be read")
    over = call("rescore", "--lattices", lattices, "--out", decoded, "--out-lattices")
    assert "would replace those that are read" in over.complaint
