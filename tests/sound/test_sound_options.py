"""Options of decoding by sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.sound.options import LexiconLookupOptions, PhoneRescoreOptions, PhoneSpotOptions


def test_all_are_off_by_default():
    assert not DecodeOptions().needs_phones
    assert DecodeOptions(phone_rescore=PhoneRescoreOptions(phone_scale=1.0)).needs_phones
    assert DecodeOptions(lexicon_lookup=LexiconLookupOptions(lookup_words=1)).needs_phones
    assert DecodeOptions(phone_rescore=PhoneRescoreOptions(phone_limit=3.0)).needs_phones
    spotting = DecodeOptions(phone_spot=PhoneSpotOptions(spot_entities=1))
    assert spotting.needs_phones
    assert not spotting.without_phones().needs_phones


def test_the_loss_is_per_phone_or_of_the_whole():
    assert PhoneRescoreOptions(phone_scale=2.0).loss(12.0, 6) == pytest.approx(4.0)
    assert PhoneRescoreOptions(phone_scale=2.0, phone_power=0.0).loss(12.0, 6) == 24.0
    assert PhoneRescoreOptions(phone_scale=2.0, phone_power=0.5).loss(12.0, 4) == pytest.approx(12)
    assert PhoneRescoreOptions(phone_scale=2.0).loss(3.0, 0) == 6.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone_scale": -1.0}, {"phone_scale": float("nan")}, {"phone_power": 1.5},
        {"phone_power": -0.1}, {"phone_texts": 0}, {"phone_limit": -1.0},
        {"phone_limit": float("nan")},
    ],
)  # fmt: skip
def test_rescoring_that_cannot_be(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        PhoneRescoreOptions(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lookup_words": -1}, {"lookup_cost": 1.0}, {"lookup_cost": -0.1}, {"lookup_margin": -1.0},
        {"lookup_nats": -1.0}, {"lookup_spot_nats": float("nan")},
        {"lookup_phones": 0}, {"lookup_rare_nats": float("-inf")},
    ],
)  # fmt: skip
def test_look_up_that_cannot_be(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        LexiconLookupOptions(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"spot_entities": -1}, {"spot_phone_nats": -1.0}, {"spot_size_nats": float("nan")},
        {"spot_margin": -0.5},
    ],
)  # fmt: skip
def test_spotting_that_cannot_be(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        PhoneSpotOptions(**wrong)


def test_the_least_score_grows_with_the_list():
    options = PhoneSpotOptions(spot_size_nats=2.0)
    assert options.least_score(10) == options.least_score(100) == 0
    assert options.least_score(1000) == pytest.approx(4.6, abs=0.01)


def test_they_are_tables_of_the_file_of_options(tmp_path: Path):
    path = tmp_path / "options.toml"
    path.write_text("[phone_rescore]\nphone_scale = 12\n[lexicon_lookup]\nlookup_words = 3\n")
    options = DecodeOptions.read(path)
    assert options.phone_rescore.phone_scale == 12
    assert options.lexicon_lookup.lookup_words == 3
    options.write(path)
    assert DecodeOptions.read(path) == options
    path.write_text("[lexicon_lookup]\nlookup_words = 1.5\n")
    with pytest.raises(InputError, match=r"lexicon_lookup\.lookup_words must be a whole number"):
        DecodeOptions.read(path)
