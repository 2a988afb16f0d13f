"""`decode --dask`: the files are those of one process, whatever the workers are and do."""

from __future__ import annotations

import gzip
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_calls import Called, Inputs
from deadlines import deadline
from faults import DyingWorker, KillingWork

pytest.importorskip("k2")
pytest.importorskip("distributed")

from wfst_bias.cli import decode_run
from wfst_bias.cli.decode_lists import ListRequest
from wfst_bias.cli.decode_run import DecodeRequest, run_decode
from wfst_bias.decode import dask_cluster as module
from wfst_bias.decode.dask_cluster import LOCAL, DaskCluster, dask_cluster
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions

Call = Callable[..., Called]
Contents = dict[Path, bytes]

MANY_TASKS = 4  # utterances in each, so that there are ten


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    with deadline(240):
        yield


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    """Give a scheduler that runs, with two workers."""
    with dask_cluster(LOCAL) as found:
        found.scale(2)
        found.client.wait_for_workers(2)
        yield found


@pytest.fixture(scope="module")
def address(cluster: DaskCluster) -> str:
    return str(cluster.client.scheduler.address)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, planted: Path) -> Path:
    """Return a folder with the planted data's LM, and what one process decodes them to."""
    made = tmp_path_factory.mktemp("planted")
    estimate_from_files([planted / "text.txt"], None, LmOptions(), made / "lm.arpa")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode_run, "UTTERANCES_PER_TASK", MANY_TASKS)
        run_decode(request(planted, made, made / "one", None, nj=1))
    return made


def request(planted: Path, folder: Path, out: Path, dask: str | None, nj: int = 2) -> DecodeRequest:
    return DecodeRequest(
        source=planted / "test.npz", tokens=planted / "tokens.txt", lm=folder / "lm.arpa", out=out,
        cache=folder / "cache", lists=ListRequest(entities_tsv=planted / "test.tsv"),
        lattices=True, nj=nj, options=DecodeOptions(), dask=dask,
    )  # fmt: skip


def contents(folder: Path) -> Contents:
    """Return the files below a folder but times; of archives, one for each job, what is in them."""
    found: Contents = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "timing.json":
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found |= {Path(name): archive.read(name) for name in archive.namelist()}
        elif path.suffix == ".gz":
            found[Path("lat.gz")] = found.get(Path("lat.gz"), b"") + gzip.decompress(
                path.read_bytes()
            )
        elif path.is_file():
            found[path.relative_to(folder)] = path.read_bytes()
    return found


@pytest.fixture(autouse=True)
def many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_run, "UTTERANCES_PER_TASK", MANY_TASKS)


def test_workers_of_this_machine(call: Call, planted: Path, folder: Path, tmp_path: Path) -> None:
    called = call(
        "decode", "--log-probs", planted / "test.npz", "--tokens", planted / "tokens.txt",
        "--lm", folder / "lm.arpa", "--cache", folder / "cache", "--entities-tsv",
        planted / "test.tsv", "--lattices", "--nj", 2, "--dask", "local", "--out", tmp_path,
    )  # fmt: skip
    assert called.status == 0, called.err
    assert re.fullmatch(r"Dask dashboard: http://127\.0\.0\.1:\d+/status\n", called.err)
    assert called.out.startswith("40 utterances, ")
    assert len(contents(tmp_path)) > 40
    assert contents(tmp_path) == contents(folder / "one")


def test_a_worker_killed_in_the_middle_changes_nothing(
    address: str, planted: Path, folder: Path, tmp_path: Path
) -> None:
    summary = run_decode(request(planted, folder, tmp_path, address), DyingWorker)
    assert (folder / "killed").exists()
    assert (summary.utterances, summary.failed) == (40, 0)
    assert contents(tmp_path) == contents(folder / "one")


def test_paths_are_those_of_the_caller(
    call: Call,
    address: str,
    inputs: Inputs,
    planted: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The workers have been started in another folder."""
    for path in (inputs.tokens, inputs.lm, inputs.log_probs, inputs.entities):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "g2g.tsv").write_bytes((planted.parent / "g2g/english.tsv").read_bytes())
    monkeypatch.chdir(tmp_path)
    here = Inputs(Path("."))
    flags = ("--entities", here.entities, "--g2g", "g2g.tsv", "--lattices")
    assert call(*here.decode(Path("one"), *flags)).status == 0
    monkeypatch.setenv("WFST_BIAS_DASK", address)
    called = call(*here.decode(Path("dask"), *flags))
    assert called.status == 0, called.err
    assert "Dask dashboard" in called.err
    assert contents(tmp_path / "dask") == contents(tmp_path / "one")


def test_an_utterance_that_kills_its_worker_is_reported(
    address: str, inputs: Inputs, tmp_path: Path
) -> None:
    asked = DecodeRequest(
        source=inputs.log_probs, tokens=inputs.tokens, lm=inputs.lm, out=tmp_path,
        cache=inputs.cache, lists=ListRequest(entities_tsv=inputs.tsv), lattices=False, nj=2,
        options=DecodeOptions(), dask=address,
    )  # fmt: skip
    summary = run_decode(asked, KillingWork)
    assert (summary.utterances, summary.failed) == (4, 1)
    assert (tmp_path / "errors.tsv").read_text() == "c-3\t2 worker processes died of it\n"
    texts = read_kaldi_text(tmp_path / "text")
    assert (texts["c-3"], texts["a-1"]) == ("", "we met Anna Kovač")


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("slrum", "expected local, slurm, sge, pbs, lsf, oar, moab, htcondor, an address or a"),
        ("tcp://127.0.0.1:9", "no Dask scheduler can be reached: 'tcp://127.0.0.1:9'; start one"),
    ],
)
def test_workers_that_are_not_there(
    call: Call,
    inputs: Inputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    complaint: str,
) -> None:
    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 0.5)
    assert complaint in call(*inputs.decode(tmp_path, "--dask", where)).complaint
    assert not (tmp_path / "text").exists()


@pytest.mark.parametrize(
    ("package", "where", "extra"),
    [("distributed", "local", "dask"), ("dask_jobqueue", "slurm", "cluster")],
)
def test_a_package_that_is_missing_is_named(
    call: Call,
    inputs: Inputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    where: str,
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for name in ("dask_cluster", "dask_workers"):
        monkeypatch.delitem(sys.modules, f"wfst_bias.decode.{name}", raising=False)
    complaint = call(*inputs.decode(tmp_path, "--dask", where)).complaint
    assert complaint.startswith(f"{package} is needed")
    assert complaint.endswith(f"pip install 'wfst-bias[{extra}]'")
