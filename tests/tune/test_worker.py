"""What a worker counts is what `decode` and `score` come to, and it compiles lists once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("k2")

from factories import LETTERS, planted_log_probs, small_lm, spoken, token_table, write_inputs

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.compiled_list import CompiledList, ListCompiler
from wfst_bias.graph.scales import Scales
from wfst_bias.score.score_files import score_utterance
from wfst_bias.tune import worker
from wfst_bias.tune.conditions import Condition
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.worker import Item, TuneWork

SENTENCES = ("anna said yes", "anna said no", "we said yes", "we met sol", "we met kim", "they met")
REFERENCES = {
    "a": UtteranceList("a", "we met Zoë", ("Zoë",), ("Zoë", "Anna Kovač", "R2D2")),
    "b": UtteranceList("b", "they said no", (), ("Zoë", "Anna Kovač", "R2D2")),
    "c": UtteranceList("c", "we met anna kovac", ("Anna Kovač",), ("anna kovac :-40", "kim")),
}
CONDITIONS = {"none": Condition(REFERENCES, has_lists=False), "list": Condition(REFERENCES)}
START = DecodeOptions()

Count = Callable[[Sequence[Item]], list[Counts]]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> TuneWork:
    folder = tmp_path_factory.mktemp("work")
    tokens, lm = write_inputs(folder, LETTERS, small_lm(SENTENCES, order=2))
    said = {"a": "we met zoe", "b": "they said no", "c": "we met anna kovac"}
    arrays = {name: planted_log_probs(token_table(LETTERS), spoken(s)) for name, s in said.items()}
    np.savez(folder / "x.npz", **arrays)
    return TuneWork(tokens, lm, folder / "x.npz", folder, CONDITIONS)


def items(options: DecodeOptions, condition: str) -> list[Item]:
    return [Item(options, condition, name) for name in REFERENCES]


def by_decoder(work: TuneWork, options: DecodeOptions, condition: str) -> list[Counts]:
    """Return the counts by way of a decoder that is made for the options alone."""
    decoder = Decoder.load(work.tokens, work.lm, options, work.cache)
    with np.load(work.log_probs) as archive:
        log_probs = {name: archive[name].astype(np.float32) for name in archive.files}
    own = {name: decoder.compile_list(r.entities) for name, r in REFERENCES.items()}
    results = decoder.decode(log_probs, own if condition == "list" else None)
    texts = {r.utterance_id: " ".join(word.text for word in r.words) for r in results}
    return [Counts.of(score_utterance(REFERENCES[name], text)) for name, text in texts.items()]


def test_counts_are_those_of_decoding_one_by_one(work: TuneWork) -> None:
    count = work()
    boosts = (BoostOptions(), BoostOptions(per_word_nats=0.0, per_letter_nats=0.0), BoostOptions())
    seen = set()
    for boost in boosts:
        for scales in (Scales(), Scales(lm_scale=1.0, class_nats=-12.0)):
            options = replace(START, boost=boost, scales=scales)
            for condition in CONDITIONS:
                found = count(items(options, condition))
                assert found == by_decoder(work, options, condition)
                seen.add(tuple(found))
    assert len(seen) > 1  # the options matter


def test_lists_are_compiled_once_for_equal_boosts(
    work: TuneWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[int] = []
    read: list[tuple[str, ...]] = []
    compile_list, resolve = ListCompiler.compile, worker.entities_from_strings

    def compiling(self: ListCompiler, entities: object) -> CompiledList:
        compiled.append(len(entities))
        return compile_list(self, entities)

    def reading(phrases: tuple[str, ...], *more: object, **named: object) -> object:
        read.append(phrases)
        return resolve(phrases, *more, **named)

    monkeypatch.setattr(ListCompiler, "compile", compiling)
    monkeypatch.setattr(worker, "entities_from_strings", reading)
    count = work()
    count(items(START, "none"))
    assert (compiled, read) == ([], [])
    count(items(START, "list"))
    count(items(replace(START, scales=Scales(lm_scale=1.0)), "list"))
    assert (len(compiled), len(read)) == (2, 2)  # two utterances have equal lists
    count(items(replace(START, boost=BoostOptions(per_word_nats=5.0)), "list"))
    assert (len(compiled), len(read)) == (4, 2)


def test_lists_that_have_no_room_are_compiled_again(
    work: TuneWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = work()(items(START, "list"))
    monkeypatch.setattr(worker, "MOST_KEPT_ENTITIES", 0)
    count = work()
    assert count(items(START, "list")) == expected
    assert count(items(START, "list")) == expected


def test_an_utterance_that_is_lost_counts_as_deleted(
    work: TuneWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    (counts,) = worker.Counting(
        _Failing(),
        {"a": np.zeros((0, 28), np.float32)},
        CONDITIONS,  # type: ignore[arg-type]
    ).count([Item(START, "none", "a")])
    assert counts == Counts(words=3, u_errors=2, b_errors=1, misses=1, failed=1)


class _Failing:
    """Stand in for decoders; what they decode fails."""

    def decoder(self, options: DecodeOptions) -> _Failing:
        return self

    def decode(
        self, log_probs: dict[str, object], lists: object, phone_log_probs: object
    ) -> list[object]:
        from wfst_bias.formats.results import Result

        return [Result.failed(name, "no path") for name in log_probs]
