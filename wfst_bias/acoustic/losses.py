"""The training losses.

losses_of   CTC over subwords at the top and between, CTC over phones
flat_start  cross-entropy of the phone head with phones spread evenly over time
ctc         one CTC loss

CTC from random weights lingers where every frame says blank, for thousands of small batches. A
flat start, as Kaldi's monophone training has it, ends that in a few hundred steps: phones laid out
evenly are roughly in the right place, and what is learnt from them, CTC sharpens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.model import Encoded
from wfst_bias.acoustic.train_options import LossOptions

_NOTHING = -100  # where nothing is expected of a frame
_MARGIN = 5  # frames at either end


@dataclass(frozen=True)
class Losses:
    """The parts of the loss of a batch, in nats a target token, averaged over utterances."""

    total: Tensor
    final: Tensor
    intermediate: Tensor
    phones: Tensor


def losses_of(encoded: Encoded, batch: Batch, options: LossOptions) -> Losses:
    """Return the losses of a batch; an utterance too short for its transcript counts nothing."""
    tokens, phones = batch.tokens(), batch.phones()
    final = ctc(encoded.log_probs, encoded.lengths, *tokens)
    between = [ctc(each, encoded.lengths, *tokens) for each in encoded.intermediate_log_probs]
    intermediate = torch.stack(between).mean() if between else final
    phone = ctc(encoded.phone_log_probs, encoded.lengths, *phones)
    weight = options.intermediate_weight
    subwords = (1 - weight) * final + weight * intermediate
    return Losses(subwords + options.phone_weight * phone, final, intermediate, phone)


def flat_start(encoded: Encoded, batch: Batch) -> Tensor:
    """Return the cross-entropy of the phone head with each utterance's phones, evenly spread.

    The first and last fifth of a second, mostly silence, say nothing.
    """
    expected = torch.full(encoded.phone_log_probs.shape[:2], _NOTHING)
    for row, length, target in zip(expected, encoded.lengths.tolist(), batch.targets, strict=True):
        inner = row[_MARGIN : max(_MARGIN, length - _MARGIN)]  # a view
        if len(inner) and target.phones:
            places = torch.arange(len(inner)) * len(target.phones) // len(inner)
            inner[:] = torch.tensor(target.phones)[places]
    loss = torch.nn.functional.nll_loss(
        encoded.phone_log_probs.flatten(0, 1),
        expected.flatten().to(encoded.phone_log_probs.device),
        ignore_index=_NOTHING,
        reduction="sum",
    )
    return loss / max(1, int((expected != _NOTHING).sum()))  # none of short ones only


def ctc(log_probs: Tensor, lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """Return the CTC loss of log_probs (N, T, V); targets stand in one row (sum of lengths,)."""
    return torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1),
        targets.to(log_probs.device),
        lengths,
        target_lengths.to(log_probs.device),
        zero_infinity=True,
    )
