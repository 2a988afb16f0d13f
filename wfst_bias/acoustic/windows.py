"""Long recordings in windows, each encoded by itself: what they keep covers every frame once."""

from __future__ import annotations

from dataclasses import dataclass

from wfst_bias.acoustic.conformer import SUBSAMPLING
from wfst_bias.acoustic.features import FEATURE_SHIFT_MS, SAMPLE_RATE

FRAME_SHIFT_MS = SUBSAMPLING * FEATURE_SHIFT_MS

# What a window keeps, and what it only hears around that.
WINDOW_SECONDS = 24.0
CONTEXT_SECONDS = 2.0

_SAMPLES_PER_FEATURE = round(SAMPLE_RATE * FEATURE_SHIFT_MS / 1000)
_SAMPLES_PER_FRAME = SUBSAMPLING * _SAMPLES_PER_FEATURE
_WINDOW = round(WINDOW_SECONDS * 1000 / FRAME_SHIFT_MS)  # encoder frames
_CONTEXT = round(CONTEXT_SECONDS * 1000 / FRAME_SHIFT_MS)


@dataclass(frozen=True)
class Window:
    """A stretch of a recording that is encoded at once.

    Attributes:
      first_sample: where it begins.
      end_sample: where it ends, not included.
      kept: the encoder frames of it that are used, counted from its beginning.
    """

    first_sample: int
    end_sample: int
    kept: slice


def windows_of(n_samples: int) -> list[Window]:
    """Divide a recording; one that fits in a single window is not divided.

    Args:
      n_samples: at 16 kHz.
    """
    n_features = (n_samples + _SAMPLES_PER_FEATURE // 2) // _SAMPLES_PER_FEATURE
    n_frames = -(-n_features // SUBSAMPLING)
    if n_frames <= _WINDOW + 2 * _CONTEXT:
        return [Window(0, n_samples, slice(0, n_frames))]
    return [_window(start, n_frames, n_samples) for start in range(0, n_frames, _WINDOW)]


def _window(start: int, n_frames: int, n_samples: int) -> Window:
    """Return the window that keeps the frames from `start` on."""
    end = min(start + _WINDOW, n_frames)
    first, last = max(0, start - _CONTEXT), min(end + _CONTEXT, n_frames)
    end_sample = n_samples if last == n_frames else last * _SAMPLES_PER_FRAME
    return Window(first * _SAMPLES_PER_FRAME, end_sample, slice(start - first, end - first))
