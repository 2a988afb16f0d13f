"""Entities and rare words of cuts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

for _package in ("torch", "lhotse", "sentencepiece"):
    pytest.importorskip(_package)

from lhotse import CutSet, MonoCut, SupervisionSegment  # noqa: E402

from wfst_bias.acoustic.subwords import MODEL_FILE, Subwords  # noqa: E402
from wfst_bias.adapter.utterances import entity_targets_of, forms_of, is_said  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402


@pytest.fixture(scope="module")
def subwords(model_folder: Path) -> Subwords:
    return Subwords.read(model_folder / MODEL_FILE)


def cut_of(name: str, text: str, entities: object = None) -> MonoCut:
    supervision = SupervisionSegment(name, name, 0.0, 1.0, text=text)
    if entities is not None:
        supervision = replace(supervision, custom={"entities": entities})
    return MonoCut(id=name, start=0.0, duration=1.0, channel=0, supervisions=[supervision])


def test_entities_are_normalized_and_rare_words_stand_beside_them(subwords: Subwords) -> None:
    train = CutSet.from_cuts(
        [
            cut_of("a", "anna said yes to kim", [{"text": "Anna"}]),
            cut_of("b", "little anna said yes", ["Little Ánna", "little anna"]),
            cut_of("c", "they said no to kim"),
        ]
    )
    targets = entity_targets_of(train, CutSet.from_cuts([]), subwords, rare_count=1)
    assert (targets["a"].entities, targets["a"].rare) == (("anna",), ())
    assert (targets["b"].entities, targets["b"].rare) == (("little anna",), ())
    assert (targets["c"].entities, targets["c"].rare) == ((), ("they",))
    assert targets["a"].tokens == tuple(subwords.encode("anna said yes to kim"))
    assert forms_of(targets.values()) == ["anna", "little anna", "they"]


def test_an_entity_that_is_not_said_is_left_out_with_a_warning(subwords: Subwords, caplog) -> None:
    train = CutSet.from_cuts([cut_of("a", "anna said yes", ["kim", "ann", "anna"])])
    targets = entity_targets_of(train, train, subwords, rare_count=0)
    assert targets["a"].entities == ("anna",)
    assert "4 entities are not in the transcripts" in caplog.text


def test_words_are_counted_in_training_only(subwords: Subwords) -> None:
    train = CutSet.from_cuts([cut_of("a", "they said yes"), cut_of("b", "they said yes")])
    dev = CutSet.from_cuts([cut_of("c", "they said little")])
    targets = entity_targets_of(train, dev, subwords, rare_count=1)
    assert targets["c"].rare == ()  # never seen, and so never counted


@pytest.mark.parametrize("entities", ["anna", [3], [{"kind": "name"}], {"text": "anna"}])
def test_entities_of_another_form_name_the_cut(subwords: Subwords, entities: object) -> None:
    train = CutSet.from_cuts([cut_of("a-7", "anna said yes", entities)])
    with pytest.raises(InputError, match="the entities of cut a-7: expected a list"):
        entity_targets_of(train, train, subwords, rare_count=1)


def test_only_whole_words_are_said() -> None:
    assert is_said("ann", "we met ann")
    assert not is_said("ann", "we met anna")
    assert is_said("met ann", "we met ann")
