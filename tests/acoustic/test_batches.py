"""Batches: every cut once, none too long, the same order again, and broken sound left out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from lhotse import CutSet, Recording  # noqa: E402
from model_folders import RATE, write_audio  # noqa: E402
from tones import TEXTS, cut_of, materials_of, silent_cuts, tones, write_utterances  # noqa: E402

from wfst_bias.acoustic.batches import Batch, epoch_of_batches, load_batches  # noqa: E402
from wfst_bias.acoustic.features import log_mel, normalize  # noqa: E402
from wfst_bias.acoustic.subwords import Subwords  # noqa: E402
from wfst_bias.acoustic.targets import Target  # noqa: E402
from wfst_bias.acoustic.train import Materials  # noqa: E402

DURATIONS = st.lists(st.floats(0.1, 30.0), max_size=30)
pytestmark = pytest.mark.filterwarnings("ignore:We have exceeded the max_duration")


def ids_of(batches: Sequence[CutSet]) -> list[list[str]]:
    return [[cut.id for cut in batch] for batch in batches]


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Catch warnings of the package even after a command has taken them for its own."""
    logger = logging.getLogger("wfst_bias")
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


@given(DURATIONS, st.floats(5.0, 60.0), st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_every_cut_is_in_one_batch_and_none_is_too_long(
    durations: list[float], longest: float, seed: int, epoch: int, shuffle: bool
) -> None:
    cuts = silent_cuts(durations)
    batches = epoch_of_batches(cuts, longest, seed, epoch, shuffle)
    assert sorted(i for ids in ids_of(batches) for i in ids) == sorted(cut.id for cut in cuts)
    for batch in batches:
        assert len(batch) == 1 or sum(cut.duration for cut in batch) <= longest


@given(DURATIONS, st.integers(0, 9), st.integers(0, 9))
def test_a_seed_and_an_epoch_give_the_same_batches_again(
    durations: list[float], seed: int, epoch: int
) -> None:
    cuts = silent_cuts(durations)
    first, again = (ids_of(epoch_of_batches(cuts, 20.0, seed, epoch)) for _ in range(2))
    assert first == again


def test_another_epoch_or_seed_gives_another_order_and_other_company() -> None:
    cuts = silent_cuts(1.0 + 0.05 * i for i in range(100))
    orders = [ids_of(epoch_of_batches(cuts, 12.0, s, e)) for s, e in ((1, 0), (1, 1), (2, 0))]
    companies = [{frozenset(ids) for ids in order} for order in orders]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert [set(ids) for ids in orders[i]] != [set(ids) for ids in orders[j]]
        assert companies[i] != companies[j]


@settings(max_examples=20)
@given(st.integers(0, 99))
def test_the_cuts_of_a_batch_are_alike(epoch: int) -> None:
    cuts = silent_cuts(1.0 + 0.03 * i for i in range(100))
    for batch in epoch_of_batches(cuts, 30.0, 1, epoch):
        durations = [cut.duration for cut in batch]
        assert max(durations) <= 1.7 * min(durations)


def test_without_shuffling_batches_grow(materials: Materials) -> None:
    batches = epoch_of_batches(materials.train, 1.0, 0, 0, shuffle=False)
    lengths = [max(cut.duration for cut in batch) for batch in batches]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_batch_has_the_features_and_targets_of_its_cuts(
    materials: Materials, workers: int
) -> None:
    (cuts,) = epoch_of_batches(materials.train, 60.0, 0, 0)
    threads = torch.get_num_threads()
    (batch,) = load_batches([cuts], materials.targets, workers)
    assert torch.get_num_threads() == threads
    assert batch is not None
    assert batch.targets == tuple(materials.targets[cut.id] for cut in cuts)
    assert batch.duration_seconds == pytest.approx(sum(cut.duration for cut in cuts))
    for row, length, target in zip(batch.features, batch.lengths, batch.targets, strict=True):
        assert torch.equal(row[:length], normalize(log_mel(tones(target.text))))


def test_the_order_of_batches_is_kept_with_workers(materials: Materials) -> None:
    batches = epoch_of_batches(materials.train, 1.0, 0, 0)
    loaded = [list(load_batches(batches, materials.targets, workers)) for workers in (0, 2)]
    texts = [[[target.text for target in batch.targets] for batch in each] for each in loaded]
    assert texts[0] == texts[1]
    assert sorted(text for batch in texts[0] for text in batch) == sorted(TEXTS)
    assert list(load_batches([], materials.targets, 1)) == []


def test_other_rates_and_channels_are_brought_to_one(tmp_path: Path) -> None:
    samples = np.repeat(tones("anna we"), 2)
    path = write_audio(tmp_path / "a.wav", np.stack([samples, samples], axis=1), 2 * RATE)
    cut = cut_of(Recording.from_file(path, recording_id="a"), "anna we")
    (batch,) = load_batches([[cut]], {"a": Target("anna we", (1,), (1,))}, 0)
    assert batch is not None
    assert batch.features.shape == (1, 60, 80)


def break_cut(cut, how: str, folder: Path):
    """Return a cut whose sound cannot be used."""
    samples = tones("anna said yes")
    if how == "numbers":
        samples[100] = np.nan
    path = write_audio(folder / "broken.wav", samples, subtype="FLOAT")
    broken = cut_of(Recording.from_file(path, recording_id=cut.id), cut.supervisions[0].text)
    if how == "missing":
        path.unlink()
    elif how == "text":
        path.write_text("no sound")
    elif how == "cut-off":
        path.write_bytes(path.read_bytes()[:2000])
    elif how == "short":
        return replace(broken, duration=0.02)
    return broken


@pytest.mark.parametrize("how", ["missing", "text", "cut-off", "short", "numbers"])
def test_broken_sound_is_left_out_with_a_warning_and_the_others_stay(
    tmp_path: Path, subwords: Subwords, how: str, warnings: pytest.LogCaptureFixture
) -> None:
    first, broken, *others = write_utterances(tmp_path)
    broken = break_cut(broken, how, tmp_path)
    cuts = CutSet.from_cuts([first, broken, *others])
    targets = materials_of(cuts, cuts, subwords).targets
    whole, nothing = load_batches([cuts, CutSet.from_cuts([broken])], targets, 0)
    assert nothing is None
    assert isinstance(whole, Batch)
    assert [target.text for target in whole.targets] == [TEXTS[0], *TEXTS[2:]]
    assert torch.isfinite(whole.features).all()
    assert len(whole.features) == len(whole.lengths) == 5
    messages = {record.getMessage().partition(": ")[0] for record in warnings.records}
    assert messages == {"cut tone-1 is left out"}
    assert all(record.getMessage().partition(": ")[2] for record in warnings.records)


def test_tokens_and_phones_stand_in_one_row() -> None:
    targets = (Target("a", (3, 4), (1,)), Target("b", (), (2, 2, 3)), Target("c", (5,), (1,)))
    batch = Batch(torch.zeros(3, 4, 80), torch.tensor([4, 4, 4]), targets, 0.12)
    row, lengths = batch.tokens()
    assert (row.tolist(), lengths.tolist()) == ([3, 4, 5], [2, 0, 1])
    row, lengths = batch.phones()
    assert (row.tolist(), lengths.tolist()) == ([1, 2, 2, 3, 1], [1, 3, 1])
