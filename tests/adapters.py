"""Small adapters and what they are tried on, so that a test states only what varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from wfst_bias.adapter.config import AdapterConfig, AdapterOptions  # noqa: E402
from wfst_bias.adapter.module import Adapter, Candidates  # noqa: E402

N_TOKENS, WIDTH, N_LAYERS = 12, 16, 3
SHAPES = [
    AdapterOptions(entity_encoder=encoder, entity_width=8, attention_width=8)
    for encoder in ("lstm", "mean")
]
SAID = {"anna said yes": ["anna"], "we met": ["we met"], "no": []}


def random_adapter(options: AdapterOptions = SHAPES[0], seed: int = 0, **config: Any) -> Adapter:
    """Return an adapter of random weights that finds entities anywhere, in eval mode."""
    torch.manual_seed(seed)
    shape = {"n_tokens": N_TOKENS, "model_width": WIDTH, "layers": (1, N_LAYERS), **config}
    adapter = Adapter(AdapterConfig(options=options, **shape))
    torch.nn.init.normal_(adapter.project_out.weight)
    torch.nn.init.zeros_(adapter.heard_weight)
    torch.nn.init.constant_(adapter.entry, 5.0)
    return adapter.eval()


@dataclass(frozen=True)
class Heard:
    """What some model makes of a batch."""

    layers: Sequence[Tensor]
    log_probs: Tensor
    lengths: Tensor

    def row(self, n: int, n_frames: int) -> Heard:
        """Return the first frames of one utterance."""
        layers = [layer[n : n + 1, :n_frames] for layer in self.layers]
        return Heard(layers, self.log_probs[n : n + 1, :n_frames], torch.tensor([n_frames]))


def random_heard(n: int, n_frames: int, seed: int = 0) -> Heard:
    generator = torch.Generator().manual_seed(seed)
    layers = [torch.randn(n, n_frames, WIDTH, generator=generator) for _ in range(N_LAYERS)]
    logits = torch.randn(n, n_frames, N_TOKENS, generator=generator)
    return Heard(layers, logits.log_softmax(-1), torch.full((n,), n_frames))


def candidates_of(adapter: Adapter, lists: Sequence[Sequence[Sequence[int]]]) -> Candidates:
    """Return the candidates of a batch whose utterances have these lists of token ids."""
    rows = [(adapter.embed(each), torch.arange(len(each))) for each in lists]
    return Candidates.of(rows)


def adapter_materials(cuts: Any, model_folder: Path) -> Any:
    """Return what an adapter is trained on, of cuts of tones, some of which get entities."""
    from lhotse import CutSet

    from wfst_bias.acoustic.subwords import MODEL_FILE, TOKENS_FILE, Subwords
    from wfst_bias.acoustic.training_run import Materials
    from wfst_bias.adapter.utterances import entity_targets_of
    from wfst_bias.tokens import TokenTable

    train = CutSet.from_cuts(map(with_entities, cuts))
    dev = train.subset(first=3)
    subwords = Subwords.read(model_folder / MODEL_FILE)
    targets = entity_targets_of(train, dev, subwords, rare_count=2)
    return Materials(train, dev, targets, TokenTable.read(model_folder / TOKENS_FILE))


def with_entities(cut: Any) -> Any:
    """Return a cut whose supervision names its entities."""
    (supervision,) = cut.supervisions
    entities = [{"text": phrase, "kind": "name"} for phrase in SAID.get(supervision.text, [])]
    named = replace(supervision, custom={"entities": entities})
    return replace(cut, supervisions=[named])
