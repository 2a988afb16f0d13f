"""What an adapter gains, as rates, and as it is measured."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lhotse")

from adapters import SHAPES, random_adapter  # noqa: E402
from model_folders import N_TOKENS  # noqa: E402
from tones import batch_of, random_features  # noqa: E402

from wfst_bias.acoustic.evaluate import head_errors  # noqa: E402
from wfst_bias.acoustic.recognizer import Recognizer  # noqa: E402
from wfst_bias.adapter.config import AdapterConfig  # noqa: E402
from wfst_bias.adapter.draws import fixed_lists  # noqa: E402
from wfst_bias.adapter.evaluate import Counts, Gain, measure_gain  # noqa: E402
from wfst_bias.adapter.module import Adapter  # noqa: E402
from wfst_bias.adapter.utterances import EntityTarget  # noqa: E402
from wfst_bias.entities.spelling import Speller  # noqa: E402
from wfst_bias.score.entity_score import EntityCounts  # noqa: E402
from wfst_bias.score.wer import ErrorCounts  # noqa: E402


def test_rates_of_nothing_are_left_out() -> None:
    assert Gain().rates() == {}
    adapted = Counts(ErrorCounts(1, 0, 1, 10), EntityCounts(3, 1, 0))
    gain = Gain(adapted, Counts(ErrorCounts(5, 0, 0, 10), EntityCounts(0, 4, 0)))
    assert (gain + gain).rates() == {
        "wer": 0.2, "f1": 6 / 7, "precision": 1.0, "recall": 0.75,
        "base_wer": 0.5, "base_f1": 0.0, "base_recall": 0.0,
    }  # fmt: skip


def test_the_base_is_measured_as_it_is_without_an_adapter(recognizer: Recognizer) -> None:
    targets = [EntityTarget("anna said yes", (1,), (1,), ("anna",)), EntityTarget("no", (1,), (1,))]
    batch = batch_of(random_features([90, 50]), targets)
    speller = Speller(recognizer.tokens)
    model, tokens = recognizer.model, recognizer.tokens

    def gain_of(adapter: Adapter) -> Gain:
        lists = fixed_lists(targets, ["kim", "sol", "anna"], 2, speller)
        return measure_gain(model, adapter, [batch], lambda each: lists, tokens)

    options, layers = SHAPES[0], (1, 2)
    untrained = gain_of(Adapter(AdapterConfig(N_TOKENS, model.config.width, layers, options)))
    assert untrained.adapted == untrained.base
    other = gain_of(random_adapter(options, n_tokens=N_TOKENS, layers=layers))
    assert other.base == untrained.base
    assert other.adapted != other.base
    words = head_errors(model, [batch], tokens).words
    assert words == (other.base.words.errors, other.base.words.reference_words)
