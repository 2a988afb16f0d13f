"""The loss: equal to a sum over all alignments, and how its parts are weighed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from tones import batch_of, encoded_of  # noqa: E402

from wfst_bias.acoustic.losses import ctc, flat_start, losses_of  # noqa: E402
from wfst_bias.acoustic.targets import Target  # noqa: E402
from wfst_bias.acoustic.train_options import LossOptions  # noqa: E402

TOKENS = st.lists(st.integers(1, 2), max_size=3)
SEEDS = st.integers(0, 2**31)


def random_log_probs(n_utterances: int, n_frames: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_utterances, n_frames, 3, generator=generator).log_softmax(-1)


def collapse(path: Sequence[int]) -> list[int]:
    return [token for token, _ in itertools.groupby(path) if token]


def probability_by_hand(log_probs: torch.Tensor, tokens: list[int]) -> float:
    """Sum the probabilities of all paths through (T, 3) that say the tokens."""
    rows = log_probs.tolist()
    paths = itertools.product(range(3), repeat=len(rows))
    return sum(
        math.exp(sum(row[token] for row, token in zip(rows, path, strict=True)))
        for path in paths
        if collapse(path) == tokens
    )


@given(st.lists(st.tuples(st.integers(1, 5), TOKENS), min_size=1, max_size=3), SEEDS)
def test_ctc_is_the_sum_over_all_alignments(
    utterances: list[tuple[int, list[int]]], seed: int
) -> None:
    lengths, targets = zip(*utterances, strict=True)
    log_probs = random_log_probs(len(lengths), max(lengths), seed)
    expected = 0.0
    for row, length, tokens in zip(log_probs, lengths, targets, strict=True):
        probability = probability_by_hand(row[:length], tokens)
        if probability > 0:
            expected -= math.log(probability) / max(1, len(tokens)) / len(lengths)
    in_a_row = torch.tensor([i for tokens in targets for i in tokens], dtype=torch.long)
    counts = torch.tensor([len(tokens) for tokens in targets])
    loss = ctc(log_probs, torch.tensor(lengths), in_a_row, counts)
    assert float(loss) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_an_utterance_too_short_for_its_transcript_counts_nothing_and_teaches_nothing() -> None:
    log_probs = random_log_probs(2, 4, 0).requires_grad_()
    lengths = torch.tensor([2, 4])
    # A token said twice needs a blank between.
    targets, counts = torch.tensor([1, 1, 2]), torch.tensor([2, 1])
    loss = ctc(log_probs, lengths, targets, counts)
    alone = ctc(log_probs[1:], lengths[1:], targets[2:], counts[1:])
    assert loss.item() == pytest.approx(alone.item() / 2)
    loss.backward()
    assert log_probs.grad is not None
    assert not log_probs.grad[0].any()
    assert torch.isfinite(log_probs.grad).all()


WEIGHTS = st.floats(0, 1)


@settings(max_examples=30)
@given(WEIGHTS, WEIGHTS, st.integers(0, 3), SEEDS)
def test_the_parts_are_weighed_as_the_options_say(
    intermediate_weight: float, phone_weight: float, n_intermediate: int, seed: int
) -> None:
    final, phones, *between = (random_log_probs(2, 6, seed + i) for i in range(2 + n_intermediate))
    lengths = [6, 4]
    batch = batch_of(
        [torch.zeros(24, 80), torch.zeros(16, 80)],
        [Target("x", (1, 2), (2, 2, 1)), Target("y", (2,), (1,))],
    )
    options = LossOptions(intermediate_weight, phone_weight)
    losses = losses_of(encoded_of(final, phones, lengths, *between), batch, options)
    counts = torch.tensor(lengths)
    assert float(losses.final) == pytest.approx(float(ctc(final, counts, *batch.tokens())))
    assert float(losses.phones) == pytest.approx(float(ctc(phones, counts, *batch.phones())))
    each = [float(ctc(log_probs, counts, *batch.tokens())) for log_probs in between or [final]]
    assert float(losses.intermediate) == pytest.approx(sum(each) / len(each))
    expected = (1 - intermediate_weight) * float(losses.final)
    expected += intermediate_weight * float(losses.intermediate)
    expected += phone_weight * float(losses.phones)
    assert float(losses.total) == pytest.approx(expected)


MARGIN = 5  # frames


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 40), TOKENS.filter(bool)), min_size=1, max_size=3), SEEDS)
def test_a_flat_start_spreads_phones_evenly_between_the_margins(
    utterances: list[tuple[int, list[int]]], seed: int
) -> None:
    lengths, phones = zip(*utterances, strict=True)
    log_probs = random_log_probs(len(lengths), max(lengths), seed)
    batch = batch_of(
        [torch.zeros(4 * length, 80) for length in lengths],
        [Target("x", (1,), tuple(each)) for each in phones],
    )
    surprises = []
    for row, length, each in zip(log_probs, lengths, phones, strict=True):
        n_inner = max(0, length - 2 * MARGIN)
        for place in range(n_inner):
            expected = each[place * len(each) // n_inner]
            surprises.append(-float(row[MARGIN + place, expected]))
    loss = flat_start(encoded_of(log_probs, log_probs, lengths), batch)
    assert float(loss) == pytest.approx(sum(surprises) / max(1, len(surprises)), rel=1e-4)
