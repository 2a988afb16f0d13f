"""Recordings and images as data URIs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from small_experiment import HOSTILE_ID, PNG, write_audio, write_images

from wfst_bias.errors import InputError
from wfst_bias.report.media import data_uri, embed_audio, find_images

IDS = frozenset({"a", "b.1", HOSTILE_ID})


def test_images_belong_to_utterances(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "boosts")
    (folder / "deeper").mkdir()
    (folder / "deeper/b.1.png").write_bytes(PNG)
    found = find_images([folder], IDS)
    captions = {name: [image.caption for image in own] for name, own in found.by_utterance.items()}
    assert captions == {
        "a": ["What the adapter attends to"],
        HOSTILE_ID: ["boosts"],
        "b.1": ["deeper"],
    }
    assert found.by_utterance["a"][0].uri == data_uri("image/png", PNG)
    assert [path.name for path in found.left_out] == ["nobody.png"]
    assert find_images([], IDS).by_utterance == {}


def test_images_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder of images"):
        find_images([tmp_path / "nowhere"], IDS)
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    with pytest.raises(InputError, match=r"a\.png: not a PNG"):
        find_images([tmp_path], IDS)


def test_no_audio_needs_no_manifest(tmp_path: Path) -> None:
    assert embed_audio(tmp_path / "nowhere.jsonl", []) == {}


def test_audio(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile", reason="audio is an optional extra")
    pytest.importorskip("lhotse", reason="audio is an optional extra")
    (tmp_path / "data").mkdir()
    write_audio(tmp_path, ["a", "b", "c"])
    cuts = tmp_path / "data/first.cuts.jsonl.gz"
    (tmp_path / "audio/1.wav").unlink()
    found = embed_audio(cuts, ["c", "unknown"])
    assert found.keys() == {"c"}
    kind, _, content = found["c"].partition(";base64,")
    assert kind == "data:audio/ogg"
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(content)))
    assert len(samples) / rate == pytest.approx(3.0, abs=0.01)
    assert samples.std() == pytest.approx(0.07, abs=0.02)
    with pytest.raises(InputError, match=r"1\.wav"):
        embed_audio(cuts, ["a", "b"])
