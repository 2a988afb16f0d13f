"""A tiny acoustic model with random weights, and audio for it, so that a test states only what
varies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

for _package in ("torch", "lhotse", "soundfile", "sentencepiece"):
    pytest.importorskip(_package, reason="audio is an optional extra: wfst-bias[decode,audio]")

import soundfile  # noqa: E402
import torch  # noqa: E402

from wfst_bias.acoustic.checkpoints import save_model  # noqa: E402
from wfst_bias.acoustic.config import ModelConfig  # noqa: E402
from wfst_bias.acoustic.model import CtcModel  # noqa: E402
from wfst_bias.acoustic.model_folder import LM_FILE, OPTIONS_FILE  # noqa: E402
from wfst_bias.acoustic.subwords import learn_subwords  # noqa: E402
from wfst_bias.lm.arpa import write_arpa  # noqa: E402
from wfst_bias.lm.estimate import LmOptions, estimate_lm  # noqa: E402
from wfst_bias.phones.lexicon import PhoneTable  # noqa: E402

N_TOKENS = 40
PHONES = ("<blk>", "AA", "B", "K")
RATE = 16_000
SURENESS, BLANK_BIAS = 20.0, 12.0  # of the head's weights
SEARCH = "[search]\nsearch_beam = 8.0\noutput_beam = 3.0\nmax_active_states = 500\n"
SENTENCES = (
    "anna said yes to the little boat",
    "anna said no to the big boat",
    "we met sol and kim at the lake",
    "they met the others at the lake",
)

Samples = NDArray[np.float32]


def tiny_config(**changes: object) -> ModelConfig:
    """Return the shape of a model of 2 layers."""
    shape: dict[str, object] = {
        "n_tokens": N_TOKENS, "n_phones": len(PHONES), "n_layers": 2, "width": 16, "n_heads": 2,
        "kernel_frames": 5, "subsampling_channels": 4, "intermediate_layers": (1,),
        "phone_layer": 2,
    }  # fmt: skip
    return ModelConfig(**{**shape, **changes})  # type: ignore[arg-type]


def write_model(folder: Path, config: ModelConfig | None = None) -> Path:
    """Write a model's folder with a language model; its weights are random, but always the same.

    It is sure of what it hears and its options are those of a narrow search: one among equals would
    take long.
    """
    config = config or tiny_config()
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    weights = CtcModel(config).state_dict()
    weights["head.weight"] *= SURENESS
    weights["head.bias"][0] += BLANK_BIAS
    save_model(folder, config, weights)
    learn_subwords(SENTENCES, config.n_tokens, folder)
    PhoneTable(PHONES).write(folder / "phones.txt")
    options = LmOptions(order=2, min_word_count=2, min_counts=(1,))
    write_arpa(estimate_lm(SENTENCES, options), folder / LM_FILE)
    (folder / OPTIONS_FILE).write_text(SEARCH)
    return folder


def noise(seconds: float, seed: int = 0, rate: int = RATE) -> Samples:
    """Return samples in which every second sounds different."""
    rng = np.random.default_rng(seed)
    n_samples = round(seconds * rate)
    loudness = np.repeat(rng.uniform(0.01, 0.3, size=n_samples // (rate // 4) + 1), rate // 4)
    return (rng.normal(size=n_samples) * loudness[:n_samples]).astype(np.float32)


def write_audio(path: Path, samples: Samples, rate: int = RATE, **form: str) -> Path:
    """Write audio in the format of the suffix, or in another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **form)
    return path
