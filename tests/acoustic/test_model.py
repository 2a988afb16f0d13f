"""The model: what an utterance gets does not depend on its batch, and heads read their layers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_folders import N_TOKENS, PHONES, tiny_config

torch = pytest.importorskip("torch")

from tones import batch_of, random_features, random_model  # noqa: E402

from wfst_bias.acoustic.features import pad  # noqa: E402
from wfst_bias.acoustic.losses import losses_of  # noqa: E402
from wfst_bias.acoustic.model import CtcModel, Encoded, log_softmax  # noqa: E402
from wfst_bias.acoustic.targets import Target  # noqa: E402
from wfst_bias.acoustic.train_options import LossOptions  # noqa: E402

CONFIG = tiny_config(n_layers=3, intermediate_layers=(1, 2), phone_layer=2)
MODEL = random_model(CONFIG)
LENGTHS = st.lists(st.integers(1, 50), min_size=1, max_size=4)
SEEDS = st.integers(0, 2**31)
FEW = settings(max_examples=25)


def outputs_of(encoded: Encoded) -> list[torch.Tensor]:
    """Return every output (N, T, ...)."""
    return [
        encoded.log_probs,
        *encoded.intermediate_log_probs,
        encoded.phone_log_probs,
        *encoded.layers,
    ]


@FEW
@given(LENGTHS, st.integers(0, 12), SEEDS)
@torch.no_grad()
def test_an_utterance_gets_the_same_alone_in_a_batch_and_padded(
    lengths: list[int], padding: int, seed: int
) -> None:
    features = random_features(lengths, seed)
    padded, counts = pad(features)
    more = torch.nn.functional.pad(padded, (0, 0, 0, padding))
    together = MODEL(more, counts)
    for row, each in enumerate(features):
        alone = MODEL(each[None], torch.tensor([len(each)]))
        n_frames = -(-len(each) // 4)
        assert together.lengths[row] == alone.lengths[0] == n_frames
        for ours, own in zip(outputs_of(together), outputs_of(alone), strict=True):
            torch.testing.assert_close(ours[row, :n_frames], own[0], rtol=1e-3, atol=1e-4)


@FEW
@given(LENGTHS, SEEDS)
@torch.no_grad()
def test_probabilities_sum_to_one_and_shapes_are_those_promised(
    lengths: list[int], seed: int
) -> None:
    encoded = MODEL(*pad(random_features(lengths, seed)))
    n_frames = -(-max(lengths) // 4)
    for log_probs in (encoded.log_probs, *encoded.intermediate_log_probs):
        assert log_probs.shape == (len(lengths), n_frames, N_TOKENS)
        torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(len(lengths), n_frames))
    assert encoded.phone_log_probs.shape == (len(lengths), n_frames, len(PHONES))
    sums = encoded.phone_log_probs.exp().sum(-1)
    torch.testing.assert_close(sums, torch.ones(len(lengths), n_frames))
    assert [layer.shape for layer in encoded.layers] == [(len(lengths), n_frames, 16)] * 3


@torch.no_grad()
def test_layers_are_returned_in_their_order_each_made_of_the_one_before() -> None:
    features, lengths = pad(random_features([40]))
    encoded = MODEL(features, lengths)
    mask = torch.ones(1, 10, dtype=torch.bool)
    frames = MODEL.subsampling(features)
    for layer, returned in zip(MODEL.layers, encoded.layers, strict=True):
        frames = layer(frames, mask)
        torch.testing.assert_close(returned, frames)
    torch.testing.assert_close(encoded.log_probs, log_softmax(MODEL.head(frames)))


def layers_behind(output: torch.Tensor, model: CtcModel) -> set[int]:
    """Return the layers, counted from 1, that an output is made by."""
    model.zero_grad()
    output.square().sum().backward(retain_graph=True)
    weights = (layer.attention.project_out.weight for layer in model.layers)
    return {
        number
        for number, weight in enumerate(weights, start=1)
        if weight.grad is not None and weight.grad.any()
    }


@settings(max_examples=10)
@given(st.lists(st.integers(1, 4), max_size=3), st.integers(1, 4))
def test_heads_read_the_layers_that_the_configuration_names(
    intermediate: list[int], phone_layer: int
) -> None:
    config = tiny_config(
        n_layers=4, intermediate_layers=tuple(intermediate), phone_layer=phone_layer
    )
    model = random_model(config)
    encoded = model(*pad(random_features([16])))
    assert layers_behind(encoded.log_probs, model) == {1, 2, 3, 4}
    assert layers_behind(encoded.phone_log_probs, model) == set(range(1, phone_layer + 1))
    for layer, log_probs in zip(intermediate, encoded.intermediate_log_probs, strict=True):
        assert layers_behind(log_probs, model) == set(range(1, layer + 1))


def test_intermediate_layers_share_the_final_projection_after_a_normalization_of_their_own() -> (
    None
):
    encoded = MODEL(*pad(random_features([16])))
    for index, layer in enumerate(CONFIG.intermediate_layers):
        normalized = MODEL.intermediate_norms[index](encoded.layers[layer - 1])
        expected = log_softmax(MODEL.head(normalized))
        torch.testing.assert_close(encoded.intermediate_log_probs[index], expected)


def test_the_gradient_reaches_every_parameter() -> None:
    model = random_model(CONFIG)
    targets = [Target("a", (3, 4), (1, 2)), Target("b", (5,), (3,))]
    batch = batch_of(random_features([40, 28]), targets)
    encoded = model(batch.features, batch.lengths)
    losses_of(encoded, batch, LossOptions()).total.backward()
    unreached = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert unreached == []


def test_log_probabilities_are_float32_whatever_the_encoder_computes_in() -> None:
    if torch.__version__.startswith("1."):
        pytest.skip("torch 1 cannot normalize bfloat16 with float32 weights on a CPU")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        encoded = MODEL(*pad(random_features([16, 12])))
    for log_probs in (encoded.log_probs, *encoded.intermediate_log_probs, encoded.phone_log_probs):
        assert log_probs.dtype == torch.float32
        sums = log_probs.exp().sum(-1)
        torch.testing.assert_close(sums, torch.ones_like(sums))


def test_the_names_of_the_weights_stay_since_committed_models_have_them() -> None:
    names = {name.replace("layers.0.", "layers.N.", 1) for name in MODEL.state_dict()}
    heads = {"head.weight", "phone_head.0.weight", "phone_head.1.bias"}
    assert heads | {"intermediate_norms.0.weight", "subsampling.convolutions.2.weight"} <= names
    assert {"subsampling.project.weight", "layers.N.attention.project_in.weight"} <= names
    assert {"layers.N.convolution.batch_norm.running_var", "layers.N.norm.bias"} <= names
