"""Error rates of a model's heads by greedy decoding: words for subwords, phones for phones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import kaldialign
import torch
from torch import Tensor

from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.model import CtcModel, Encoded
from wfst_bias.score.fraction import Fraction
from wfst_bias.tokens import WORD_MARK, TokenTable


@dataclass(frozen=True)
class HeadErrors:
    """Errors over reference units, of each head."""

    words: Fraction  # of the final head
    intermediate_words: tuple[Fraction, ...]  # of the heads at the intermediate layers
    phones: Fraction


@torch.no_grad()
def head_errors(model: CtcModel, batches: Iterable[Batch], tokens: TokenTable) -> HeadErrors:
    """Decode batches greedily with a model, which it leaves in eval mode, and count errors."""
    device = next(model.parameters()).device
    model.eval()
    counts = [Fraction(0, 0)] * (2 + len(model.config.intermediate_layers))
    for batch in batches:
        encoded = model(batch.features.to(device), batch.lengths.to(device))
        counts = [_sum(a, b) for a, b in zip(counts, _errors(encoded, batch, tokens), strict=True)]
    return HeadErrors(counts[0], tuple(counts[2:]), counts[1])


def greedy(log_probs: Tensor, lengths: Tensor) -> list[list[int]]:
    """Return the best id of each frame of (N, T, V), without repeats and blanks (0)."""
    best = log_probs.argmax(dim=-1).cpu()
    rows = (row[:length].unique_consecutive() for row, length in zip(best, lengths, strict=True))
    return [[i for i in row.tolist() if i] for row in rows]


def words_of(ids: Sequence[int], tokens: TokenTable) -> list[str]:
    """Join subwords to words."""
    return "".join(tokens.symbols[i] for i in ids).replace(WORD_MARK, " ").split()


def _errors(encoded: Encoded, batch: Batch, tokens: TokenTable) -> list[Fraction]:
    lengths = encoded.lengths.cpu()
    words = [target.text.split() for target in batch.targets]
    phones = [list(map(str, target.phones)) for target in batch.targets]
    heard = [list(map(str, row)) for row in greedy(encoded.phone_log_probs, lengths)]
    counts = []
    for log_probs in (encoded.log_probs, *encoded.intermediate_log_probs):
        written = [words_of(row, tokens) for row in greedy(log_probs, lengths)]
        counts.append(_edits(words, written))
    return [counts[0], _edits(phones, heard), *counts[1:]]


def _edits(references: Sequence[list[str]], hypotheses: Sequence[list[str]]) -> Fraction:
    pairs = list(zip(references, hypotheses, strict=True))
    edits = sum(kaldialign.edit_distance(ref, hyp)["total"] for ref, hyp in pairs)
    return Fraction(edits, sum(len(ref) for ref, _ in pairs))


def _sum(a: Fraction, b: Fraction) -> Fraction:
    return Fraction(a.numerator + b.numerator, a.denominator + b.denominator)
