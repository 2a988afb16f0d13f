"""Utterances of tones, a pitch for each word, and what training needs beside them, so that a test
states only what varies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from model_folders import PHONES, RATE, Samples, write_audio  # skips where packages are missing

# isort: split
import torch
from lhotse import CutSet, MonoCut, Recording, SupervisionSegment
from torch import Tensor

from wfst_bias.acoustic.batches import Batch
from wfst_bias.acoustic.config import ModelConfig
from wfst_bias.acoustic.features import pad
from wfst_bias.acoustic.model import CtcModel, Encoded
from wfst_bias.acoustic.subwords import Subwords
from wfst_bias.acoustic.targets import Target, targets_of
from wfst_bias.acoustic.train import Materials
from wfst_bias.acoustic.train_options import TrainOptions
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable

PITCHES = {"anna": 300, "said": 550, "yes": 900, "no": 1400, "we": 2200, "met": 3500}  # Hz
LEXICON = PhoneLexicon({word: (("AA", "B", "K")[i % 3 :],) for i, word in enumerate(PITCHES)})
PHONE_TABLE = PhoneTable(PHONES)
TEXTS = ("anna said yes", "we met", "anna said no", "no", "we said yes", "anna met")
WORD_SECONDS = 0.3


def tones(text: str) -> Samples:
    """Return samples in which each word is a tone."""
    time = np.arange(round(WORD_SECONDS * RATE)) / RATE
    shape = 0.3 * np.sin(np.pi * time / WORD_SECONDS)
    parts = [shape * np.sin(2 * np.pi * PITCHES[word] * time) for word in text.split()]
    hiss = 1e-3 * np.random.default_rng(len(text)).normal(size=len(parts) * len(time))
    return (np.concatenate(parts) + hiss).astype(np.float32)


def write_utterances(folder: Path, texts: Sequence[str] = TEXTS) -> CutSet:
    """Write audio of texts and return its cuts, `tone-0` and so on."""
    cuts = []
    for number, text in enumerate(texts):
        name = f"tone-{number}"
        path = write_audio(folder / f"{name}.wav", tones(text), subtype="FLOAT")
        cuts.append(cut_of(Recording.from_file(path, recording_id=name), text))
    return CutSet.from_cuts(cuts)


def cut_of(recording: Recording, text: str | None) -> MonoCut:
    """Return a whole recording as a cut with a transcript."""
    supervision = SupervisionSegment(recording.id, recording.id, 0.0, recording.duration, text=text)
    return replace(recording.to_cut(), id=recording.id, supervisions=[supervision])


def silent_cuts(durations: Iterable[float]) -> CutSet:
    """Return cuts that have a duration and nothing else."""
    return CutSet.from_cuts(
        MonoCut(id=f"cut-{i}", start=0.0, duration=duration, channel=0)
        for i, duration in enumerate(durations)
    )


def materials_of(train: CutSet, dev: CutSet, subwords: Subwords) -> Materials:
    """Return what a model is trained on, of cuts with the words that have a pitch."""
    targets = targets_of([*train, *dev], subwords, LEXICON, PHONE_TABLE)
    return Materials(train, dev, targets, subwords.token_table())


def train_options(**changes: object) -> TrainOptions:
    """Return options of a run of two epochs: five batches of tones, then two."""
    options = TrainOptions(
        epochs=2, max_duration=3.0, short_seconds=10.0, flat_steps=2, warmup_steps=3,
        checkpoint_every=2, averaged=3, workers=0,
    )  # fmt: skip
    return replace(options, **changes)  # type: ignore[arg-type]


def random_model(config: ModelConfig, seed: int = 0) -> CtcModel:
    """Return a model with random weights and statistics, in eval mode."""
    torch.manual_seed(seed)
    model = CtcModel(config)
    for name, buffer in model.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.uniform_(0.5, 1.5)
    return model.eval()


def random_features(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    """Return features (T, 80) of utterances with so many frames."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(length, 80, generator=generator) for length in lengths]


def batch_of(features: Sequence[Tensor], targets: Sequence[Target]) -> Batch:
    """Return utterances as a batch."""
    padded, lengths = pad(features)
    return Batch(padded, lengths, tuple(targets), duration_seconds=float(lengths.sum()) / 100)


def encoded_of(
    log_probs: Tensor, phone_log_probs: Tensor, lengths: Sequence[int], *between: Tensor
) -> Encoded:
    """Return what a model would have made of a batch, had it made these log-probabilities."""
    return Encoded(log_probs, between, phone_log_probs, (), torch.tensor(lengths))
