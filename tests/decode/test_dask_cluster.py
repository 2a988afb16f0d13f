"""Where Dask's workers are: on this machine, at a scheduler that runs, in jobs of a batch system.

The batch system is imitated: its commands are scripts that run the job at once, on this machine.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from deadlines import deadline

pytest.importorskip("distributed")

import dask

from wfst_bias.decode import dask_cluster as module
from wfst_bias.decode.dask_cluster import LOCAL, dask_cluster
from wfst_bias.decode.workers import Outcome, WorkerError
from wfst_bias.errors import InputError


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    with deadline(120):
        yield


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers that are no children of this process import this file."""
    folders = [*map(str, Path(__file__).parents[:2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))


def doubling() -> Callable[[Sequence[int]], list[int]]:
    return lambda items: [2 * item for item in items]


def napping() -> Callable[[Sequence[int]], list[int]]:
    def work(items: Sequence[int]) -> list[int]:
        time.sleep(0.2)
        return [2 * item for item in items]

    return work


DOUBLED = [Outcome(i, 2 * i) for i in range(12)]


def outcomes(where: str, n_workers: int) -> list[Outcome[int, int]]:
    with dask_cluster(where) as cluster, cluster.pool(doubling, n_workers) as pool:
        found = pool.run([[i, i + 1] for i in range(0, 12, 2)])
        return sorted(found, key=lambda outcome: outcome.item)


def is_deaf_to_interrupts() -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_workers_of_this_machine() -> None:
    with dask_cluster(LOCAL) as cluster:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/status", cluster.dashboard)
        with cluster.pool(doubling, 2) as pool:
            assert {o.answer for o in pool.run([[1, 2], [3]])} == {2, 4, 6}
        pids = set(cluster.client.run(os.getpid).values())
        assert len(pids) == 2
        assert set(cluster.client.nthreads().values()) == {1}
        assert set(cluster.client.run(is_deaf_to_interrupts).values()) == {True}
    assert not is_deaf_to_interrupts()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_worker_of_this_machine_is_never_given_up() -> None:
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "100ms"}),
        dask_cluster(LOCAL) as cluster,
        cluster.pool(doubling, 1) as pool,
    ):
        for number in range(3):
            assert [o.answer for o in pool.run([[number]])] == [2 * number]
            (pid,) = cluster.client.run(os.getpid).values()
            os.kill(pid, signal.SIGKILL)
            while cluster.client.nthreads():
                time.sleep(0.01)


@contextmanager
def program(name: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of Dask meanwhile."""
    command = [sys.executable, "-m", f"distributed.cli.{name}", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def running(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a scheduler with one worker of two threads, as a user would start them."""
    address = ["--host", "127.0.0.1", "--port", 0, "--no-dashboard"]
    worker = ["--scheduler-file", file, "--nthreads", 2, "--no-dashboard"]
    with program("dask_scheduler", "--scheduler-file", file, *address) as scheduler:
        while not file.exists() or not file.read_text():
            time.sleep(0.05)
        with program("dask_worker", *worker):
            yield scheduler


def then(do: Callable[[], None], after: int) -> Iterator[list[int]]:
    """Hand out many tasks; do something in the middle."""
    for number in range(1000):
        if number == after:
            do()
        yield [number]


def test_a_scheduler_that_runs_and_then_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "scheduler.json"
    with running(file) as scheduler:
        assert outcomes(str(file), 1) == DOUBLED
        (address,) = re.findall(r'"address": "(.*?)"', file.read_text())
        assert outcomes(address, 5) == DOUBLED  # it is not ours to scale
        monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 1)
        with (
            dask_cluster(address) as cluster,
            cluster.pool(napping, 1) as pool,
            pytest.raises(WorkerError, match="scheduler is gone"),
        ):
            list(pool.run(then(scheduler.kill, after=5)))
        with pytest.raises(InputError, match=f"no Dask scheduler can be reached: '{address}'"):
            outcomes(str(file), 1)


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:9", "localhost:x", "foo://x:3", ":"])
def test_a_scheduler_that_cannot_be_reached(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler can be reached.*start one"):
        outcomes(where, 1)


def test_a_name_that_nothing_has() -> None:
    with pytest.raises(InputError, match=r"expected local, slurm, .*, an address or .*: 'slrum'"):
        outcomes("slrum", 1)


@pytest.mark.parametrize("content", ["", '{"addr', "[]", "{}", '"x"', "3", "\xff"])
def test_a_scheduler_file_that_is_broken(tmp_path: Path, content: str) -> None:
    file = tmp_path / "scheduler.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match=f"{file}: not a scheduler file"):
        outcomes(str(file), 1)


SBATCH = """#!/bin/sh
cp "$1" {folder}/job.$$
setsid sh {folder}/job.$$ > {folder}/job.$$.log 2>&1 &
echo $! >> {folder}/jobs
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
echo $1 >> {folder}/cancelled
kill -KILL -- -$1
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of an imitated SLURM; `jobs` in it has the ids of jobs, process groups.

    `cancelled` has those that were cancelled.
    """
    pytest.importorskip("dask_jobqueue")
    for name, content in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (tmp_path / name).write_text(content.format(folder=tmp_path))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    section = {
        "cores": 1,
        "memory": "8GB",
        "local-directory": str(tmp_path),
        "scheduler-options": {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"},
    }
    settings = {f"jobqueue.slurm.{key}": value for key, value in section.items()}
    with dask.config.set(settings | {"distributed.deploy.lost-worker-timeout": "1s"}):
        yield tmp_path


def jobs(slurm: Path, file: str = "jobs") -> list[int]:
    return [int(line) for line in (slurm / file).read_text().split()]


def test_jobs_of_a_batch_system(slurm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_TO_REFILL", 1)
    found = []
    with dask_cluster("slurm") as cluster, cluster.pool(napping, 2) as pool:
        for outcome in pool.run([[i] for i in range(40)]):
            found.append(outcome)
            if len(found) == 4:
                os.killpg(jobs(slurm)[0], signal.SIGKILL)
    assert sorted(found, key=lambda o: o.item) == [Outcome(i, 2 * i) for i in range(40)]
    assert len(jobs(slurm)) > 2  # another was submitted in its place
    assert set(jobs(slurm)) == set(jobs(slurm, "cancelled"))


def test_a_job_that_is_not_described(slurm: Path) -> None:
    with (
        dask.config.set({"jobqueue.slurm.cores": None}),
        pytest.raises(InputError, match=r"jobqueue.slurm: You must specify how much cores"),
    ):
        outcomes("slurm", 1)


def test_a_job_that_is_not_taken(slurm: Path) -> None:
    (slurm / "sbatch").write_text("#!/bin/sh\necho invalid partition >&2\nexit 1\n")
    with pytest.raises(InputError, match=r"slurm does not take the job .*invalid partition"):
        outcomes("slurm", 1)


def test_a_batch_system_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="sge is not there: its command is missing: 'qsub'"):
        outcomes("sge", 1)
