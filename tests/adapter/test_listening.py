"""A recognizer with an adapter and lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from adapters import SHAPES, random_adapter
from model_folders import N_TOKENS, noise  # skips where packages are missing

import wfst_bias.adapter.listening as listening
from wfst_bias.acoustic.encode import encode
from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.acoustic.sounds import sound_of_samples
from wfst_bias.adapter.adapter_folder import save_adapter, weights_digest
from wfst_bias.adapter.listening import AdaptedRecognizer
from wfst_bias.entities.entity_list import EntityList, entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError

RECORDINGS = [noise(seconds, seed) for seed, seconds in enumerate((1.0, 2.3, 0.6))]
NAMES = ["a", "b", "c"]
LONG = 30.0  # seconds: in two windows


@pytest.fixture
def adapted(recognizer: Recognizer) -> AdaptedRecognizer:
    adapter = random_adapter(SHAPES[0], n_tokens=N_TOKENS, layers=(1, 2))
    return AdaptedRecognizer(recognizer, adapter)


def listed(recognizer: Recognizer, *phrases: str) -> EntityList:
    return entities_from_strings(phrases, Normalizer(recognizer.tokens))


def differ(ours, theirs) -> float:
    return float(np.abs(ours.log_probs - theirs.log_probs).max())


def test_without_a_list_it_hears_what_its_model_does_to_the_bit(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    base = recognizer.hear(RECORDINGS)
    for other in (adapted, adapted.listening_for(EntityList())):
        for ours, theirs in zip(other.hear(RECORDINGS, NAMES), base, strict=True):
            assert np.array_equal(ours.log_probs, theirs.log_probs)
            assert np.array_equal(ours.phone_log_probs, theirs.phone_log_probs)


def test_each_utterance_has_its_own_list_or_that_of_all(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    shared, own = listed(recognizer, "anna", "kim"), listed(recognizer, "sol", "little boat")
    mixed = adapted.listening_for(shared, {"b": own, "c": EntityList()})
    a, b, c = mixed.hear(RECORDINGS, NAMES)
    base = recognizer.hear(RECORDINGS)
    for_all = adapted.listening_for(shared).hear(RECORDINGS, NAMES)
    for_b = adapted.listening_for(own).hear(RECORDINGS, NAMES)
    assert differ(a, for_all[0]) < 1e-4
    assert differ(b, for_b[1]) < 1e-4
    assert np.array_equal(c.log_probs, base[2].log_probs)
    assert differ(a, base[0]) > 1e-3
    assert differ(b, for_all[1]) > 1e-3
    assert np.allclose(np.exp(a.log_probs).sum(axis=1), 1, atol=1e-5)


def test_further_lists_are_heard_beside_the_first_in_all_windows(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    first, second = listed(recognizer, "anna", "kim"), listed(recognizer, "sol")
    sounds = [sound_of_samples(noise(LONG, 3), 16_000, "long")]
    both = adapted.listening_also_for(first).listening_also_for(None, {"long": second})
    (heard,) = dict(encode(both, sounds)).values()
    for also, entities in zip(heard.also, (first, second), strict=True):
        (alone,) = dict(encode(adapted.listening_for(entities), sounds)).values()
        assert np.array_equal(also, alone.log_probs)
    assert both.listening_for(first).hear(RECORDINGS, NAMES)[0].also[1].shape[1] == N_TOKENS


def test_the_lists_go_by_the_ids_of_utterances_that_are_encoded(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    other = adapted.listening_for(None, {"b": listed(recognizer, "anna")})
    sounds = [
        sound_of_samples(each, 16_000, name) for each, name in zip(RECORDINGS, NAMES, strict=True)
    ]
    found = dict(encode(other, sounds, n_threads=2))
    base = dict(encode(recognizer, sounds, n_threads=2))
    assert [differ(found[name], base[name]) > 1e-3 for name in NAMES] == [False, True, False]


def test_the_order_of_a_list_changes_nothing_to_the_bit(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    phrases = ("anna", "kim", "little boat", "sol")
    ours, theirs = (
        adapted.listening_for(listed(recognizer, *each)).hear(RECORDINGS)
        for each in (phrases, phrases[::-1])
    )
    assert all(np.array_equal(a.log_probs, b.log_probs) for a, b in zip(ours, theirs, strict=True))


def test_attention_belongs_to_what_is_heard(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    entities = listed(recognizer, "kim", "anna", "little boat")
    samples = noise(LONG, 3)
    attended = adapted.attend(samples, entities)
    (heard,) = adapted.listening_for(entities).hear([samples])
    assert attended.forms == ("anna", "kim", "little boat")
    assert attended.attention.shape == (len(heard.log_probs), 4)
    assert np.allclose(attended.attention.sum(axis=1), 1, atol=1e-5)
    assert differ(attended.heard, heard) < 1e-4
    assert adapted.attend(samples, ["kim"]).forms == ("kim",)
    none = adapted.attend(samples, [])
    assert np.array_equal(none.attention, np.ones((len(heard.log_probs), 1), np.float32))


def test_of_a_long_list_some_are_attended_to_at_once(
    recognizer: Recognizer, adapted: AdaptedRecognizer
) -> None:
    phrases = [f"{a}{b}{c}" for a in "abcdk" for b in "aeiou" for c in "lmnst"]
    few = AdaptedRecognizer(recognizer, adapted.adapter, most_entities=10)
    attended = few.attend(RECORDINGS[1], phrases)
    assert attended.attention.shape[1] == 1 + len(phrases)
    assert (attended.attention[:, 1:].any(axis=0)).sum() == 10
    assert np.allclose(attended.attention.sum(axis=1), 1, atol=1e-5)
    (heard,) = few.listening_for(listed(recognizer, *phrases)).hear([RECORDINGS[1]])
    assert differ(attended.heard, heard) < 1e-4
    many = AdaptedRecognizer(recognizer, adapted.adapter, most_entities=len(phrases))
    all_of_them = many.attend(RECORDINGS[1], phrases)
    assert (all_of_them.attention[:, 1:].any(axis=0)).sum() == len(phrases)


def test_an_entity_is_embedded_once(
    recognizer: Recognizer, adapted: AdaptedRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    embed = adapted.adapter.embed
    monkeypatch.setattr(
        adapted.adapter, "embed", lambda each: calls.append(len(each)) or embed(each)
    )
    for phrases in (("anna", "kim"), ("kim", "anna"), ("kim",), ("anna", "kim")):
        adapted.listening_for(listed(recognizer, *phrases)).hear(RECORDINGS)
    assert calls == [2]
    monkeypatch.setattr(listening, "_LISTS_KEPT", 1)
    for phrases in (("sol",), ("anna", "kim")):
        adapted.listening_for(listed(recognizer, *phrases)).hear(RECORDINGS)
    assert calls == [2, 1]
    monkeypatch.setattr(listening, "_ENTITIES_KEPT", 3)
    adapted.listening_for(listed(recognizer, "little boat", "anna")).hear(RECORDINGS)
    assert calls == [2, 1, 2]


def test_an_adapter_is_attached_to_its_model_only(
    recognizer: Recognizer, adapted: AdaptedRecognizer, tmp_path: Path
) -> None:
    save = (adapted.adapter.config, weights_digest(recognizer.model), adapted.adapter.state_dict())
    save_adapter(tmp_path, *save)
    read = AdaptedRecognizer.attach(recognizer, tmp_path)
    entities = listed(recognizer, "anna")
    ours, theirs = (each.listening_for(entities).hear(RECORDINGS) for each in (read, adapted))
    assert all(differ(a, b) < 0.1 for a, b in zip(ours, theirs, strict=True))  # half precision
    save_adapter(tmp_path, save[0], "another", save[2])
    with pytest.raises(InputError, match="belongs to another model"):
        AdaptedRecognizer.attach(recognizer, tmp_path)
