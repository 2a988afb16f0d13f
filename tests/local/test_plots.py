"""Which utterances are drawn, and that they are."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from factories import LETTERS, planted_log_probs, small_lm, spoken, token_table, write_inputs

pytest.importorskip("torch")
pytest.importorskip("matplotlib")
pytest.importorskip("lhotse", reason="audio is an optional extra: pip install wfst-bias[audio]")

from local.plots import brought_out, draw_attention, draw_boosts
from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.errors import InputError
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


def test_an_image_of_attention(tmp_path: Path) -> None:
    from adapters import random_adapter
    from lhotse import CutSet
    from model_folders import N_TOKENS, noise, write_audio, write_model

    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.adapter.listening import AdaptedRecognizer
    from wfst_bias.formats.recordings import open_recording

    base = Recognizer.load(write_model(tmp_path / "model"))
    recognizer = AdaptedRecognizer(base, random_adapter(n_tokens=N_TOKENS, layers=(1, 2)))
    cuts = [
        open_recording(write_audio(tmp_path / f"{n}.wav", noise(1.0)), n).to_cut() for n in "ab"
    ]
    CutSet.from_cuts(cuts).to_file(tmp_path / "birds.cuts.jsonl.gz")
    chosen = {"b": UtteranceList("b", "", (), ("wren", "owl"))}
    draw_attention(recognizer, tmp_path / "birds.cuts.jsonl.gz", chosen, tmp_path)
    (image,) = tmp_path.glob("*.png")
    assert image.name == "b.attention.png"
    assert image.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("is_adapted", [True, False])
def test_an_image_of_boosts(tmp_path: Path, is_adapted: bool) -> None:
    sentences = ("we met sol", "we met kim", "they met sol", "we met ann", "they met kim")
    tokens, _ = write_inputs(tmp_path, LETTERS, small_lm(sentences))
    write_text(tmp_path / "decode/birds.list100/options.toml", "")
    log_probs = planted_log_probs(token_table(LETTERS), spoken("we met zoe"))
    kind = ".adapted.list100" if is_adapted else ""
    (tmp_path / "log_probs").mkdir()
    np.savez(tmp_path / f"log_probs/birds{kind}.npz", c=log_probs)
    chosen = {"c": UtteranceList("c", "we met zoe", ("zoe",), ("Zoë", "sol"))}
    adapter = Path("adapter") if is_adapted else None
    draw_boosts(tmp_path, "birds", Namespace(tokens=tokens, model=None, adapter=adapter), chosen)
    (image,) = (tmp_path / "plots").iterdir()
    assert image.name == "c.boost.png"
    assert image.read_bytes().startswith(b"\x89PNG")
    other = Namespace(tokens=tokens, model=None, adapter=None if is_adapted else Path("a"))
    with pytest.raises(InputError, match=r"log_probs/birds.*npz"):
        draw_boosts(tmp_path, "birds", other, chosen)


def test_a_folder_of_another_kind_is_refused(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.plots", str(tmp_path), "--tokens", "tokens.txt"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"{tmp_path}: not a folder that run.sh has filled\n")
    assert not (tmp_path / "plots").exists()
