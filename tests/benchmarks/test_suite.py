"""The page of results grows with every benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

for _package in ("kaldi_decoder", "pyctcdecode"):
    pytest.importorskip(_package, reason="needs the extra `benchmarks`")

from benchmarks import suite  # noqa: E402
from benchmarks.materials import Materials  # noqa: E402
from benchmarks.table import Figure, Section  # noqa: E402


def fails(materials: Materials, repetitions: int) -> Section:
    raise RuntimeError("no luck")


def test_what_is_measured_is_on_the_page_before_another_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def measured(materials: Materials, repetitions: int) -> Section:
        return Section("First", [Figure("speed", f"{repetitions} s")])

    monkeypatch.setattr(suite, "BENCHMARKS", {"first": measured, "second": fails})
    monkeypatch.setattr(Materials, "check", lambda self: None)
    pages = suite.run_suite(Materials(Path(), Path()), (), 3, "python -m benchmarks")
    assert "## First" in next(pages)
    with pytest.raises(RuntimeError, match="no luck"):
        next(pages)
