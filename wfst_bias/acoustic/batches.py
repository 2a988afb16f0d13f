"""Cuts to batches: which utterances go together, and their features and targets as tensors."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from wfst_bias.acoustic.features import SAMPLE_RATE, log_mel, normalize, pad
from wfst_bias.acoustic.targets import Target

logger = logging.getLogger(__name__)

SPREAD = 0.1  # how much longer one cut of a batch may be than another, as a share


@dataclass(frozen=True)
class Batch:
    """Utterances to learn from or to be tested on: N of them, at most T feature frames."""

    features: Tensor  # (N, T, F), normalized
    lengths: Tensor  # (N,), feature frames
    targets: tuple[Target, ...]  # N
    duration_seconds: float

    def tokens(self) -> tuple[Tensor, Tensor]:
        """Return the token ids of all utterances in one row (S,), and how many each has (N,)."""
        return _in_a_row([target.tokens for target in self.targets])

    def phones(self) -> tuple[Tensor, Tensor]:
        """Return the phone ids of all utterances in one row (S,), and how many each has (N,)."""
        return _in_a_row([target.phones for target in self.targets])


def epoch_of_batches(
    cuts: Any, max_duration_seconds: float, seed: int, epoch: int, shuffle: bool = True
) -> list[Any]:
    """Divide a CutSet into CutSets of at most so many seconds, alike in duration.

    A cut longer than that is alone.
    The same seed and epoch give the same batches in the same order, so that a run that was cut
    off goes on where it stopped.
    """
    order = random.Random(f"{seed} {epoch}")
    # Alike, not equal: which cuts meet in a batch differs from epoch to epoch.
    alike = sorted(cuts, key=lambda cut: cut.duration * order.uniform(1.0, 1.0 + SPREAD))
    batches = list(_divide(alike, max_duration_seconds))
    if shuffle:
        order.shuffle(batches)
    return batches


def _divide(cuts: Sequence[Any], max_duration_seconds: float) -> Iterator[Any]:
    from lhotse import CutSet
    from lhotse.dataset.sampling.dynamic import DurationBatcher

    for batch in DurationBatcher(cuts, max_duration=max_duration_seconds):
        # Lhotse sees only afterwards that the last cut was longer than the others.
        if len(batch) > 1 and sum(cut.duration for cut in batch) > max_duration_seconds:
            *fitting, last = batch
            yield from (CutSet.from_cuts(fitting), CutSet.from_cuts([last]))
        else:
            yield batch


def load_batches(
    batches: Sequence[Any], targets: Mapping[str, Target], n_workers: int = 1
) -> Iterator[Batch | None]:
    """Read the sound of batches, a few ahead of use, in their order.

    A cut that cannot be read is left out, with a warning; None stands for a batch without any
    other.
    """
    return iter(
        DataLoader(
            _Sound(batches, targets),
            batch_size=None,
            shuffle=False,
            num_workers=n_workers,
            worker_init_fn=_use_one_thread,
        )
    )


def _use_one_thread(worker: int) -> None:
    torch.set_num_threads(1)


class _Sound(Dataset[Batch | None]):
    def __init__(self, batches: Sequence[Any], targets: Mapping[str, Target]) -> None:
        self.batches = batches
        self.targets = targets

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch | None:
        read = [(cut, _features(cut)) for cut in self.batches[index]]
        whole = [(cut, features) for cut, features in read if features is not None]
        if not whole:
            return None
        features, lengths = pad([features for _, features in whole])
        return Batch(
            features=features,
            lengths=lengths,
            targets=tuple(self.targets[cut.id] for cut, _ in whole),
            duration_seconds=sum(cut.duration for cut, _ in whole),
        )


def _features(cut: Any) -> Tensor | None:
    """Return normalized features, or None, with a warning, for sound that cannot be read."""
    try:
        samples = cut.resample(SAMPLE_RATE).load_audio()  # (channels, S)
        features = normalize(log_mel(samples.mean(axis=0)))
        if not torch.isfinite(features).all():
            raise ValueError("samples that are no numbers")
        return features
    except Exception as error:  # whatever a broken file makes the reader raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        logger.warning("cut %s is left out: %s", cut.id, reason)
        return None


def _in_a_row(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    row = [i for sequence in sequences for i in sequence]
    return torch.tensor(row, dtype=torch.long), torch.tensor([len(s) for s in sequences])
