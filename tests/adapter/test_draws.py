"""The lists of a training batch."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from factories import LETTERS, token_table

for _package in ("torch", "lhotse", "scipy"):
    pytest.importorskip(_package)

from wfst_bias.adapter.draws import Pool, draw_lists, fixed_lists  # noqa: E402
from wfst_bias.adapter.train_options import DrawOptions  # noqa: E402
from wfst_bias.adapter.utterances import EntityTarget, is_said  # noqa: E402
from wfst_bias.entities.spelling import Speller  # noqa: E402

NAMES = [f"{a}{b}{c}o" for a in ("ka", "ki", "lu", "me") for b in "nrst" for c in ("a", "ei", "u")]
TARGETS = [
    EntityTarget("we saw kanao and lureio", (), (), ("kanao", "lureio"), ("saw",)),
    EntityTarget("kanao was there", (), (), ("kanao",), ()),
    EntityTarget("nobody came", (), (), (), ("nobody",)),
]


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool([*NAMES, "saw", "nobody"], Speller(token_table(LETTERS)))


def forms_of(found, numbers):
    return [found.entities.forms[i] for i in numbers]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_said_is_a_distractor_and_what_is_said_is_marked(pool: Pool, seed: int) -> None:
    options = DrawOptions(most_distractors=30)
    found = draw_lists(TARGETS, pool, options, random.Random(seed))
    assert found == draw_lists(TARGETS, pool, options, random.Random(seed))
    for target, numbers, said in zip(TARGETS, found.lists, found.said, strict=True):
        assert list(numbers) == sorted(set(numbers))
        on_list = forms_of(found, numbers)
        assert [f for f in on_list if is_said(f, target.text)] == forms_of(found, said)
        assert set(forms_of(found, said)) <= {*target.entities, *target.rare}
        assert len(numbers) - len(said) <= 30


def test_what_is_said_is_withheld_from_a_share_of_utterances(pool: Pool) -> None:
    def said(share: float) -> list[int]:
        options = DrawOptions(withheld_share=share, rare_share=1.0)
        drawn = (draw_lists(TARGETS, pool, options, random.Random(i)) for i in range(60))
        return [len(each) for found in drawn for each in found.said]

    assert set(said(1.0)) == {0}
    assert said(0.0) == [3, 1, 1] * 60
    assert 60 < sum(count == 0 for count in said(0.5)) < 120


def test_hard_distractors_are_near_in_spelling(pool: Pool) -> None:
    options = DrawOptions(most_distractors=5, hard_share=1.0, batch_share=0.0, heard_share=0.0)
    near = {
        form
        for target in TARGETS
        for f in (*target.entities, *target.rare)
        for form in pool.near(f)
    }
    for seed in range(20):
        found = draw_lists(TARGETS[:1], pool, options, random.Random(seed))
        distractors = set(found.lists[0]) - set(found.said[0])
        assert set(forms_of(found, distractors)) <= near


def test_heard_distractors_are_those_of_the_utterance(pool: Pool) -> None:
    shares = {"hard_share": 0.0, "batch_share": 0.0, "heard_share": 1.0}
    options = DrawOptions(most_distractors=5, **shares)
    heard = [NAMES[1:8], NAMES[16:24], []]
    for seed in range(20):
        found = draw_lists(TARGETS, pool, options, random.Random(seed), heard)
        for numbers, said, sounding in zip(found.lists[:2], found.said, heard, strict=False):
            distractors = forms_of(found, sorted(set(numbers) - set(said)))
            assert set(distractors) <= set(sounding)


def test_no_distractors_are_none(pool: Pool) -> None:
    options = replace(DrawOptions(), most_distractors=0)
    found = draw_lists(TARGETS, pool, options, random.Random(0))
    assert found.lists == found.said


def test_lists_of_dev_do_not_depend_on_the_batch(pool: Pool) -> None:
    together = fixed_lists(TARGETS, NAMES, 10, pool.speller)
    for row, target in enumerate(TARGETS):
        alone = fixed_lists([target], NAMES, 10, pool.speller)
        assert forms_of(alone, alone.lists[0]) == forms_of(together, together.lists[row])
        assert set(target.entities) <= set(forms_of(together, together.lists[row]))
