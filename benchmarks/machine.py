"""What a benchmark ran on, and how it is held to one thread."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("k2", "torch", "numpy", "pynini", "kaldi_decoder", "kaldifst", "pyctcdecode", "kenlm",
            "distributed")  # fmt: skip


def use_one_core() -> int:
    """Hold this process, and those it starts, to one core; return its number.

    Setting the number of threads is not enough: k2 prunes in a thread of its own. Call it before
    torch is imported.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


@contextmanager
def every_core() -> Iterator[None]:
    """Let processes that are started meanwhile use all cores again."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe_machine() -> list[str]:
    """Return lines on processor, load and versions."""
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return [
        f"processor: {_processor()}, {os.cpu_count()} cores; one of them used",
        f"load average of 1, 5 and 15 minutes at the end: {load}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
    ]


def peak_memory_mib() -> float:
    """Return the peak resident memory of this process since it was started.

    `ru_maxrss` of a new process can hold the peak of the one that started it; `VmHWM` does not.
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmHWM")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
