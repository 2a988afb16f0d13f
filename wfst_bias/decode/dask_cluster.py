"""Where Dask finds its workers: on this machine, in a batch system, or at a scheduler that runs.

dask_cluster  gives a DaskCluster for a name, an address or a scheduler file
"""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import dask
from distributed import Client, LocalCluster, SpecCluster, Status
from tornado.ioloop import PeriodicCallback

from wfst_bias.decode.dask_workers import DaskPool
from wfst_bias.decode.workers import Answer, Item, Work, without_interrupts
from wfst_bias.errors import InputError

LOCAL = "local"
# The classes of dask-jobqueue, by the names of their sections in jobqueue.yaml.
BATCH_SYSTEMS = {
    "slurm": "SLURMCluster",
    "sge": "SGECluster",
    "pbs": "PBSCluster",
    "lsf": "LSFCluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
    "htcondor": "HTCondorCluster",
}
SECONDS_TO_CONNECT = 15
SECONDS_TO_REFILL = 20  # from one look at whether jobs have ended to the next
DASHBOARD = "127.0.0.1:8787"  # of a cluster of this machine: nobody else sees it
# The pool counts deaths itself. k2 asks for much memory anew with each batch: where malloc gives
# back what is free at once, as Dask's default has it, that costs a sixth of the time. Where the
# workers are, for the dashboard's profile, and whether loops of events keep turning is looked at a
# hundred and fifty times a second: a tenth of the time of one worker.
OURS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}
# On this machine no worker waits in a queue: where none can start, that is to be said. Nor can one
# be lost, for its nanny starts it anew: Dask would take one that dies twice in a row for lost.
LOCALLY = {
    **OURS,
    "distributed.scheduler.no-workers-timeout": 120,
    "distributed.deploy.lost-worker-timeout": "365 days",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DaskCluster:
    """Hold a scheduler, and how it gets workers.

    Attributes:
      client: of the scheduler.
      scale: asks for so many worker processes, and for others in place of those that end.
    """

    client: Client
    scale: Callable[[int], None]

    @property
    def dashboard(self) -> str:
        """Return the address of the page that shows what the workers do."""
        return str(self.client.dashboard_link)

    def pool(
        self, make_work: Callable[[], Work[Item, Answer]], n_workers: int
    ) -> DaskPool[Item, Answer]:
        """Return workers as a WorkerPool would; a scheduler that runs already has its own."""
        self.scale(n_workers)
        return DaskPool(make_work, self.client)


@contextmanager
def dask_cluster(where: str) -> Iterator[DaskCluster]:
    """Give workers, and end those that are ours.

    Args:
      where: LOCAL, one of BATCH_SYSTEMS, the address of a scheduler (`tcp://HOST:PORT`), or the
        file that `dask scheduler --scheduler-file` writes.

    Raises:
      InputError: nothing is of that name, the scheduler cannot be reached, or jobqueue.yaml does
        not say what a job is to be.
      ImportError: dask-jobqueue is needed and not there.
    """
    with ExitStack() as stack:
        if where == LOCAL:
            cluster = stack.enter_context(_local_cluster())
            client = stack.enter_context(Client(cluster))
            yield DaskCluster(client, cluster.scale)
        elif where in BATCH_SYSTEMS:
            cluster = stack.enter_context(_batch_cluster(where))
            client = stack.enter_context(Client(cluster))
            yield DaskCluster(client, lambda n_workers: _submit(cluster, where, n_workers))
        else:
            yield DaskCluster(stack.enter_context(_connect(where)), lambda _: None)


@contextmanager
def _local_cluster() -> Iterator[LocalCluster]:
    with _silence(), dask.config.set(LOCALLY):
        # The thread that begins here starts the workers.
        with without_interrupts(), catch_warnings():
            simplefilter("ignore")  # that port 8787 is taken: the one in its place is shown
            cluster = LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                memory_limit=0,  # none: a process of the default engine has none either
                dashboard_address=DASHBOARD,
                silence_logs=logging.CRITICAL,
            )
        with cluster:
            yield cluster


@contextmanager
def _batch_cluster(system: str) -> Iterator[SpecCluster]:
    """Give a cluster without jobs, each of which is to be one worker process."""
    import dask_jobqueue

    kind = getattr(dask_jobqueue, BATCH_SYSTEMS[system])
    command = kind.job_cls.submit_command.split()[0]
    if shutil.which(command) is None:
        raise InputError(f"{system} is not there: its command is missing", value=command)
    section = f"jobqueue.{system}"
    if (dask.config.get(f"{section}.cores", None) or 1) > 1:
        log.warning("%s.cores: a job decodes with one process, so 1 is enough", section)
    with _silence(), dask.config.set(OURS):
        try:
            with catch_warnings():
                simplefilter("ignore")  # as above
                cluster = kind(processes=1, silence_logs=logging.CRITICAL)
        except ValueError as error:
            remedy = "say so in ~/.config/dask/jobqueue.yaml"
            raise InputError(str(error).splitlines()[0], path=section, remedy=remedy) from error
        try:
            yield cluster
        finally:
            with suppress(AssertionError):  # a job that was not taken is no reason to fail
                cluster.close()


@contextmanager
def _silence() -> Iterator[None]:
    """Have what happens to workers told once, by us."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado.application")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _submit(cluster: Any, system: str, n_jobs: int) -> None:
    """Submit jobs, and from then on others for those that end."""

    async def settle() -> None:
        await cluster
        for job in cluster.workers.values():
            await job  # raises what went wrong with it

    def refill() -> None:
        if cluster.status == Status.running:
            cluster.scale(n_jobs)

    cluster.scale(n_jobs)
    try:
        cluster.sync(settle)
    except RuntimeError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise InputError(f"{system} does not take the job ({' '.join(lines)})") from error
    refilling = PeriodicCallback(refill, 1000 * SECONDS_TO_REFILL)
    cluster.loop.add_callback(refilling.start)


def _connect(where: str) -> Client:
    if Path(where).is_file():
        where = _read_scheduler_file(Path(where))
    elif ":" not in where:
        names = ", ".join((LOCAL, *BATCH_SYSTEMS))
        raise InputError(f"expected {names}, an address or a scheduler file", value=where)
    try:
        return Client(where, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        remedy = "start one: dask scheduler --scheduler-file FILE"
        raise InputError("no Dask scheduler can be reached", value=where, remedy=remedy) from error


def _read_scheduler_file(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["address"])
    except (ValueError, LookupError, TypeError) as error:
        remedy = "dask scheduler --scheduler-file writes one"
        raise InputError("not a scheduler file", path=path, remedy=remedy) from error
