"""The training loss: CTC over subwords at the top and between, CTC over phones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.model import Encoded
from wfst_bias.acoustic.train_options import LossOptions


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


def ctc(log_probs: Tensor, lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """Return the CTC loss of log_probs (N, T, V); targets stand in one row (sum of lengths,)."""
    return torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1),
        targets.to(log_probs.device),
        lengths,
        target_lengths.to(log_probs.device),
        zero_infinity=True,
    )
