"""Forced alignment against all paths of small ones."""

from __future__ import annotations

import itertools
import math

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from wfst_bias.adapter.alignment import NOTHING, align  # noqa: E402


def reading(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(token for token, _ in itertools.groupby(path) if token)


def score_of(log_probs: torch.Tensor, path: list[int]) -> float:
    return sum(float(log_probs[t, token]) for t, token in enumerate(path))


@settings(max_examples=60)
@given(
    n_frames=st.integers(1, 5),
    target=st.lists(st.integers(1, 2), max_size=3),
    seed=st.integers(0, 99),
)
def test_it_is_the_best_of_all_paths(n_frames: int, target: list[int], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    log_probs = torch.randn(n_frames, 3, generator=generator).log_softmax(-1)
    paths = [
        path
        for path in itertools.product(range(3), repeat=n_frames)
        if reading(path) == tuple(target)
    ]
    (places,) = align(log_probs[None], torch.tensor([n_frames]), [target])
    if not paths:
        assert len(places) == 0
        return
    ours = [0 if place == NOTHING else target[place] for place in places.tolist()]
    assert reading(tuple(ours)) == tuple(target)
    best = max(score_of(log_probs, list(path)) for path in paths)
    assert math.isclose(score_of(log_probs, ours), best, abs_tol=1e-5)
    said = [place for place in places.tolist() if place != NOTHING]
    assert said == sorted(said)
    assert set(said) == set(range(len(target)))


def test_utterances_of_a_batch_do_not_touch_each_other() -> None:
    log_probs = torch.randn(3, 9, 5, generator=torch.Generator().manual_seed(0)).log_softmax(-1)
    lengths, targets = torch.tensor([9, 4, 1]), [[1, 2, 2], [4], [1, 2, 3]]
    together = align(log_probs, lengths, targets)
    for row, (length, target) in enumerate(zip(lengths.tolist(), targets, strict=True)):
        (alone,) = align(log_probs[row : row + 1, :length], torch.tensor([length]), [target])
        assert torch.equal(together[row], alone)
    assert [len(places) for places in together] == [9, 4, 0]
