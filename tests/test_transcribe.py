"""The API for audio: arrays of samples in, results out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from adapters import SHAPES, random_adapter
from model_folders import N_TOKENS, RATE, SENTENCES, noise, write_model

from wfst_bias.acoustic.checkpoints import load_model
from wfst_bias.acoustic.windows import FRAME_SHIFT_MS
from wfst_bias.adapter.adapter_folder import save_adapter, weights_digest
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.errors import InputError
from wfst_bias.formats.results import Result
from wfst_bias.phones.lexicon import PhoneLexicon
from wfst_bias.sound.options import PhoneRescoreOptions
from wfst_bias.transcribe import Transcriber


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def transcriber(folder: Path) -> Iterator[Transcriber]:
    return Transcriber.load(folder)


def text_of(result: Result) -> str:
    assert result.error is None
    return " ".join(word.text for word in result.words)


def test_the_options_of_the_model_are_used_with_its_frames(transcriber: Transcriber) -> None:
    options = transcriber.decoder.options
    assert options.search.search_beam == 8.0
    assert options.output.frame_shift_ms == FRAME_SHIFT_MS


def test_an_array_is_decoded_as_its_log_probabilities_are(transcriber: Transcriber) -> None:
    samples = noise(2.0)
    result = transcriber.transcribe(samples, RATE, utterance_id="me")
    (heard,) = transcriber.recognizer.hear([samples])
    (expected,) = transcriber.decoder.decode({"me": heard.log_probs})
    assert result == expected
    assert result.words
    assert 0 <= result.words[0].start_seconds < result.words[-1].end_seconds <= 2.0


def test_channels_and_their_order_make_no_difference(transcriber: Transcriber) -> None:
    samples = noise(1.0)
    stereo = np.stack([1.5 * samples, 0.5 * samples], axis=1)
    expected = text_of(transcriber.transcribe(samples, RATE))
    for same in (stereo, stereo[:, ::-1]):
        assert text_of(transcriber.transcribe(same, RATE)) == expected


@pytest.mark.parametrize("rate", [8000, 44_100])
def test_any_rate_is_heard(transcriber: Transcriber, rate: int) -> None:
    result = transcriber.transcribe(noise(1.0, rate=rate), rate)
    assert text_of(result)
    assert result.words[-1].end_seconds <= 1.0


def test_with_an_adapter_a_list_changes_what_is_decoded(
    folder: Path, transcriber: Transcriber, tmp_path: Path
) -> None:
    adapter = random_adapter(SHAPES[0], n_tokens=N_TOKENS, layers=(1, 2))
    save_adapter(tmp_path, adapter.config, weights_digest(load_model(folder)), adapter.state_dict())
    adapted = Transcriber.load(folder, adapter=tmp_path)
    samples, names = noise(2.0), ["anna", "lake kim"]
    plain = transcriber.transcribe(samples, RATE)
    assert adapted.transcribe(samples, RATE) == plain
    assert adapted.transcribe(samples, RATE, []) == plain
    result = adapted.transcribe(samples, RATE, names)
    entities = adapted.decoder.compile_list(names)
    heard = adapted.recognizer.listening_for(entities.entities).hear([samples])[0]
    (expected,) = adapted.decoder.decode({"recording": heard.log_probs}, entities)
    assert result == expected
    assert result != transcriber.transcribe(samples, RATE, names)


def test_lists_may_change_with_every_call(transcriber: Transcriber) -> None:
    samples = noise(2.0, 1)
    plain = transcriber.transcribe(samples, RATE)
    name = plain.words[0].text
    boosted = transcriber.transcribe(samples, RATE, [f"{name} :30 @Łódź"])
    assert "Łódź" in text_of(boosted)
    assert boosted.entities
    compiled = transcriber.decoder.compile_list([f"{name} :30 @Łódź"])
    assert transcriber.transcribe(samples, RATE, compiled) == boosted
    assert transcriber.transcribe(samples, RATE, []) == plain
    assert transcriber.transcribe(samples, RATE) == plain


def test_what_cannot_be_heard_is_a_result_that_says_so(transcriber: Transcriber) -> None:
    infinite = np.full(RATE, np.nan, np.float32)
    for samples, reason in ((noise(0.01), "too short"), (infinite, "not finite")):
        result = transcriber.transcribe(samples, RATE)
        assert result.error is not None
        assert reason in result.error
        assert result.words == ()


def test_what_is_no_audio_is_refused(transcriber: Transcriber) -> None:
    with pytest.raises(InputError, match="expected samples"):
        transcriber.transcribe(np.zeros((2, 2, 2)), RATE)
    with pytest.raises(InputError, match="expected a rate"):
        transcriber.transcribe(noise(1.0), 0)


def test_options_and_language_models_of_ones_own(folder: Path, tmp_path: Path) -> None:
    options = DecodeOptions(search=SearchOptions(search_beam=5.0))
    lm = (folder / "lm.arpa.gz").rename(tmp_path / "other.arpa.gz")
    with pytest.raises(InputError, match="no language model there"):
        Transcriber.load(folder)
    found = Transcriber.load(folder, lm, options).decoder.options
    lm.rename(folder / "lm.arpa.gz")
    assert found.search.search_beam == 5.0
    assert found.output.frame_shift_ms == FRAME_SHIFT_MS


def test_phones_of_the_same_model_are_heard_where_options_ask_for_them(
    folder: Path, transcriber: Transcriber
) -> None:
    options = replace(
        transcriber.decoder.options, phone_rescore=PhoneRescoreOptions(phone_scale=1e-6)
    )
    words = [word for sentence in SENTENCES for word in sentence.split()]
    lexicon = folder / "lexicon.txt"
    PhoneLexicon(dict.fromkeys(words, (("AA", "K"),))).write(lexicon)
    samples = noise(2.0)
    plain = transcriber.transcribe(samples, RATE)
    rescored = Transcriber.load(folder, options=options).transcribe(samples, RATE)
    lexicon.unlink()
    assert text_of(rescored) == text_of(plain)
    assert all(entry.phone_nats < 0 for entry in rescored.nbest)
    with pytest.raises(InputError, match="in the phones of this table; give a lexicon"):
        Transcriber.load(folder, options=options)
