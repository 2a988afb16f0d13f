"""The commands and the Python of the pages run, in a folder with all that they name.

The planted data are those of the project; the model is a tiny one, and the audio is noise. What
cannot be run here is named in NOT_RUN, and test_docs.py sees that its programs would take it.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from adapters import SHAPES, random_adapter
from doc_pages import Block, Command, blocks
from model_folders import N_TOKENS, SENTENCES, noise, write_audio, write_model

for _package in ("k2", "pynini", "optuna", "matplotlib", "phonemizer", "espeakng_loader"):
    pytest.importorskip(_package)

from lhotse import CutSet, Recording  # noqa: E402
from tones import cut_of  # noqa: E402

from wfst_bias.acoustic import model_folder  # noqa: E402
from wfst_bias.acoustic.checkpoints import load_model  # noqa: E402
from wfst_bias.adapter.adapter_folder import save_adapter, weights_digest  # noqa: E402
from wfst_bias.cli import decode_run, rescore_run, tune_run  # noqa: E402
from wfst_bias.cli.main import run  # noqa: E402
from wfst_bias.decode.workers import Outcome  # noqa: E402
from wfst_bias.lm.command import estimate_from_files  # noqa: E402
from wfst_bias.lm.estimate import LmOptions  # noqa: E402
from wfst_bias.phones.lexicon import PhoneLexicon  # noqa: E402

one_thread = tiny_model.one_thread

# What commands that are not run begin with, and why.
NOT_RUN = {
    "./run.sh": "sets up or needs data from elsewhere; test_run.py and test_run_audio.py run it",
    "local/": "sets up, runs these tests, or trains for hours",
    "sudo apt-get install": "changes the machine",
    "pip install": "changes the environment",
    "dask ": "runs until it is stopped; test_dask_cluster.py runs it",
    "wfst-bias decode --dask": "starts processes or jobs; test_cli_decode_dask.py runs it",
    "wfst-bias train ": "hours",
    "wfst-bias train-adapter ": "hours",
    "wfst-bias report": "needs what ./run.sh makes; test_cli_report.py runs it",
    "python -m local.plots": "needs what ./run.sh makes; test_plots.py draws what it draws",
    "python -m local.tune_systems": "needs what ./run.sh makes; test_tune_systems.py runs it",
    "python local/results.py": "needs what ./run.sh makes; test_results.py runs it",
    "wfst-bias decode --log-probs $set": "needs what ./run.sh makes of real speech",
    "wfst-bias score --ref $set": "needs that",
    "python -m benchmarks": "minutes, on data from elsewhere",
}
SHORTER = {"--trials 50": "--trials 1"}
# Block -> what it prints, beside the files that it writes.
SHOWN = {
    "wfst-bias score --ref data/planted": "B-WER",
    "decoder.read_list": "Łucja Wręgowska",
    "decoder.compile_list": "dev-40",
    "wfst-bias variants": "Łukasz\tlukas\t",
}

TEXT, NAMES, TABLE = "planted/text.txt", "planted/names.txt", "planted/tokens.txt"
# Files that pages name and do not make, as copies of those in data/.
COPIES = {
    "text.txt": TEXT, "train.text": TEXT, "dev.text": TEXT, "names.txt": NAMES,
    "tokens.txt": TABLE, "test.npz": "planted/test.npz",
}  # fmt: skip
LISTS = {
    "people.txt": "dentist\nbrother\n",
    "places.txt": "library\nhospital\n",
    "invited.txt": "Łucja Wręgowska\n",
    "cities.txt": "Knysbridge\n",
    "words.txt": "dentist\nlibrary\n",
}
UTTERANCES = {"a": "anna said yes", "b": "we met sol"}
TSV = "".join(
    f'{name}\t{text}\t["{text}"]\t["{text}", "kim"]\n' for name, text in UTTERANCES.items()
)


class NoProcesses:
    """Do what a pool of workers does, without them: a process each would take seconds."""

    def __init__(self, make_work: Callable[[], Any], n_workers: int) -> None:
        self.make_work = make_work

    def __enter__(self) -> NoProcesses:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def run(self, tasks: Iterable[Sequence[Any]]) -> Iterator[Outcome[Any, Any]]:
        work = self.make_work()
        for items in tasks:
            yield from (Outcome(*both) for both in zip(items, work(items), strict=True))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """Return a folder with what the pages name; graphs are compiled once, in its exp/graph."""
    folder = tmp_path_factory.mktemp("prepared")
    for name in ("planted", "g2g", "phones"):
        shutil.copytree(repository / "data" / name, folder / "data" / name)
    for name, source in COPIES.items():
        shutil.copy(folder / "data" / source, folder / name)
    for name, lines in LISTS.items():
        (folder / name).write_text(lines, encoding="utf-8")
    for name in ("test.tsv", "dev.tsv", "lists.tsv"):
        (folder / name).write_text(TSV, encoding="utf-8")
    lm = folder / "exp/lm.arpa"
    estimate_from_files([folder / "text.txt"], None, LmOptions(), lm)
    for name in ("lm.arpa", "large.arpa"):
        shutil.copy(lm, folder / name)
    write_sounds(folder)
    write_models(folder)
    graphs = tmp_path_factory.mktemp("graphs")
    (folder / "exp/graph").symlink_to(graphs)
    return folder


def write_sounds(folder: Path) -> None:
    for form in ("flac", "wav", "ogg"):
        write_audio(folder / f"talk.{form}", noise(1.0))
    write_audio(folder / "recordings/other.flac", noise(1.0, 3))
    cuts = []
    for seed, (name, text) in enumerate(UTTERANCES.items()):
        path = write_audio(folder / f"data/test/{name}.flac", noise(1.0, seed))
        cuts.append(cut_of(Recording.from_file(path, recording_id=name), text))
    CutSet.from_cuts(cuts).to_file(folder / "test.cuts.jsonl.gz")


def write_models(folder: Path) -> None:
    model = write_model(folder / "data/models/small")
    words = {word for sentence in SENTENCES for word in sentence.split()}
    PhoneLexicon(dict.fromkeys(sorted(words), (("AA", "K"),))).write(model / "lexicon.txt")
    adapter = random_adapter(SHAPES[0], n_tokens=N_TOKENS, layers=(1, 2))
    digest = weights_digest(load_model(model))
    save_adapter(folder / "data/models/small/adapter", adapter.config, digest, adapter.state_dict())
    arguments = ["encode", "--audio", folder / "test.cuts.jsonl.gz", "--model", model]
    arguments += ["--out", folder / "dev.npz", "--phones-out", folder / "dev.phones.npz"]
    assert run(list(map(str, arguments))) == 0


@pytest.fixture
def folder(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the folder, in which the test is."""
    copy = shutil.copytree(prepared, tmp_path / "reader", symlinks=True)
    monkeypatch.chdir(copy)
    monkeypatch.setattr(model_folder, "DEFAULT_MODEL", copy / "data/models/small")
    monkeypatch.setenv("WFST_BIAS_CACHE", str(copy / "exp/graph"))
    for module in (decode_run, rescore_run, tune_run):
        monkeypatch.setattr(module, "WorkerPool", NoProcesses)
    return copy


def is_run(command: Command) -> bool:
    return not f"{command} ".startswith(tuple(NOT_RUN))


def with_commands_to_run() -> list[Block]:
    return [block for block in blocks("sh") if any(map(is_run, block.commands()))]


@pytest.mark.parametrize("block", with_commands_to_run(), ids=str)
def test_commands_run(
    block: Block,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = block.text
    for long, short in SHORTER.items():
        text = text.replace(long, short)
    for command in filter(is_run, block.commands(text)):
        assert command.words[0] == "wfst-bias", f"{command}: run it here, or say in NOT_RUN why not"
        if command.stdin is not None:
            stdin = io.TextIOWrapper(io.BytesIO(Path(command.stdin).read_bytes()))
            monkeypatch.setattr("sys.stdin", stdin)
        assert run(command.words[1:]) == 0, f"{command}: {capsys.readouterr().err}"
        for flag, path in pairwise(command.words):
            assert not flag.endswith("-out") or Path(path).stat().st_size, f"{command}: {flag}"
    check_shown(block, capsys.readouterr().out)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_runs(block: Block, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block.text, str(block), "exec"), {})
    check_shown(block, capsys.readouterr().out)


def check_shown(block: Block, shown: str) -> None:
    for mark, expected in SHOWN.items():
        assert mark not in block.text or expected in shown


def test_what_is_named_here_is_on_the_pages() -> None:
    every = [f"{command} " for block in blocks("sh") for command in block.commands()]
    text = "\n".join(block.text for block in blocks("sh", "python"))
    assert [start for start in NOT_RUN if not any(c.startswith(start) for c in every)] == []
    assert [mark for mark in (*SHORTER, *SHOWN) if mark not in text] == []
