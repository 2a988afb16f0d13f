"""The first selection of a long list: its score, and that what is said is kept."""

from __future__ import annotations

import itertools
import random

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from wfst_bias.adapter.selection import (  # noqa: E402
    FLOOR_NATS,
    HEARD_FRAMES,
    STRETCH_FRAMES,
    Spotter,
    scores_of_slots,
)

N_TOKENS = 30


def log_probs_of(n_frames: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (4 * torch.randn(n_frames, N_TOKENS, generator=generator)).log_softmax(-1)


def brute_force(log_probs: torch.Tensor, entity: tuple[int, ...], stretch: int) -> float:
    """Return the best mean over stretches that overlap by half."""
    size = min(stretch, len(log_probs))
    step = max(1, size // 2)
    starts = range(0, max(1, len(log_probs) - size + step), step)
    stretches = [log_probs[at : at + size] for at in starts]
    return max(
        sum(max(FLOOR_NATS, float(part[:, i].max())) for i in entity) / len(entity)
        for part in stretches
        if len(part)
    )


@given(
    n_frames=st.sampled_from([1, 2, 36, 37, 38, 54, 55, 56, 130]),
    entities=st.lists(
        st.lists(st.integers(1, N_TOKENS - 1), min_size=1, max_size=4).map(tuple),
        min_size=1,
        max_size=5,
    ),
)
def test_a_score_is_the_best_mean_within_a_stretch(n_frames: int, entities: list) -> None:
    log_probs = log_probs_of(n_frames)
    scores = Spotter(entities).scores(log_probs)
    expected = torch.tensor([brute_force(log_probs, entity, STRETCH_FRAMES) for entity in entities])
    assert torch.allclose(scores, expected, atol=1e-5)


@given(n_frames=st.sampled_from([1, 15, 16, 37, 56]), sizes=st.lists(st.integers(1, 4), min_size=1))
def test_slots_that_frames_speak_of_are_scored_likewise(n_frames: int, sizes: list[int]) -> None:
    starts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    frames = torch.randn(n_frames, starts[-1], generator=torch.Generator().manual_seed(n_frames))
    scores = scores_of_slots(frames, torch.tensor(starts))
    expected = [
        brute_force(frames, tuple(range(first, end)), HEARD_FRAMES)
        for first, end in itertools.pairwise(starts)
    ]
    assert torch.allclose(scores, torch.tensor(expected), atol=1e-4)


def test_what_is_said_is_kept_among_thousands() -> None:
    rng = random.Random(0)
    entities = sorted({tuple(rng.choices(range(1, N_TOKENS), k=5)) for _ in range(3000)})
    said = entities[1234]
    log_probs = torch.full((200, N_TOKENS), -12.0)
    log_probs[:, 0] = 0.0
    for place, token in enumerate(said):
        log_probs[120 + 3 * place, token] = -2.0
    picks = Spotter(entities).best(log_probs, 20)
    assert 1234 in picks.tolist()
    assert len(picks) == 20
    assert picks.tolist() == sorted(set(picks.tolist()))


def test_a_short_list_is_kept_whole() -> None:
    assert Spotter([(1,), (2, 3)]).best(log_probs_of(5), 2).tolist() == [0, 1]
    assert Spotter([]).best(log_probs_of(5), 2).tolist() == []


def test_no_frames_are_no_fault() -> None:
    assert len(Spotter([(1,), (2, 3), (4,)]).best(log_probs_of(0), 2)) == 2
