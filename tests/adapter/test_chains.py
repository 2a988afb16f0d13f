"""Paths through the slots of entities, against all paths written out."""

from __future__ import annotations

import itertools
import math

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from wfst_bias.adapter.chains import Chains, Posteriors, Scores, posteriors  # noqa: E402

NOTHING, PAUSE, SLOT = "nothing", "pause", "slot"


def owners_of(sizes: list[int]) -> list[int]:
    return [entity for entity, size in enumerate(sizes) for _ in range(size)]


def is_end(state: tuple, owners: list[int]) -> bool:
    kind, slot = state
    return kind == NOTHING or (kind == SLOT and owners[slot + 1 : slot + 2] != [owners[slot]])


def ways(before: tuple, state: tuple, owners: list[int], entry: float) -> float:
    """Return the weight of going from one state to the next: on, or by beginning an entity."""
    (was, at), (kind, slot) = before, state
    is_inside = was in (SLOT, PAUSE)
    if kind == NOTHING:
        return float(is_end(before, owners))
    if kind == PAUSE:
        return float(is_inside and at == slot)
    goes_on = is_inside and at + 1 == slot and owners[at] == owners[slot]
    is_first = slot == 0 or owners[slot - 1] != owners[slot]
    begins = is_end(before, owners) and is_first
    return float(goes_on or (was, at) == (SLOT, slot)) + math.exp(entry) * begins


def all_paths(scores: Scores, owners: list[int]) -> dict[tuple, float]:
    """Map every path of the one utterance to its weight."""
    states = [(NOTHING, -1), *((kind, m) for m in range(len(owners)) for kind in (SLOT, PAUSE))]
    found = {}
    for path in itertools.product(states, repeat=scores.nothing.shape[1]):
        weight = float(is_end(path[-1], owners))
        for t, (before, state) in enumerate(itertools.pairwise([(NOTHING, -1), *path])):
            kind, m = state
            emitted = {NOTHING: scores.nothing, PAUSE: scores.pause}.get(kind)
            score = scores.slots[0, t, m] if emitted is None else emitted[0, t]
            weight *= ways(before, state, owners, float(scores.entry[0])) * math.exp(score)
        if weight:
            found[path] = weight
    return found


def random_scores(n_frames: int, n_slots: int, seed: int, n: int = 1) -> Scores:
    draw = torch.Generator().manual_seed(seed)
    shapes = ((n, n_frames), (n, n_frames), (n, n_frames, n_slots), (n,))
    return Scores(*(2 * torch.randn(*shape, generator=draw) for shape in shapes))


def chains_of(sizes: list[int]) -> Chains:
    owners = torch.tensor([owners_of(sizes)])
    return Chains.of(owners, torch.ones_like(owners, dtype=torch.bool))


@settings(max_examples=40)
@given(
    sizes=st.sampled_from([[1], [2], [3], [1, 1], [2, 1], [1, 2]]),
    n_frames=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_weights_are_those_of_all_paths(sizes: list[int], n_frames: int, seed: int) -> None:
    owners = owners_of(sizes)
    scores = random_scores(n_frames, len(owners), seed)
    found = posteriors(scores, chains_of(sizes), torch.tensor([n_frames]))
    paths = all_paths(scores, owners)
    whole = sum(paths.values())
    for t in range(n_frames):
        by_state: dict[tuple, float] = {}
        for path, weight in paths.items():
            by_state[path[t]] = by_state.get(path[t], 0.0) + weight / whole
        pause = sum(weight for (kind, _), weight in by_state.items() if kind == PAUSE)
        assert found.nothing[0, t].exp() == pytest.approx(by_state.get((NOTHING, -1), 0), abs=1e-5)
        assert found.pause[0, t].exp() == pytest.approx(pause, abs=1e-5)
        for m in range(len(owners)):
            expected = by_state.get((SLOT, m), 0.0)
            assert found.slots[0, t, m].exp() == pytest.approx(expected, abs=1e-5)


def weights(found: Posteriors) -> torch.Tensor:
    parts = (found.nothing[..., None], found.pause[..., None], found.slots)
    return torch.cat(parts, dim=-1).exp()


def test_a_planted_entity_is_attended_to_in_its_order() -> None:
    slots = torch.full((1, 7, 5), -9.0)
    for t, m in ((1, 2), (2, 3), (4, 4)):  # the three slots of the second entity
        slots[0, t, m] = 5.0
    slots[0, 5, 1] = 9.0  # the second slot of the first, without its first
    pause = torch.full((1, 7), -5.0)
    pause[0, 3] = 0.0
    found = posteriors(
        Scores(torch.zeros(1, 7), pause, slots, torch.zeros(1)),
        chains_of([2, 3]),
        torch.tensor([7]),
    )
    expected = torch.tensor([0, 4, 5, 1, 6, 0, 0])
    assert weights(found)[0].argmax(-1).tolist() == expected.tolist()


def test_padding_of_frames_and_of_slots_changes_nothing_and_has_no_weight() -> None:
    short, long = random_scores(4, 3, 1), random_scores(6, 5, 2)
    both = Scores(
        torch.cat((short.nothing, long.nothing[:, 4:]), 1),
        torch.cat((short.pause, long.pause[:, 4:]), 1),
        long.slots.clone(),
        short.entry,
    )
    both.slots[:, :4, :3] = short.slots
    mask = torch.tensor([[True, True, True, False, False]])
    owners = torch.tensor([[0, 0, 1, 0, 0]])
    padded = posteriors(both, Chains.of(owners, mask), torch.tensor([4]))
    alone = posteriors(short, chains_of([2, 1]), torch.tensor([4]))
    assert torch.allclose(padded.slots[:, :4, :3].exp(), alone.slots.exp(), atol=1e-5)
    assert torch.allclose(padded.nothing[:, :4].exp(), alone.nothing.exp(), atol=1e-5)
    assert not padded.slots[..., 3:].exp().any()
    assert torch.equal(padded.nothing[:, 4:].exp(), torch.ones(1, 2))


def test_weights_sum_to_one_and_gradients_are_finite() -> None:
    scores = random_scores(30, 7, 3, n=2)
    for tensor in (scores.nothing, scores.pause, scores.slots, scores.entry):
        tensor.requires_grad_()
    owners = torch.tensor([[0, 0, 0, 1, 2, 2, 0], [3, 3, 4, 4, 4, 0, 0]])
    mask = torch.tensor([[True] * 6 + [False], [True] * 5 + [False] * 2])
    found = posteriors(scores, Chains.of(owners, mask), torch.tensor([30, 20]))
    assert torch.allclose(weights(found).sum(-1), torch.ones(2, 30), atol=1e-5)
    found.slots[0, :, :6].exp().square().sum().backward()
    for tensor in (scores.nothing, scores.pause, scores.slots, scores.entry):
        assert tensor.grad.isfinite().all()
    assert not scores.slots.grad[0, :, 6].any()


def test_neighbours_of_one_entity_apart_are_entities_of_their_own() -> None:
    chains = Chains.of(
        torch.tensor([[0, 0, 1, 2, 2, 0]]), torch.tensor([[True, True, True, True, True, False]])
    )
    assert chains.first.tolist() == [[True, False, True, True, False, False]]
    assert chains.last.tolist() == [[False, True, True, False, True, False]]
