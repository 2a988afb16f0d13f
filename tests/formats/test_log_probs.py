"""Log-probabilities as files: what is read, and what is wrong with the rest."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import check_log_probs, create_log_probs, open_log_probs

REAL_SPEECH = Path(__file__).parents[2].parent / "shared" / "realspeech"
needs_real_speech = pytest.mark.skipif(
    not REAL_SPEECH.is_dir(),
    reason="the log-probabilities of real speech lie beside a checkout only",
)


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def make_log_probs(n_frames: int = 6, n_tokens: int = 4, seed: int = 0) -> NDArray[np.floating]:
    return log_softmax(np.random.default_rng(seed).normal(0, 3, (n_frames, n_tokens)))


# --- Reading ---


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_keeps_its_order(tmp_path: Path, dtype: str, save: Callable[..., None]) -> None:
    arrays = {f"utt-{i}.x": make_log_probs(i, seed=i).astype(dtype) for i in (3, 1, 0, 2)}
    save(tmp_path / "a.npz", **arrays)
    with open_log_probs(tmp_path / "a.npz") as archive:
        assert archive.ids == tuple(archive) == tuple(arrays)
        assert len(archive) == 4
        for utterance_id, array in arrays.items():
            assert archive[utterance_id].dtype == np.float32
            np.testing.assert_array_equal(archive[utterance_id], array.astype(np.float32))


def test_a_folder_of_npy_is_read_by_stem(tmp_path: Path) -> None:
    for name in ("b", "a"):
        np.save(tmp_path / f"{name}.npy", make_log_probs())
    (tmp_path / "notes.txt").write_text("not an array")
    with open_log_probs(tmp_path) as archive:
        assert archive.ids == ("a", "b")
        assert archive["a"].shape == (6, 4)


def test_a_single_npy(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", make_log_probs())
    with open_log_probs(str(tmp_path / "one.npy")) as archive:
        assert archive.ids == ("one",)
        assert archive["one"].shape == (6, 4)


def test_a_float64_beyond_float32_becomes_minus_infinity(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.array([[0.0, -1e300]]))
    assert open_log_probs(tmp_path / "one.npy")["one"].tolist() == [[0.0, -np.inf]]


# --- Bad files ---


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.npz: no such file"):
        open_log_probs(tmp_path / "nowhere.npz")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"without \.npy"):
        open_log_probs(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a text", b"\x93NUMPY\x01\x00", b"PK\x03\x04 cut off"])
def test_what_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz: not an \.npz file"):
        open_log_probs(path)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    with pytest.raises(InputError, match=r"data\.pkl"):
        open_log_probs(tmp_path / "a.npz")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_utterance_given_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("u.npy", b"x")
        archive.writestr("u.npy", b"x")
    with pytest.raises(InputError, match="twice: 'u'"):
        open_log_probs(tmp_path / "a.npz")


def test_an_npz_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, u1=make_log_probs(), u2=make_log_probs())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"a\.npz: .*cut off"):
        open_log_probs(path)


def test_one_broken_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, u1=make_log_probs(seed=1), u2=make_log_probs(seed=2))
    second = make_log_probs(seed=2).tobytes()
    path.write_bytes(path.read_bytes().replace(second, second[::-1]))
    with open_log_probs(path) as archive:
        assert archive["u1"].shape == (6, 4)
        with pytest.raises(InputError, match=r"a\.npz: utterance u2 cannot be read"):
            archive["u2"]


@pytest.mark.parametrize(
    "array", [np.zeros((2, 3), dtype=np.int32), np.array(["a"]), np.zeros((2, 3), dtype=complex)]
)
def test_other_types_are_named(tmp_path: Path, array: NDArray[np.generic]) -> None:
    np.save(tmp_path / "u.npy", array)
    with pytest.raises(InputError, match=rf"utterance u has numbers of type {array.dtype}"):
        open_log_probs(tmp_path / "u.npy")["u"]


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "u.npy", np.array([{}], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        open_log_probs(tmp_path / "u.npy")["u"]


def test_an_unknown_id_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "u.npy", make_log_probs())
    with pytest.raises(InputError, match="no such utterance: 'v'"):
        open_log_probs(tmp_path / "u.npy")["v"]


@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    suffix = data.draw(st.sampled_from([".npz", ".npy"]))
    path = folder / f"u{suffix}"
    if suffix == ".npz":
        np.savez(path, u=make_log_probs())
    else:
        np.save(path, make_log_probs())
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        with open_log_probs(path) as archive:
            for utterance_id in archive:
                check_log_probs(archive[utterance_id], 4)
    except InputError:
        pass


# --- Writing ---


@given(st.lists(st.integers(0, 50), max_size=6))
def test_what_is_written_is_read_back_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.npz"
    arrays = {f"utt/{i}": make_log_probs(n, seed=i) for i, n in enumerate(lengths)}
    with create_log_probs(path) as add:
        for utterance_id, array in arrays.items():
            add(utterance_id, array.astype(np.float32))
    with open_log_probs(path) as archive:
        assert archive.ids == tuple(arrays)
        for utterance_id, array in arrays.items():
            halves = array.astype(np.float16).astype(np.float32)
            np.testing.assert_array_equal(archive[utterance_id], halves)
            assert check_log_probs(archive[utterance_id], 4) is None
    with np.load(path) as archive:
        assert list(archive) == list(arrays)


def test_equal_arrays_make_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, now in (("a.npz", 1e9), ("b.npz", 1.5e9)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        with create_log_probs(tmp_path / name) as add:
            add("one", make_log_probs().astype(np.float32))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_file_that_is_not_complete_does_not_appear(tmp_path: Path) -> None:
    def write_a_part() -> None:
        with create_log_probs(tmp_path / "x.npz") as add:
            add("one", make_log_probs().astype(np.float32))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_a_part()
    assert list(tmp_path.iterdir()) == []


# --- Checking ---


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(seed=st.integers(0, 1000), n_frames=st.integers(0, 20), n_tokens=st.integers(1, 600))
def test_log_probabilities_are_in_order(
    dtype: type[np.floating], seed: int, n_frames: int, n_tokens: int
) -> None:
    assert check_log_probs(make_log_probs(n_frames, n_tokens, seed).astype(dtype), n_tokens) is None


def test_minus_infinity_is_a_log_probability() -> None:
    assert check_log_probs(np.array([[0.0, -np.inf], [-np.inf, 0.0]]), 2) is None


def changed(value: float, frame: int = 2) -> NDArray[np.floating]:
    log_probs = make_log_probs()
    log_probs[frame, 1] = value
    return log_probs


@pytest.mark.parametrize(
    ("log_probs", "fault"),
    [
        (np.zeros(4), r"two axes.* \(4,\)"),
        (np.zeros((1, 3, 4)), r"two axes.* \(1, 3, 4\)"),
        (make_log_probs(n_tokens=5), "5 columns, expected 4"),
        (np.zeros((0, 5)), "5 columns, expected 4"),
        (changed(np.nan), "not a number in frame 2"),
        (changed(np.inf), "plus infinity in frame 2"),
        (np.full((3, 4), -np.inf), "every token is impossible in frame 0"),
        (changed(0.01), r"0\.01 in frame 2.*at most 0"),
        (np.exp(make_log_probs()), "probabilities.*natural logarithm"),
        (np.random.default_rng(0).normal(0, 3, (6, 4)), r"logits.*log_softmax"),
        (make_log_probs() - 1, r"frame 0 sum to 0\.368, not to 1.*log_softmax"),
    ],
)
def test_faults_are_named(log_probs: NDArray[np.floating], fault: str) -> None:
    found = check_log_probs(log_probs, 4)
    assert found is not None
    assert re.search(fault, found)


@needs_real_speech
@pytest.mark.parametrize(
    ("name", "n_utterances"), [("ljspeech_lj001", 186), ("commonvoice_100", 100)]
)
def test_real_speech_is_in_order(name: str, n_utterances: int) -> None:
    with open_log_probs(REAL_SPEECH / f"{name}.npz") as archive:
        assert len(archive) == n_utterances
        assert {check_log_probs(archive[utterance_id], 29) for utterance_id in archive} == {None}
