"""The adapter: what it adds, what changes nothing, and that it learns what is planted."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from adapters import (  # noqa: E402
    N_LAYERS,
    N_TOKENS,
    SHAPES,
    WIDTH,
    Heard,
    candidates_of,
    random_adapter,
    random_heard,
)
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from wfst_bias.acoustic.losses import ctc  # noqa: E402
from wfst_bias.acoustic.model import log_softmax  # noqa: E402
from wfst_bias.adapter.config import AdapterConfig, AdapterOptions  # noqa: E402
from wfst_bias.adapter.entity_encoder import slots_of  # noqa: E402
from wfst_bias.adapter.module import (  # noqa: E402
    Adapter,
    Candidates,
    adapted_log_probs,
    attention_to_entities,
)

LIST = [(1, 2, 3), (4, 5), (6,), (7, 8, 9, 10), (2, 1)]

every_shape = pytest.mark.parametrize("options", SHAPES, ids=lambda o: o.entity_encoder)
entities = st.lists(
    st.lists(st.integers(1, N_TOKENS - 1), min_size=1, max_size=4).map(tuple), max_size=4
)


def make_head(seed: int = 5) -> torch.nn.Linear:
    torch.manual_seed(seed)
    return torch.nn.Linear(WIDTH, N_TOKENS)


@every_shape
def test_an_untrained_adapter_changes_nothing_to_the_bit(options: AdapterOptions) -> None:
    adapter = Adapter(AdapterConfig(N_TOKENS, WIDTH, (1, N_LAYERS), options))
    heard, head = random_heard(2, 7), make_head()
    bias = adapter(heard, candidates_of(adapter, [LIST, LIST[:2]]))
    frames = heard.layers[-1]
    assert torch.equal(adapted_log_probs(frames, head, bias), log_softmax(head(frames)))


@every_shape
def test_an_empty_list_changes_nothing_to_the_bit_beside_others_that_do(
    options: AdapterOptions,
) -> None:
    adapter, heard, head = random_adapter(options), random_heard(3, 7), make_head()
    frames = heard.layers[-1]
    base = log_softmax(head(frames))
    for lists in ([LIST, [], LIST[:1]], [[], [], []]):
        adapted = adapted_log_probs(frames, head, adapter(heard, candidates_of(adapter, lists)))
        for row, entities_of_row in enumerate(lists):
            assert torch.equal(adapted[row], base[row]) == (not entities_of_row)


def test_all_attention_on_no_bias_changes_nothing_to_the_bit() -> None:
    adapter, heard, head = random_adapter(), random_heard(2, 7), make_head()
    with torch.no_grad():
        adapter.query.weight.zero_()
        adapter.no_bias.copy_(1e6 * adapter.query.bias)
    bias = adapter(heard, candidates_of(adapter, [LIST, LIST]))
    frames = heard.layers[-1]
    assert torch.equal(bias.attention[..., 0], torch.ones(2, 7))
    assert torch.equal(adapted_log_probs(frames, head, bias), log_softmax(head(frames)))


@every_shape
@settings(max_examples=15)
@given(lists=st.lists(entities, min_size=1, max_size=3), seed=st.integers(0, 9))
def test_an_utterance_does_not_see_the_lists_and_the_padding_of_others(
    options: AdapterOptions, lists: list, seed: int
) -> None:
    adapter, heard = random_adapter(options), random_heard(len(lists), 6, seed)
    padded = replace(heard, lengths=torch.full((len(lists),), 4))
    together = adapter(padded, candidates_of(adapter, lists))
    for row, own in enumerate(lists):
        alone = adapter(heard.row(row, 4), candidates_of(adapter, [own]))
        assert torch.allclose(together.added[row, :4], alone.added[0], atol=1e-5)
        n_slots = alone.attention.shape[-1]
        assert torch.allclose(together.attention[row, :4, :n_slots], alone.attention[0], atol=1e-5)
        assert not together.attention[row, :, n_slots:].any()


@every_shape
def test_the_order_of_a_list_changes_nothing(options: AdapterOptions) -> None:
    adapter, heard = random_adapter(options), random_heard(1, 6)
    order = list(range(len(LIST)))
    random.Random(3).shuffle(order)
    ours, theirs = (
        (adapter(heard, each), each)
        for each in (
            candidates_of(adapter, [LIST]),
            candidates_of(adapter, [[LIST[i] for i in order]]),
        )
    )
    assert torch.allclose(ours[0].added, theirs[0].added, atol=1e-5)
    by_entity = [attention_to_entities(*each, len(LIST)) for each in (ours, theirs)]
    moved = by_entity[0][..., [0, *(1 + i for i in order)]]
    assert torch.allclose(moved, by_entity[1], atol=1e-5)


@every_shape
def test_a_list_for_all_is_the_same_as_it_for_each(options: AdapterOptions) -> None:
    adapter, heard = random_adapter(options), random_heard(2, 6)
    shared = Candidates.all_of(adapter.embed(LIST))
    ours, theirs = adapter(heard, shared), adapter(heard, candidates_of(adapter, [LIST, LIST]))
    assert torch.allclose(ours.added, theirs.added, atol=1e-5)
    assert torch.allclose(
        attention_to_entities(ours, shared, len(LIST)).sum(-1), torch.ones(2, 6), atol=1e-4
    )


def test_some_of_a_longer_list_are_attended_to_less() -> None:
    adapter, heard = random_adapter(), random_heard(1, 6)
    rows = [(adapter.embed(LIST), torch.arange(len(LIST)))]
    alone, of_many = (
        adapter(heard, Candidates.of(rows, sizes)).attention[..., 0]
        for sizes in (None, [1000 * len(LIST)])
    )
    assert (of_many > alone).all()


@given(counts=st.lists(st.integers(1, 3), min_size=1, max_size=6), choice=st.randoms())
def test_slots_of_entities_are_their_ranges(counts: list[int], choice: random.Random) -> None:
    starts = [sum(counts[:i]) for i in range(len(counts) + 1)]
    picks = choice.sample(range(len(counts)), choice.randint(0, len(counts)))
    expected = [(slot, i) for i in picks for slot in range(starts[i], starts[i + 1])]
    places, owners = slots_of(torch.tensor(starts), torch.tensor(picks, dtype=torch.long))
    assert list(zip(places.tolist(), owners.tolist(), strict=True)) == expected


def test_an_entity_is_embedded_alike_beside_longer_ones_and_in_a_long_list() -> None:
    adapter = random_adapter()
    (alone,) = (adapter.embed([(4, 5)]),)
    many = adapter.embed([(1, 2, 3, 4, 5, 6)] * 1500 + [(4, 5)] + [(7,)] * 10)
    first, end = many.starts[1500:1502].tolist()
    assert torch.allclose(many.keys[first:end], alone.keys, atol=1e-6)
    assert torch.allclose(many.values[first:end], alone.values, atol=1e-6)
    assert many.n_entities == 1511


@given(picks=st.lists(st.integers(0, len(LIST) - 1), max_size=6), split=st.integers(0, len(LIST)))
def test_entities_taken_from_a_table_are_as_embedded_alone(picks: list[int], split: int) -> None:
    adapter = random_adapter()
    table = adapter.embed(LIST[:split]).joined(adapter.embed(LIST[split:]))
    taken = table.take(torch.tensor(picks, dtype=torch.long))
    alone = adapter.embed([LIST[i] for i in picks])
    assert taken.starts.tolist() == alone.starts.tolist()
    assert taken.tokens.tolist() == alone.tokens.tolist()
    assert torch.allclose(taken.keys, alone.keys, atol=1e-6)
    assert torch.allclose(taken.values, alone.values, atol=1e-6)


class LstmEncoder(torch.nn.Module):
    """Another kind of encoder, that gives the outputs of its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(
            torch.nn.LSTM(WIDTH, WIDTH, batch_first=True) for _ in range(N_LAYERS)
        )
        self.head = torch.nn.Linear(WIDTH, N_TOKENS)

    def forward(self, frames: torch.Tensor) -> Heard:
        outputs = []
        for layer in self.layers:
            frames = frames + layer(frames)[0]
            outputs.append(frames)
        lengths = torch.full((len(frames),), frames.shape[1])
        return Heard(outputs, log_softmax(self.head(frames)), lengths)


@every_shape
def test_beside_another_encoder_it_learns_to_raise_what_is_said_and_on_its_list(
    options: AdapterOptions,
) -> None:
    torch.manual_seed(1)
    encoder = LstmEncoder().requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    heard = encoder(torch.randn(4, 10, WIDTH))
    frames = heard.layers[-1]
    said = LIST[:4]
    targets = (torch.tensor([i for each in said for i in each]), torch.tensor(list(map(len, said))))
    lengths = torch.full((4,), 10)

    adapter = random_adapter(options)
    optimizer = torch.optim.Adam(adapter.parameters(), 0.02)

    def adapted(lists: list) -> torch.Tensor:
        bias = adapter(heard, candidates_of(adapter, lists))
        return adapted_log_probs(frames, encoder.head, bias)

    withheld = [[each for each in LIST if each != own] for own in said]
    base = heard.log_probs
    for _ in range(120):
        optimizer.zero_grad()
        away = (adapted(withheld) - base).square().mean()
        loss = ctc(adapted([LIST] * 4), lengths, *targets) + away
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        ours = ctc(adapted([LIST] * 4), lengths, *targets)
        without = ctc(adapted(withheld), lengths, *targets)
    assert ours < 0.3 * ctc(base, lengths, *targets)
    assert ours < 0.5 * without
    assert all(torch.equal(before[n], t) for n, t in encoder.state_dict().items())
