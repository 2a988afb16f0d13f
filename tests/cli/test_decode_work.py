"""What a worker does with a task, here in the process of the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cli_calls import SAID, Inputs

from wfst_bias.cli import decode_work
from wfst_bias.cli.decode_times import DecodeTimes
from wfst_bias.cli.decode_work import DecodeWork, Utterance
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.entity_list import entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.tokens import TokenTable


@pytest.fixture
def work(inputs: Inputs) -> DecodeWork:
    return DecodeWork(inputs.tokens, inputs.lm, inputs.log_probs, inputs.cache, DecodeOptions())


def text(decoded: decode_work.Decoded) -> str:
    return " ".join(word.text for word in decoded.result.words)


def test_answers_are_in_the_order_of_the_utterances(work: DecodeWork) -> None:
    names = ["a-0", "c-3", "b-2"]
    decoded = work()([Utterance(name) for name in names])
    assert [d.result.utterance_id for d in decoded] == names
    assert [d.n_frames for d in decoded] == [2 * len(SAID[name]) for name in names]
    assert [d.report for d in decoded] == [None] * 3


def test_however_many_are_read_at_once_the_results_are_the_same(
    work: DecodeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    utterances = [Utterance(name, (name, "zoe")) for name in SAID]
    together = work()(utterances)
    monkeypatch.setattr(decode_work, "MOST_NUMBERS", 1)
    assert work()(utterances) == together


def test_an_own_list_goes_before_the_shared_one(work: DecodeWork, inputs: Inputs) -> None:
    normalizer = Normalizer(TokenTable.read(inputs.tokens))
    shared = entities_from_strings(["Anna Kovač"], normalizer)
    decode = replace(work, entities=shared)()
    common, own, none = decode(
        [Utterance("a-1"), Utterance("c-3", ("Zoë", "4")), Utterance("a-0", ())]
    )
    assert text(common) == "we met Anna Kovač"
    assert text(own) == "we met Zoë"
    assert text(none) == SAID["a-0"]
    assert own.report is not None
    assert own.report.counts == {"accepted": 0, "changed": 1, "rejected": 1}
    assert [line.split("\t")[1] for line in own.report.lines] == ["changed", "rejected"]


def test_times_are_told_once(work: DecodeWork, inputs: Inputs) -> None:
    normalizer = Normalizer(TokenTable.read(inputs.tokens))
    decode = replace(work, entities=entities_from_strings(["Anna Kovač"], normalizer))()
    first, second = decode([Utterance("a-1"), Utterance("c-3", ("Zoë",))])
    assert first.times.lists == 2  # the common one, once for this worker
    assert first.times.list_seconds > 0
    assert first.times.search_seconds > 0
    assert second.times == DecodeTimes()
    (later,) = decode([Utterance("a-0")])
    assert later.times.lists == 0
    assert decode([]) == []


def test_an_array_that_cannot_be_read_fails_alone(work: DecodeWork, tmp_path: Path) -> None:
    with np.load(work.log_probs) as archive:
        np.savez(tmp_path / "x.npz", broken=np.zeros(3, int), fine=archive["a-0"])
    decode = replace(work, log_probs=tmp_path / "x.npz")()
    broken, fine = decode([Utterance("broken", ("zoe",)), Utterance("fine")])
    assert "numbers of type int64" in str(broken.result.error)
    assert broken.report is not None
    assert text(fine) == SAID["a-0"]
