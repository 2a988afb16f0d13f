"""The command `decode`: outputs, lists, failures, workers, bad input."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import k2
import numpy as np
import pytest
import torch
from cli_calls import SAID, Called, Inputs
from factories import LETTERS, planted_log_probs, spoken, token_table
from faults import KillingWork, RaisingWork

from wfst_bias.cli.decode import default_cache
from wfst_bias.cli.decode_lists import ListRequest
from wfst_bias.cli.decode_run import DecodeRequest, run_decode
from wfst_bias.cli.decode_work import DecodeWork
from wfst_bias.decode.lattice_files import read_text
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.lattices.archive import StoredLattices

Call = Callable[..., Called]

RESULTS = {"text", "hyp.trn", "hyp.ctm", "nbest.jsonl", "entities.jsonl"}


def json_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def report_rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_list_for_all_with_lattices(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    called = call(*inputs.decode(tmp_path, "--entities", inputs.entities, "--lattices"))
    assert called.status == 0, called.err
    assert called.out.startswith("4 utterances, ")
    assert "entities: 0 accepted, 2 changed, 1 rejected" in called.out
    texts = read_kaldi_text(tmp_path / "text")
    assert list(texts) == list(SAID)  # in the order of the input
    assert texts == {
        "b-2": "anna said yes",
        "a-1": "we met Anna Kovač",
        "c-3": "we met Zoë",
        "a-0": "they said no",
    }
    assert {path.name for path in tmp_path.iterdir()} == RESULTS | {
        "timing.json",
        "entities.report.tsv",
        "lattices",
    }
    found = json_lines(tmp_path / "entities.jsonl")
    assert [(e["utterance"], e["entity"]) for e in found] == [("a-1", "Anna Kovač"), ("c-3", "Zoë")]
    assert [row[1] for row in report_rows(tmp_path / "entities.report.tsv")[1:]] == [
        "changed", "changed", "rejected",
    ]  # fmt: skip
    words = k2.SymbolTable.from_file(str(tmp_path / "lattices/words.txt"))
    assert {path.name for path in (tmp_path / "lattices").iterdir()} == {
        "lat.1.gz", "lat.1.zip", "options.toml", "tokens.txt", "utterances.txt", "words.txt",
    }  # fmt: skip
    archive = zipfile.ZipFile(tmp_path / "lattices/lat.1.zip")
    with gzip.open(tmp_path / "lattices/lat.1.gz", "rt", encoding="utf-8") as lines:
        assert [line[:-2] for line in lines if line.endswith(" \n")] == list(texts)
    for name, text in texts.items():
        fsa = k2.Fsa.from_dict(torch.load(io.BytesIO(archive.read(f"{name}.pt"))))
        best = k2.shortest_path(k2.create_fsa_vec([fsa]), use_double_scores=True)
        assert read_text(words[w] for w in best.aux_labels.tolist() if w > 0) == text


def test_lists_of_the_utterances(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    called = call(*inputs.decode(tmp_path, "--entities-tsv", inputs.tsv, "--nj", 2))
    assert called.status == 0, called.err
    assert called.err.splitlines() == [
        f"wfst-bias: warning: {inputs.tsv}: 1 utterances without a list: a-0",
        f"wfst-bias: warning: {inputs.tsv}: 1 lists without an utterance: nobody",
    ]
    texts = read_kaldi_text(tmp_path / "text")
    assert texts["a-1"] == "we met Anna Kovač"
    assert texts["c-3"] == "we met zoe"
    rows = report_rows(tmp_path / "entities.report.tsv")
    assert [row[:4] for row in rows] == [
        ["utterance", "line", "status", "written"],
        ["a-1", "1", "changed", "Anna Kovač"],
        ["a-1", "2", "rejected", "R2D2"],
        ["c-3", "1", "accepted", "zoe"],
    ]


def bad_archive(inputs: Inputs, path: Path) -> Path:
    with np.load(inputs.log_probs) as archive:
        good = dict(archive)
    frames = good["a-0"]
    nan, never = frames.copy(), frames.copy()
    nan[2, 1], never[3] = np.nan, -np.inf
    np.savez(
        path, nan=nan, first=frames, never=never, narrow=frames[:, :5], nothing=frames[:0],
        logits=frames + 7, whole=np.zeros((3, len(LETTERS)), int), vector=frames[0],
        last=good["b-2"],
    )  # fmt: skip
    return path


def test_bad_utterances_are_reported_and_the_rest_is_decoded(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    archive = bad_archive(inputs, tmp_path / "bad.npz")
    called = call(*inputs.decode(tmp_path, "--log-probs", archive))
    assert called.status == 1
    assert "6 of 9 utterances failed" in called.out
    lines = (tmp_path / "errors.tsv").read_text().splitlines()
    errors = dict(line.split("\t") for line in lines)
    assert list(errors) == ["nan", "never", "narrow", "logits", "whole", "vector"]
    assert errors["nan"] == "not a number in frame 2"
    assert errors["never"] == "every token is impossible in frame 3"
    assert errors["narrow"].startswith(f"5 columns, expected {len(LETTERS)}")
    shown = sorted(f"wfst-bias: error: utterance {k}: {v}" for k, v in errors.items())
    assert sorted(called.err.splitlines()) == shown
    texts = read_kaldi_text(tmp_path / "text")
    assert list(texts) == [
        "nan", "first", "never", "narrow", "nothing", "logits", "whole", "vector", "last",
    ]  # fmt: skip
    assert (texts["first"], texts["last"]) == (SAID["a-0"], SAID["b-2"])
    assert not any(texts[name] for name in [*errors, "nothing"])

    assert call(*inputs.decode(tmp_path)).status == 0
    assert not (tmp_path / "errors.tsv").exists()  # what an earlier run left is gone


def request(inputs: Inputs, out: Path, lists: ListRequest, nj: int = 1) -> DecodeRequest:
    return DecodeRequest(
        source=inputs.log_probs, tokens=inputs.tokens, lm=inputs.lm, out=out,
        cache=inputs.cache, lists=lists, lattices=False, nj=nj, options=DecodeOptions(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("work_type", "reason"),
    [
        (KillingWork, "the worker process died of signal 11 (SIGSEGV)"),
        (RaisingWork, "RuntimeError: no memory left"),
    ],
)
def test_what_a_worker_fails_at_twice_is_reported_and_the_rest_is_decoded(
    inputs: Inputs, tmp_path: Path, work_type: type[DecodeWork], reason: str
) -> None:
    asked = request(inputs, tmp_path, ListRequest(entities_tsv=inputs.tsv))
    summary = run_decode(asked, work_type)
    assert (summary.utterances, summary.failed) == (4, 1)
    assert (tmp_path / "errors.tsv").read_text() == f"c-3\t{reason}\n"
    texts = read_kaldi_text(tmp_path / "text")
    assert texts["c-3"] == ""
    assert texts["a-1"] == "we met Anna Kovač"
    rows = report_rows(tmp_path / "entities.report.tsv")
    assert ["c-3", "1", "accepted"] in [row[:3] for row in rows]


def test_a_compiled_graph_is_found(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    graph = tmp_path / "graph"
    compiled = call("compile", "--tokens", inputs.tokens, "--lm", inputs.lm, "--out", graph)
    assert compiled.status == 0, compiled.err
    (kept,) = graph.glob("graph-*")
    written = kept.stat().st_mtime_ns
    called = call(*inputs.decode(tmp_path / "out", "--cache", graph))
    assert called.status == 0, called.err
    assert kept.stat().st_mtime_ns == written
    assert len(list(graph.glob("graph-*"))) == 1


def test_a_cache_that_cannot_be_used_does_no_harm(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    plain = tmp_path / "file"
    plain.touch()
    called = call(*inputs.decode(tmp_path, "--cache", plain))
    assert called.status == 0
    (warning,) = called.err.splitlines()
    assert warning.startswith(f"wfst-bias: warning: {plain}: cannot be made a folder")
    assert read_kaldi_text(tmp_path / "text")["b-2"] == SAID["b-2"]


def test_the_default_cache_is_the_variable_or_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WFST_BIAS_CACHE", "/somewhere")
    assert default_cache() == Path("/somewhere")
    monkeypatch.delenv("WFST_BIAS_CACHE")
    monkeypatch.setenv("HOME", "/home/ann")
    assert default_cache() == Path("/home/ann/.cache/wfst_bias")


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_workers(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    names = ("anna", "kovac", "zoe", "sol", "met", "we", "said", "kim", "rob")
    table = token_table(LETTERS)
    arrays, rows = {}, []
    for number in range(70):
        text = " ".join(rng.choice(names, 1 + number % 5))
        arrays[f"utt-{number}"] = planted_log_probs(table, spoken(text), 0.3)
        listed = list(rng.choice(names, 3))
        rows.append(f"utt-{number}\t{text}\t[]\t{json.dumps([str(name) for name in listed])}\n")
    np.savez(tmp_path / "x.npz", **arrays)
    (tmp_path / "lists.tsv").write_text("".join(rows))
    contents, times = [], []
    for nj in (1, 2, 3):
        out = tmp_path / str(nj)
        called = call(
            *inputs.decode(
                out, "--log-probs", tmp_path / "x.npz", "--entities-tsv", tmp_path / "lists.tsv",
                "--nj", nj, "--lattices",
            )
        )  # fmt: skip
        assert called.status == 0, called.err
        times.append(json.loads((out / "timing.json").read_text()))
        (out / "timing.json").unlink()  # alone depends on the run
        # Each worker has archives of its own: lattices as text, a blank line after each, and a zip.
        blocks = (gzip.decompress(path.read_bytes()) for path in out.glob("lattices/lat.*.gz"))
        found = {"lattices": sorted(b"".join(blocks).split(b"\n\n"))}
        stored = StoredLattices.open(out / "lattices").members
        found |= {member.file_name: member.read() for member in stored}
        assert len(stored) == len(arrays)
        alike = [p for p in out.rglob("*") if p.is_file() and not re.match(r"lat\.\d", p.name)]
        contents.append(found | {str(path.relative_to(out)): path.read_bytes() for path in alike})
    assert len(contents[0]) > len(arrays)
    assert contents[0] == contents[1] == contents[2]
    for each in times:
        assert (each["utterances"], each["lists"]) == (len(arrays), len(arrays))
        assert each["audio_seconds"] == times[0]["audio_seconds"] > 1
        assert each["list_seconds"] > 0
        assert each["search_seconds"] > 0


def test_an_empty_list_gives_what_no_list_gives(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert call(*inputs.decode(tmp_path / "none")).status == 0
    called = call(*inputs.decode(tmp_path / "empty", "--entities", empty))
    assert called.status == 0
    assert called.err == f"wfst-bias: warning: {empty}: no entity in it, so nothing is boosted\n"
    for name in RESULTS:
        assert (tmp_path / "none" / name).read_bytes() == (tmp_path / "empty" / name).read_bytes()


def test_a_line_too_long_is_rejected_in_the_report(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("zoe\n" + 10_000 * "x" + "\n")
    assert call(*inputs.decode(tmp_path, "--entities", listed)).status == 0
    rows = report_rows(tmp_path / "entities.report.tsv")
    assert rows[2][1] == "rejected"
    assert rows[2][5] == "10000 characters, longer than 1000"
    complaint = call(*inputs.decode(tmp_path, "--entities", listed, "--strict")).complaint
    assert complaint.startswith(f"{listed}:2: 10000 characters")
    assert len(complaint) < 300


BAD_OPTIONS = {
    "[search]\nbeam = 3\n": "unknown option in [search]: 'beam'",
    "[search]\nsearch_beam = 'wide'\n": "search.search_beam must be a number: 'wide'",
    "[search]\nmax_active_states = 1.5\n": "must be a whole number: 1.5",
    "[search\n": "not TOML",
    "[serch]\n": "expected the tables scales, boost, g2g, adaptive, search, output, "
    "phone_spot, phone_rescore, lexicon_lookup: 'serch'",
    "[output]\nn_best = 0\n": "[output] n_best must be at least 1: 0",
}


@pytest.mark.parametrize("content", BAD_OPTIONS)
def test_bad_options_are_named(call: Call, inputs: Inputs, tmp_path: Path, content: str) -> None:
    path = tmp_path / "tuned.toml"
    path.write_text(content)
    complaint = call(*inputs.decode(tmp_path, "--options", path)).complaint
    assert complaint.startswith(f"{path}: ")
    assert BAD_OPTIONS[content] in complaint


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--entities", "x", "--entities-tsv", "y"], "exclude each other; see wfst-bias decode"),
        (["--nj", "0"], "Invalid value for '--nj': 0 is not in the range x>=1"),
        (["--list-format", "csv"], "'csv' is not one of 'auto', 'plain'"),
        (["--search-beam", "nan"], "search_beam must be a positive number: nan"),
        (["--n-best", "0"], "n_best must be at least 1: 0"),
        (["--tokens", "nowhere"], "nowhere: cannot be read (No such file or directory)"),
        (["--lm", "nowhere"], "nowhere: cannot be read (No such file or directory)"),
        (["--entities", "nowhere"], "nowhere: cannot be read (No such file or directory)"),
        (["--entities-tsv", "nowhere"], "nowhere: cannot be read (No such file or directory)"),
        (["--options", "nowhere"], "nowhere: cannot be read (No such file or directory)"),
        (["--log-probs", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_a_call_that_cannot_work_is_refused(
    call: Call, inputs: Inputs, tmp_path: Path, more: list[str], complaint: str
) -> None:
    assert complaint in call(*inputs.decode(tmp_path, *more)).complaint


@pytest.mark.parametrize(
    ("flag", "content", "complaint"),
    [
        ("--entities", b"anna\nM\xfcller\n", "list:2: not UTF-8"),
        ("--entities", b'["anna"', "list:1: broken JSON at column 8"),
        ("--entities-tsv", b"a-0\tx\n", "list:1: expected 4 columns"),
        ("--entities-tsv", b"a-0\tx\t[]\t[1]\n", "list:1: expected a JSON array of strings"),
        ("--tokens", b"x 0\n", "list: expected one blank named <blk>"),
        ("--lm", b"\xff\xfe", "list: not an ARPA file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    call: Call, inputs: Inputs, tmp_path: Path, flag: str, content: bytes, complaint: str
) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    assert complaint in call(*inputs.decode(tmp_path, flag, path)).complaint


def test_archives_that_cannot_be_used_are_named(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    whole = inputs.log_probs.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert (
        "not an .npz file, or one that is cut off"
        in call(*inputs.decode(tmp_path, "--log-probs", path)).complaint
    )
    np.savez(path)
    complaint = call(*inputs.decode(tmp_path, "--log-probs", path)).complaint
    assert complaint == f"{path}: no utterances in it"
    np.savez(path, **{"a b": np.zeros((1, 2))})
    assert "'a b'" in call(*inputs.decode(tmp_path, "--log-probs", path)).complaint


def test_strict_names_the_utterance_of_a_rejected_phrase(
    call: Call, inputs: Inputs, tmp_path: Path
) -> None:
    called = call(*inputs.decode(tmp_path, "--entities-tsv", inputs.tsv, "--strict"))
    assert called.status == 2
    assert f"{inputs.tsv}: in the list of a-1, line 2: digits cannot" in called.err
    assert not (tmp_path / "text").exists()


def test_the_out_folder_must_not_be_a_file(call: Call, inputs: Inputs, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    complaint = call(*inputs.decode(path)).complaint
    assert complaint == f"{path}: cannot be made a folder (File exists)"
