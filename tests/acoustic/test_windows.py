"""Windows of recordings: every frame is kept once, with context around it."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is an optional extra: pip install wfst-bias[decode]")

from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.acoustic.windows import CONTEXT_SECONDS, WINDOW_SECONDS, windows_of

RATE = 16_000
FRAME = 640  # samples
LONGEST = round((WINDOW_SECONDS + 2 * CONTEXT_SECONDS) * RATE)
CONTEXT = round(CONTEXT_SECONDS * RATE)

n_samples = st.integers(400, 600 * RATE)


@given(n_samples)
def test_every_frame_is_kept_once(n):
    kept = [
        window.first_sample // FRAME + frame
        for window in windows_of(n)
        for frame in range(window.kept.start, window.kept.stop)
    ]
    n_features = (n + 80) // 160
    assert kept == list(range(-(-n_features // 4)))


@given(n_samples)
def test_windows_are_within_the_recording_and_bounded(n):
    windows = windows_of(n)
    assert windows[0].first_sample == 0
    assert windows[-1].end_sample == n
    for window in windows:
        assert window.first_sample % FRAME == 0
        assert 0 <= window.first_sample < window.end_sample <= n
        assert window.end_sample - window.first_sample <= LONGEST + FRAME


@given(n_samples)
def test_what_is_kept_has_context_on_both_sides(n):
    for window in windows_of(n):
        begin = window.first_sample + window.kept.start * FRAME
        end = window.first_sample + window.kept.stop * FRAME
        assert begin - window.first_sample == min(CONTEXT, begin)
        assert window.end_sample - end >= min(CONTEXT, n - end)


def test_a_short_recording_is_one_window():
    (window,) = windows_of(LONGEST)
    assert (window.first_sample, window.end_sample) == (0, LONGEST)
    assert len(windows_of(LONGEST + FRAME)) == 2
