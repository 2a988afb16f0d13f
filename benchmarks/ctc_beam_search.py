"""pyctcdecode with the same LM and lists."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyctcdecode.decoder import build_ctcdecoder

from wfst_bias.lm.arpa import read_arpa
from wfst_bias.tokens import WORD_MARK, TokenTable


@dataclass(frozen=True)
class BeamSearchOptions:
    """Choose how the peer decodes: its own defaults, and the hotword weight that suits it best."""

    alpha: float = 0.5
    beta: float = 1.5
    beam_width: int = 50
    hotword_weight: float = 10.0


class CtcBeamSearch:
    """Decode with pyctcdecode and an ARPA read by KenLM."""

    def __init__(
        self, tokens: TokenTable, lm: Path, options: BeamSearchOptions | None = None
    ) -> None:
        self.options = options or BeamSearchOptions()
        logging.getLogger("pyctcdecode").setLevel(logging.ERROR)
        labels = [" " if symbol == WORD_MARK else symbol for symbol in tokens.symbols]
        labels[tokens.blank_id] = ""
        self.decoder = build_ctcdecoder(
            labels,
            kenlm_model_path=str(lm),
            unigrams=[word for word in read_arpa(lm).words if not word.startswith("<")],
            alpha=self.options.alpha,
            beta=self.options.beta,
        )

    def decode(
        self, log_probs: Mapping[str, NDArray[np.float32]], lists: Mapping[str, Sequence[str]]
    ) -> dict[str, str]:
        """Return the text of each utterance, decoded with its own list."""
        return {
            name: self.decoder.decode(
                values.astype(np.float64),
                beam_width=self.options.beam_width,
                hotwords=lists[name],
                hotword_weight=self.options.hotword_weight,
            )
            for name, values in log_probs.items()
        }
