"""Which utterances are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")

from local.attention_plots import brought_out, draw
from wfst_bias.files import write_text

REFERENCES = """\
a\tthe wren sang\t["wren"]\t["wren", "crake"]
b\tthe owl sang\t["owl"]\t["owl", "crake"]
c\tit sang\t[]\t["owl", "crake"]
d\tthe wren and the owl\t["wren", "owl"]\t["wren", "owl"]
"""


def test_those_whose_names_only_the_list_brings_out(tmp_path: Path) -> None:
    write_text(tmp_path / "data/birds.list100.tsv", REFERENCES)
    texts = {
        "none": "a the ran sang\nb the owl sang\nc it sang\nd the wren and the ow\n",
        "list100": "a the wren sang\nb the owl sang\nc owl sang\nd the wren and the owl\n",
    }
    for condition, text in texts.items():
        write_text(tmp_path / f"decode/birds.{condition}/text", text)
    assert [each.utterance_id for each in brought_out(tmp_path, "birds")] == ["a", "d"]


def test_an_image_for_each(tmp_path: Path) -> None:
    from adapters import random_adapter
    from lhotse import CutSet
    from model_folders import N_TOKENS, noise, write_audio, write_model

    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.adapter.listening import AdaptedRecognizer
    from wfst_bias.entities.list_file import UtteranceList
    from wfst_bias.formats.recordings import open_recording

    base = Recognizer.load(write_model(tmp_path / "model"))
    recognizer = AdaptedRecognizer(base, random_adapter(n_tokens=N_TOKENS, layers=(1, 2)))
    cuts = [
        open_recording(write_audio(tmp_path / f"{n}.wav", noise(1.0)), n).to_cut() for n in "ab"
    ]
    CutSet.from_cuts(cuts).to_file(tmp_path / "birds.cuts.jsonl.gz")
    chosen = {"b": UtteranceList("b", "", (), ("wren", "owl"))}
    draw(recognizer, tmp_path / "birds.cuts.jsonl.gz", chosen, tmp_path)
    (image,) = tmp_path.glob("*.png")
    assert image.name == "b.attention.png"
    assert image.read_bytes().startswith(b"\x89PNG")
