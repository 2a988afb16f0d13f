"""Small adapters and what they are tried on, so that a test states only what varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from wfst_bias.adapter.config import AdapterConfig, AdapterOptions  # noqa: E402
from wfst_bias.adapter.module import Adapter, Candidates  # noqa: E402

N_TOKENS, WIDTH, N_LAYERS = 12, 16, 3
SHAPES = [
    AdapterOptions(entity_encoder=encoder, slots=slots, entity_width=8, attention_width=8)
    for encoder in ("lstm", "mean")
    for slots in ("subwords", "entity")
]
SAID = {"anna said yes": ["anna"], "we met": ["we met"], "no": []}


def random_adapter(options: AdapterOptions = SHAPES[0], seed: int = 0, **config: Any) -> Adapter:
    """Return an adapter of random weights that adds something, in eval mode."""
    torch.manual_seed(seed)
    shape = {"n_tokens": N_TOKENS, "model_width": WIDTH, "layers": (1, N_LAYERS), **config}
    adapter = Adapter(AdapterConfig(options=options, **shape))
    torch.nn.init.normal_(adapter.project_out.weight)
    return adapter.eval()


def random_layers(n: int, n_frames: int, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, n_frames, WIDTH, generator=generator) for _ in range(N_LAYERS)]


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
