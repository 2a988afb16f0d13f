"""Greedy decoding on planted log-probabilities, and the errors of each head."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_folders import PHONES, tiny_config

torch = pytest.importorskip("torch")

from tones import batch_of, encoded_of, random_features  # noqa: E402

from wfst_bias.acoustic.batches import Batch  # noqa: E402
from wfst_bias.acoustic.evaluate import greedy, head_errors, words_of  # noqa: E402
from wfst_bias.acoustic.model import CtcModel, Encoded  # noqa: E402
from wfst_bias.acoustic.subwords import Subwords  # noqa: E402
from wfst_bias.acoustic.targets import Target  # noqa: E402

IDS = st.lists(st.integers(0, 4), max_size=12)


def planted(rows: list[list[int]], size: int) -> torch.Tensor:
    """Return log-probabilities (N, T, V) with the ids as the best of their frames."""
    longest = max(map(len, rows), default=0)
    log_probs = torch.full((len(rows), longest, size), -5.0)
    for n, row in enumerate(rows):
        log_probs[n, torch.arange(len(row)), torch.tensor(row, dtype=torch.long)] = -0.1
        log_probs[n, len(row) :, size - 1] = 0.0  # past its end an utterance says something
    return log_probs


@given(st.lists(IDS, min_size=1, max_size=4))
def test_repeats_and_blanks_and_what_is_past_the_end_are_dropped(rows: list[list[int]]) -> None:
    lengths = torch.tensor([len(row) for row in rows])
    expected = [[i for i, _ in itertools.groupby(row) if i] for row in rows]
    assert greedy(planted(rows, 6), lengths) == expected


def test_pieces_are_joined_to_words(subwords: Subwords) -> None:
    table = subwords.token_table()
    assert words_of(subwords.encode("anna said yes to"), table) == ["anna", "said", "yes", "to"]
    assert words_of(subwords.encode("anna")[1:], table) != ["anna"]
    assert words_of([], table) == []


class Speaking(CtcModel):
    """A model that says the same to every batch: its own tokens and phones."""

    def __init__(self, finals, between, phones) -> None:
        super().__init__(tiny_config())
        self.said = finals, between, phones

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> Encoded:
        finals, between, phones = self.said
        longest = max(map(len, (*finals, *between, *phones)))
        rows = [[row + [0] * (longest - len(row)) for row in each] for each in self.said]
        sizes = (self.config.n_tokens, self.config.n_tokens, len(PHONES))
        final, middle, phone = (planted(each, size) for each, size in zip(rows, sizes, strict=True))
        return encoded_of(final, phone, [longest] * len(finals), middle)


def separated(ids) -> list[int]:
    """Put a blank after each id, so that one said twice is heard twice."""
    return [each for i in ids for each in (i, 0)]


def batch(texts: list[str], subwords: Subwords) -> Batch:
    targets = [Target(text, tuple(subwords.encode(text)), (1, 2, 2)) for text in texts]
    return batch_of(random_features([8] * len(texts)), targets)


def test_errors_are_counted_for_each_head_over_all_batches(subwords: Subwords) -> None:
    def said(*texts: str) -> list[list[int]]:
        return [separated(subwords.encode(text)) for text in texts]

    model = Speaking(
        said("anna said yes", "we met"),
        said("anna said no no", ""),
        [separated([1, 2, 2]), separated([1, 3])],
    )
    model.train()
    batches = [batch(["anna said yes", "we met sol"], subwords), batch(["no", "we met"], subwords)]
    errors = head_errors(model, iter(batches), subwords.token_table())
    # First batch: one word lacks. Second: three words for one, a substitution and two insertions.
    assert errors.words == (1 + 3, 6 + 3)
    assert errors.intermediate_words == ((2 + 3 + 3 + 2, 6 + 3),)
    assert errors.phones == (2 * (0 + 2), 12)
    assert not model.training


def test_nothing_to_test_on_has_no_rate(subwords: Subwords) -> None:
    errors = head_errors(CtcModel(tiny_config()), [], subwords.token_table())
    assert errors.words == (0, 0)
    assert errors.words.value != errors.words.value
