"""`run.sh` on audio: the layout of the committed corpora, and downloaded ones, in small."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")

from corpus_folders import write_tone
from lhotse import CutSet
from model_folders import noise, tiny_config, write_audio, write_model
from test_voxpopuli import row, session_path, write_annotations

from local.synthetic.sentences import Sentence
from wfst_bias.acoustic.model_folder import LM_FILE
from wfst_bias.formats.recordings import open_recording

SECONDS = 3.0
CORPORA = ("parliament", "medical-terms")
SESSION = "20090113-0900-PLENARY"


def made_up(count: int) -> list[str]:
    """Return names of letters only, none of them in another."""
    return [f"{a}{b}rd{c}" for a in "bcdfg" for b in "aeiou" for c in "klmnp"][:count]


def sentences(corpus: str) -> list[Sentence]:
    entity = (("Sol", "person"),)
    return [
        Sentence(f"{corpus}-test-e-0001", "we met Sol at the lake", "we met sol", entity),
        Sentence(f"{corpus}-test-f-0001", "anna said yes to the boat", "anna said yes", ()),
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """Return a folder like data/, with two utterances of each corpus."""
    folder = tmp_path_factory.mktemp("committed")
    names = made_up(110)
    for corpus in CORPORA:
        audio = folder / corpus / "test/audio"
        cuts = []
        for seed, sentence in enumerate(sentences(corpus)):
            path = write_audio(
                audio / f"{sentence.utterance_id}.opus",
                noise(SECONDS, seed),
                format="OGG",
                subtype="OPUS",
            )
            cuts.append(open_recording(path, sentence.utterance_id).to_cut())
        CutSet.from_cuts(cuts).to_file(folder / corpus / "test.cuts.jsonl.gz")
        lines = "".join(sentence.line() for sentence in sentences(corpus))
        (folder / corpus / "test.tsv").write_text(lines, encoding="utf-8")
        pool = "".join(f"{name}\tperson\n" for name in names)
        (folder / corpus / "distractors.txt").write_text(pool, encoding="utf-8")
        (folder / corpus / "lm.arpa.gz").write_bytes((model / LM_FILE).read_bytes())
    return folder


def call(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(repository / "run.sh"), *map(str, arguments), "--nj", "1"],
        env={**os.environ, "WFST_BIAS_VENV": sys.prefix},
        capture_output=True,
        text=True,
        check=False,
    )


def test_committed_audio(repository: Path, committed: Path, model: Path, tmp_path: Path) -> None:
    exp = tmp_path / "exp"
    arguments = ["--dataset", "demo", "--data-dir", committed, "--model", model, "--exp", exp]
    done = call(repository, *arguments, "--stage", 1)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^(\S+) +(no list|list of 100|shared list) .* (\S+)$", done.stdout, re.M)
    assert [row[:2] for row in rows] == [
        (corpus, listed)
        for corpus in CORPORA
        for listed in ("no list", "list of 100", "shared list")
    ]
    assert all(re.fullmatch(r"\d+\.\d", per_hour) for *_, per_hour in rows)
    assert "no lists of 1,000: there are 110 distractors" in done.stderr
    assert "2 utterances, 0.1 minutes" in done.stdout  # two of 3 s, in frames of 40 ms
    report = (exp / "results.md").read_text(encoding="utf-8")
    assert "**The speech is synthetic**" in report
    assert "Drugs, diseases and procedures, test set" in report
    alarms = json.loads((exp / "score/parliament.list100.alarms.json").read_text())
    assert alarms["utterances"] == 1
    assert alarms["false_alarms"]["of"] == pytest.approx(SECONDS / 3600)
    again = call(repository, *arguments, "--stage", 5, "--stop-stage", 6)
    assert again.stderr.count("as made before") == 2 * 3


@pytest.mark.slow
def test_an_adapter_beside_the_model_is_used_and_left_out_by_systems(
    repository: Path, committed: Path, tmp_path: Path
) -> None:
    from adapters import random_adapter
    from model_folders import N_TOKENS

    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.adapter.adapter_folder import save_adapter, weights_digest

    model = write_model(tmp_path / "model")
    adapter = random_adapter(n_tokens=N_TOKENS, layers=(1, 2))
    digest = weights_digest(Recognizer.load(model).model)
    save_adapter(model / "adapter", adapter.config, digest, adapter.state_dict())
    exp = tmp_path / "exp"
    done = call(
        repository, "--dataset", "demo", "--data-dir", committed, "--model", model, "--exp", exp,
        "--stage", 1, "--systems", "constant adapter decoder",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = (exp / "results.md").read_text(encoding="utf-8")
    for corpus in CORPORA:
        assert (exp / f"log_probs/{corpus}.adapted.shared.npz").is_file()
        assert f"#### {corpus}, list of 100: techniques" in report
        read = {
            name: (exp / f"decode/{corpus}.{name}/made_from").read_text()
            for name in ("none", "list100", "constant.list100", "adapter.list100")
        }
        uses = [name for name, text in read.items() if f"{corpus}.adapted.list100.npz" in text]
        assert uses == ["list100", "adapter.list100"]
        assert "--entities-tsv" not in read["adapter.list100"]
        assert f"systems/{corpus}.constant.arpa.gz" in read["constant.list100"]
        assert (exp / f"score/{corpus}.list100.misses.json").is_file()
        assert not (exp / f"score/{corpus}.adapter.list100.misses.json").exists()
    assert (exp / "plots").is_dir()
    rows = [line for line in report.splitlines() if line.startswith("| ")]
    for technique in ("constant boost", "adapter", "all, as above"):  # in two tables for each list
        assert sum(row.startswith(f"| {technique} |") for row in rows) == 4 * len(CORPORA)
    page = (exp / "report.html").read_text(encoding="utf-8")
    assert "constant boost, shared list" in page


@pytest.mark.slow
def test_what_another_model_hears_is_made_again(
    repository: Path, committed: Path, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "model")
    call(
        repository, "--dataset", "demo", "--data-dir", committed,
        "--exp", tmp_path / "exp", "--model", model, "--stage", 1, "--stop-stage", 2,
    )  # fmt: skip
    stage = [
        "--dataset",
        "demo",
        "--exp",
        tmp_path / "exp",
        "--model",
        model,
        "--stage",
        2,
        "--stop-stage",
        2,
    ]
    assert call(repository, *stage).stderr.count("as made before") == 2
    write_model(model, tiny_config(width=8))
    assert "as made before" not in call(repository, *stage).stderr
    assert call(repository, *stage).stderr.count("as made before") == 2


@pytest.mark.slow
def test_options_come_with_the_model(repository: Path, committed: Path, tmp_path: Path) -> None:
    model, exp = write_model(tmp_path / "model"), tmp_path / "exp"
    options = "[output]\nframe_shift_ms = 40.0\nn_best = 1\n"
    (model / "decode.toml").write_text(options, encoding="utf-8")
    arguments = ["--dataset", "demo", "--data-dir", committed, "--exp", exp, "--model", model]
    done = call(repository, *arguments, "--stage", 1, "--stop-stage", 5)
    assert done.returncode == 0, done.stderr
    assert (exp / "decode/parliament.none/options.toml").read_text() == options
    for line in (exp / "decode/parliament.none/nbest.jsonl").read_text().splitlines():
        assert len(json.loads(line)["hypotheses"]) == 1


@pytest.fixture
def voxpopuli(tmp_path: Path) -> Path:
    """Return a folder with a session, in which names are said in training and in the test."""
    folder = tmp_path / "downloaded"
    write_tone(session_path(folder, SESSION), 20.0)
    names = [name.capitalize() for name in made_up(120)]
    train = "we thank mr and mr and " + " and ".join(names[:-1])
    rows = [
        row(SESSION, 0, 12, train.lower(), original_text=f"{train}."),
        row(SESSION, 12, 14, "we met anna", "dev"),
        row(SESSION, 14, 17, "we thank mr bardok", "test", original_text="We thank Mr Bardok."),
        row(SESSION, 17, 19, "we thank anna", "test", original_text="We thank anna."),
    ]
    write_annotations(folder, rows)
    return folder


@pytest.fixture
def medical(tmp_path: Path) -> Path:
    """Return a folder with an interview, in which rare words are said in training and the test."""
    folder = tmp_path / "downloaded"
    write_tone(folder / "audio/RES0001.mp3", 20.0)
    lines = {
        "train": f"[0.0,12.0]\tdo you take do you take {' or '.join(made_up(120))}",
        "dev": "[12.0,14.0]\tdo you take aspirin",
        "test": "[14.0,17.0]\tdo you take warfarin",
    }
    for split, line in lines.items():
        text = f"audio/RES0001.mp3{line}\n"
        (folder / f"medical_{split}.info").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("dataset", "found", "distractors"),
    [("voxpopuli", [["Bardok"], []], 119), ("medical", [["warfarin"]], 120)],
)
def test_downloaded_data(
    repository: Path,
    dataset: str,
    found: list[list[str]],
    distractors: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    folder, exp = request.getfixturevalue(dataset), tmp_path / "exp"
    stages = ["--stage", 1, "--stop-stage", 1]
    done = call(repository, "--dataset", dataset, "--data-dir", folder, "--exp", exp, *stages)
    assert done.returncode == 0, done.stderr
    lines = (exp / "data/test.list100.tsv").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line.split("\t")[2]) for line in lines] == found
    for line in lines:
        _, text, rare, listed = line.split("\t")
        assert len(json.loads(listed)) == 100 + len(json.loads(rare))
        assert {name.lower() for name in json.loads(listed)} & set(text.split()) == {
            name.lower() for name in json.loads(rare)
        }
    assert len((exp / "data/distractors.txt").read_text().splitlines()) == distractors
    with gzip.open(exp / "data/test.cuts.jsonl.gz", "rt") as cuts:
        assert len(cuts.readlines()) == len(lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "per_hour"),
    [("voxpopuli", r"\d+\.\d"), ("medical", "-")],  # each of its utterances has a rare word
)
def test_downloaded_data_to_the_end(
    repository: Path,
    dataset: str,
    per_hour: str,
    model: Path,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    folder, exp = request.getfixturevalue(dataset), tmp_path / "exp"
    arguments = ["--dataset", dataset, "--data-dir", folder, "--exp", exp, "--model", model]
    done = call(repository, *arguments, "--stage", 1)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^test +shared list .* {per_hour}$", done.stdout, re.MULTILINE)
    assert "### test" in (exp / "results.md").read_text(encoding="utf-8")
