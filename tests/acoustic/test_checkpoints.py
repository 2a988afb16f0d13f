"""Checkpoints: averages, half precision, files that are broken, foreign or dangerous."""

from __future__ import annotations

import io
import math
import os
import pickle
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_folders import tiny_config

torch = pytest.importorskip("torch")

from tones import random_features, random_model  # noqa: E402

from wfst_bias.acoustic import checkpoints  # noqa: E402
from wfst_bias.acoustic.checkpoints import average, fill, load, load_model, save, save_model  # noqa: E402
from wfst_bias.acoustic.config import ModelConfig, write_config  # noqa: E402
from wfst_bias.acoustic.features import pad  # noqa: E402
from wfst_bias.acoustic.model import CtcModel  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402

SAVED = Path(__file__).parent / "saved"
CONFIG = tiny_config()
VALUES = st.lists(st.floats(-1e3, 1e3, width=32), min_size=3, max_size=3)
WRITES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def content() -> dict:
    return {
        "model": {"weight": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(7)},
        "moments": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2)}},
        "place": {"epoch": 1, "batch": 0, "step": 12},
    }


def assert_same(ours: object, theirs: object) -> None:
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for name, value in ours.items():
            assert_same(value, theirs[name])
    elif isinstance(ours, torch.Tensor):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)
    else:
        assert ours == theirs


@given(st.lists(VALUES, min_size=1, max_size=5), st.integers(0, 9))
def test_an_average_is_the_mean_and_keeps_types(values: list[list[float]], last: int) -> None:
    saved = [
        {"w": torch.tensor(each), "n": torch.tensor(last - i)} for i, each in enumerate(values)
    ]
    saved.reverse()
    averaged = average(saved)
    means = [math.fsum(column) / len(values) for column in zip(*values, strict=True)]
    assert averaged["w"].tolist() == pytest.approx(means, rel=1e-5, abs=1e-3)
    assert averaged["w"].dtype == torch.float32
    assert averaged["n"].item() == last


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "last.pt", content())
    assert_same(load(tmp_path / "last.pt"), content())


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.pt")), ids=lambda path: path.stem)
def test_files_of_an_old_and_a_new_torch_have_the_same_content(path: Path) -> None:
    """Each was written by `save(path, content())` under the torch that it is named after."""
    assert_same(load(path), content())


def test_there_is_a_file_of_each() -> None:
    assert [path.stem for path in sorted(SAVED.glob("*.pt"))] == ["torch-1.13", "torch-2.13"]


def test_a_save_that_is_killed_leaves_the_file_before(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "last.pt"
    save(path, {"step": 1})

    def half(content: object, stream: io.BufferedWriter) -> None:
        stream.write(b"PK\x03\x04 half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        save(path, {"step": 2})
    assert load(path) == {"step": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["last.pt"]


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "last.pt", content())
    whole = (tmp_path / "last.pt").read_bytes()
    path = tmp_path / "short.pt"
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"short\.pt: cut off, or not a checkpoint"):
            load(path)


@WRITES
@given(content=st.binary(max_size=300), is_archive=st.booleans())
def test_any_other_bytes_are_refused(tmp_path: Path, content: bytes, is_archive: bool) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(b"PK\x03\x04" * is_archive + content)
    with pytest.raises(InputError, match="cut off, or not a checkpoint"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pt: cannot be read \(No such file"):
        load(tmp_path / "none.pt")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.folder),)


def as_archive(path: Path, trap: Trap) -> None:
    torch.save({"model": trap}, path)


def as_legacy(path: Path, trap: Trap) -> None:
    torch.save({"model": trap}, path, _use_new_zipfile_serialization=False)


def as_pickle(path: Path, trap: Trap) -> None:
    path.write_bytes(pickle.dumps(trap))


def as_tar(path: Path, trap: Trap) -> None:
    with tarfile.open(path, "w") as tar:
        for name in ("storages", "tensors", "pickle"):
            pickled = pickle.dumps(0) + pickle.dumps(trap) if name == "storages" else b""
            member = tarfile.TarInfo(name)
            member.size = len(pickled)
            tar.addfile(member, io.BytesIO(pickled))


def as_disguise(path: Path, trap: Trap) -> None:
    """Write a pickle that also is a zip file, to those who look at its end."""
    as_pickle(path, trap)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({}))


@pytest.mark.parametrize("write", [as_archive, as_legacy, as_pickle, as_tar, as_disguise])
def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path, write) -> None:
    path, sprung = tmp_path / "foreign.pt", tmp_path / "sprung"
    write(path, Trap(sprung))
    with pytest.raises(InputError, match=r"foreign\.pt: cut off, or not a checkpoint"):
        load(path)
    assert not sprung.exists()
    pickle.loads(pickle.dumps(Trap(sprung)))
    assert sprung.exists()  # the trap works


def test_a_program_of_torchscript_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), str(path))
    with pytest.raises(InputError, match="not a checkpoint"):
        load(path)


@pytest.mark.parametrize("value", [[1, 2], torch.zeros(2), "text"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, value: object) -> None:
    torch.save(value, tmp_path / "x.pt")
    with pytest.raises(InputError, match="not a checkpoint"):
        load(tmp_path / "x.pt")


def test_a_model_goes_through_half_precision_once(tmp_path: Path) -> None:
    model = random_model(CONFIG)
    save_model(tmp_path, CONFIG, model.state_dict())
    read = load_model(tmp_path)
    assert read.config == CONFIG
    assert not read.training
    for name, tensor in read.state_dict().items():
        expected = model.state_dict()[name]
        assert tensor.dtype == expected.dtype
        assert torch.equal(
            tensor, expected.half().float() if tensor.is_floating_point() else expected
        )
    save_model(tmp_path / "again", CONFIG, read.state_dict())
    assert_same(dict(load_model(tmp_path / "again").state_dict()), dict(read.state_dict()))
    features, lengths = pad(random_features([60]))
    with torch.no_grad():
        ours, theirs = (each(features, lengths).log_probs for each in (read, model))
    torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("name", ["config.json", "weights.pt"])
def test_a_model_without_a_file_is_refused(tmp_path: Path, name: str) -> None:
    save_model(tmp_path, CONFIG, random_model(CONFIG).state_dict())
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=name):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (tiny_config(width=24), "head.weight"),
        (tiny_config(n_layers=3), "layers.2."),
        (tiny_config(n_tokens=41), "head.bias"),
        (tiny_config(intermediate_layers=()), "intermediate_norms.0.bias"),
        (tiny_config(kernel_frames=7), "layers.0.convolution.depthwise.weight"),
    ],
)
def test_weights_of_another_configuration_are_refused(
    tmp_path: Path, other: ModelConfig, name: str
) -> None:
    save_model(tmp_path, CONFIG, random_model(CONFIG).state_dict())
    write_config(tmp_path / "config.json", other)
    with pytest.raises(InputError, match=f"weights.pt: .*another configuration.*{name}"):
        load_model(tmp_path)


def test_what_are_no_tensors_do_not_fill_a_model() -> None:
    model = CtcModel(CONFIG)
    weights = {**model.state_dict(), "head.bias": [0.0] * CONFIG.n_tokens}
    with pytest.raises(InputError, match=r"differ in: 'head\.bias'"):
        fill(model, weights, Path("x.pt"))


def test_the_names_of_files_stay() -> None:
    assert (checkpoints.CONFIG_FILE, checkpoints.WEIGHTS_FILE) == ("config.json", "weights.pt")
