"""The commands around an adapter: trained, listened with, shown, and what is wrong as one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from adapters import SHAPES, random_adapter, with_entities
from cli_calls import Called
from model_folders import N_TOKENS, noise, write_audio, write_model  # skips without packages

for _package in ("tensorboard", "scipy"):
    pytest.importorskip(_package)

from lhotse import CutSet  # noqa: E402
from tones import write_utterances  # noqa: E402

from wfst_bias.acoustic.checkpoints import load_model  # noqa: E402
from wfst_bias.adapter.adapter_folder import save_adapter, weights_digest  # noqa: E402

Call = Callable[..., Called]
pytestmark = pytest.mark.filterwarnings("ignore:We have exceeded the max_duration")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def adapter(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an adapter that adds what it likes."""
    folder = tmp_path_factory.mktemp("adapter")
    made = random_adapter(SHAPES[0], n_tokens=N_TOKENS, layers=(1, 2))
    save_adapter(folder, made.config, weights_digest(load_model(model)), made.state_dict())
    return folder


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audio")
    write_audio(folder / "a.wav", noise(1.0, 1))
    write_audio(folder / "b.wav", noise(1.5, 2))
    return folder


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "names.txt"
    path.write_text("Anna\nLake Kim\n")
    return path


def encoded(call: Call, out: Path, *arguments: object) -> dict[str, np.ndarray]:
    called = call("encode", *arguments, "--out", out)
    assert called.status == 0, called.err
    with np.load(out) as archive:
        return dict(archive)


def test_a_trained_adapter_is_used_at_once(
    call: Call, model: Path, audio: Path, names: Path, tmp_path: Path
) -> None:
    cuts = tmp_path / "cuts.jsonl.gz"
    CutSet.from_cuts(map(with_entities, write_utterances(tmp_path))).to_file(cuts)
    out = tmp_path / "adapter"
    called = call(
        "train-adapter", "--cuts", cuts, "--dev-cuts", cuts, "--model", model, "--out", out,
        "--epochs", 1, "--max-duration", 3, "--workers", 0, "--rare-count", 2,
        "--attention-width", 8, "--entity-width", 8, "--layers", "2", "--warmup-steps", 0,
    )  # fmt: skip
    assert called.status == 0, called.err
    assert called.out.splitlines()[-1] == f"{out}: trained 1 epochs"
    rest = ("--audio", audio, "--model", model)
    base = encoded(call, tmp_path / "base.npz", *rest)
    none = encoded(call, tmp_path / "none.npz", *rest, "--adapter", out)
    assert all(np.array_equal(base[name], none[name]) for name in base)
    again = call("transcribe", audio, "--model", model, "--adapter", out, "--entities", names,
                 "--cache", tmp_path / "cache")  # fmt: skip
    assert again.status == 0, again.err


def test_what_is_heard_depends_on_the_list_of_each(
    call: Call, model: Path, adapter: Path, audio: Path, names: Path, tmp_path: Path
) -> None:
    rest = ("--audio", audio, "--model", model)
    base = encoded(call, tmp_path / "base.npz", *rest)
    shared = encoded(call, tmp_path / "s.npz", *rest, "--adapter", adapter, "--entities", names)
    assert all(np.abs(base[name] - shared[name]).max() > 1e-2 for name in base)
    lists = tmp_path / "lists.tsv"
    lists.write_text('a\tx\t[]\t["Anna", "Lake Kim"]\nb\tx\t[]\t[]\n')
    own = encoded(call, tmp_path / "o.npz", *rest, "--adapter", adapter, "--entities-tsv", lists)
    assert np.allclose(own["a"], shared["a"], atol=1e-2)
    assert np.array_equal(own["b"], base["b"])


def test_several_lists_at_once_are_heard_as_one_after_the_other(
    call: Call, model: Path, adapter: Path, audio: Path, names: Path, tmp_path: Path
) -> None:
    lists, *files = (tmp_path / name for name in ("lists.tsv", "1.npz", "2.npz", "3.npz"))
    lists.write_text('a\tx\t[]\t["Anna", "Lake Kim"]\nb\tx\t[]\t["Sol"]\n')
    rest = ("--audio", audio, "--model", model, "--adapter", adapter, "--nj", 2)
    ways = ((), ("--entities", names), ("--entities-tsv", lists))
    apart = [encoded(call, p, *rest, *way) for p, way in zip(files, ways, strict=True)]
    out, shared, own = (tmp_path / f"deep/{name}.npz" for name in ("out", "shared", "own"))
    also = ("--also-entities", names, shared, "--also-entities-tsv", lists, own)
    encoded(call, out, *rest, *also)
    for path, expected in zip((out, shared, own), apart, strict=True):
        with np.load(path) as archive:
            assert list(archive) == list(expected)
            assert all(np.array_equal(archive[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--also-entities", "{names}", "x.npz"), "only with --adapter"),
        (("--adapter", "{adapter}", "--also-entities", "{names}", "out.npz"), "written twice"),
        (("--adapter", "{adapter}", "--also-entities", "gone.txt", "x.npz"), "gone.txt: "),
        (("--adapter", "{adapter}", "--also-entities-tsv", "{names}", "x.npz"), "names.txt:1: "),
        (("--adapter", "{adapter}", "--also-entities", "{names}"), "requires 2 arguments"),
    ],
)
def test_what_is_wrong_with_several_lists_is_one_line(
    call: Call, model: Path, adapter: Path, audio: Path, names: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    given = (each.format(names=names, adapter=adapter) for each in arguments)
    called = call("encode", "--audio", audio, "--model", model, "--out", "out.npz", *given)
    assert called.status == 2
    assert message in called.err
    assert not list(tmp_path.glob("*.npz"))


def test_decoding_audio_is_decoding_what_is_encoded(
    call: Call, model: Path, adapter: Path, audio: Path, names: Path, tmp_path: Path
) -> None:
    adapted = ("--audio", audio, "--model", model, "--adapter", adapter, "--entities", names)
    encoded(call, tmp_path / "x.npz", *adapted)
    cache = ("--cache", tmp_path / "cache")
    once = call(
        "decode", "--log-probs", tmp_path / "x.npz", "--model", model, "--entities", names,
        *cache, "--out", tmp_path / "once",
    )  # fmt: skip
    both = call("decode", *adapted, *cache, "--out", tmp_path / "both")
    assert (once.status, both.status) == (0, 0), both.err
    ours, theirs = ((tmp_path / out / "text").read_text() for out in ("both", "once"))
    assert ours == theirs


def test_attention_becomes_an_image(
    call: Call, model: Path, adapter: Path, audio: Path, names: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "b.png"
    rest = ("--model", model, "--adapter", adapter, "--entities", names, "--out", out)
    called = call("attention", audio, "--utterance", "b", *rest)
    assert called.out == f"{out}: 38 frames, 2 entities\n", called.err
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "no such utterance: 'c'" in call("attention", audio, "--utterance", "c", *rest).complaint


def test_log_probabilities_cannot_be_adapted(
    call: Call, model: Path, adapter: Path, tmp_path: Path
) -> None:
    rest = ("--model", model, "--adapter", adapter, "--out", tmp_path / "out")
    complaint = call("decode", "--log-probs", "x.npz", *rest).complaint
    assert complaint.startswith("x.npz: log-probabilities cannot be adapted to a list any more")


def test_bad_adapters_are_one_line(
    call: Call, model: Path, adapter: Path, audio: Path, tmp_path: Path
) -> None:
    def complaint(folder: Path) -> str:
        rest = ("--model", model, "--adapter", folder, "--out", tmp_path / "x.npz")
        return call("encode", "--audio", audio, *rest).complaint

    assert f"{tmp_path}/gone/adapter.json: cannot be read" in complaint(tmp_path / "gone")
    broken = tmp_path / "broken"
    shutil.copytree(adapter, broken)
    weights = broken / "adapter.pt"
    weights.write_bytes(weights.read_bytes()[:-50])
    assert complaint(broken) == f"{weights}: cut off, or not a checkpoint"
    config = broken / "adapter.json"
    config.write_text(config.read_text().replace(weights_digest(load_model(model)), "other"))
    assert "the adapter belongs to another model" in complaint(broken)


def test_a_list_without_an_adapter_is_no_reason_to_encode(
    call: Call, model: Path, audio: Path, names: Path, tmp_path: Path
) -> None:
    rest = ("--model", model, "--entities", names, "--out", tmp_path / "x.npz")
    assert "only with --adapter" in call("encode", "--audio", audio, *rest).complaint


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--layers", "9"), "the model has 2 layers, but not layer: 9"),
        (("--layers", "0"), "a layer must be a positive whole number: 0"),
        (("--hard-share", "0.9"), "hard_share, batch_share, heard_share are more than all"),
        (("--withheld-share", "2"), "withheld_share must be between 0 and 1: 2.0"),
        (("--entity-encoder", "letters"), "Invalid value for '--entity-encoder'"),
    ],
)
def test_a_bad_flag_of_training_is_one_line(
    call: Call, model: Path, tmp_path: Path, flags: tuple[str, ...], message: str
) -> None:
    cuts = tmp_path / "cuts.jsonl.gz"
    CutSet.from_cuts(write_utterances(tmp_path)).to_file(cuts)
    rest = ("--cuts", cuts, "--dev-cuts", cuts, "--model", model, "--out", tmp_path / "out")
    assert message in call("train-adapter", *rest, *flags).complaint
