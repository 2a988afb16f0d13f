"""Where attention shall be."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from adapters import SHAPES, candidates_of, random_adapter, random_heard  # noqa: E402

from wfst_bias.adapter.supervision import occurrences, supervise  # noqa: E402

STARTS = (1, 4, 6, 7)  # tokens that begin a word
LIST = [(1, 2, 3), (4, 5), (6,)]
TARGET = [6, 1, 2, 3, 4]  # the first and third entity; not the second, which is cut off
PLACES = torch.tensor([-1, 0, -1, 1, 1, -1, 2, 3, -1, 4])


@pytest.mark.parametrize(
    ("target", "tokens", "expected"),
    [
        (TARGET, (1, 2, 3), [1]),
        (TARGET, (1, 2), []),  # the word goes on
        (TARGET, (4, 5), []),
        ([4, 5, 4, 5, 1], (4, 5), [0, 2]),
        ([6], (6,), [0]),
        ([], (6,), []),
    ],
)
def test_an_entity_is_found_as_whole_words(target: list, tokens: tuple, expected: list) -> None:
    assert occurrences(target, tokens, STARTS) == expected


def allowed_at(supervision, frame: int) -> list[int]:
    return supervision.allowed[0, frame].nonzero().flatten().tolist()


def supervised(options, said):
    adapter = random_adapter(options)
    candidates = candidates_of(adapter, [LIST])
    found = supervise([PLACES], [TARGET], [said], candidates, 12, STARTS)
    return found, adapter(random_heard(1, 12), candidates)


def test_a_subword_attends_to_its_own_slot() -> None:
    found, _ = supervised(SHAPES[0], [(0, LIST[0]), (2, LIST[2])])
    assert [allowed_at(found, t) for t in range(10)] == [
        [0], [6], [0], [1], [1], [0, 1, 2, 3], [2], [3], [0], [0],
    ]  # fmt: skip
    assert found.is_entity[0].nonzero().flatten().tolist() == [1, 3, 4, 6, 7]
    assert found.counts[0].tolist() == [True] * 10 + [False] * 2


def test_what_is_not_on_the_list_is_nothing() -> None:
    found, _ = supervised(SHAPES[0], [])
    assert not found.is_entity.any()
    assert found.allowed[..., 0].all()
    assert not found.allowed[..., 1:].any()


def test_the_loss_is_low_where_attention_is_right_and_has_finite_gradients() -> None:
    found, bias = supervised(SHAPES[0], [(0, LIST[0]), (2, LIST[2])])
    loss = found.loss(bias.log_attention)
    loss.backward(retain_graph=True)
    right = found.allowed.float().clamp(min=1e-9).log().log_softmax(-1)
    assert 0 <= found.loss(right) < 1e-6 < loss < math.inf
    nowhere = supervise(
        [PLACES[:0]], [TARGET], [[]], candidates_of(random_adapter(), [LIST]), 12, ()
    )
    assert nowhere.loss(bias.log_attention) == 0
