"""Decoding by sound on the command line: files of phones, what comes out, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_calls import SAID, Called, Inputs
from spoken import saying

from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable

Call = Callable[..., Called]

PHONES = PhoneTable(("<blk>", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
HEARD = {**SAID, "c-3": "we met zoee"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with phone log-probabilities, a phone table and a lexicon by letters."""
    folder = tmp_path_factory.mktemp("sound")
    PHONES.write(folder / "phones.txt")
    words = {word for text in (*SAID.values(), "zoee") for word in text.split()}
    PhoneLexicon({word: (tuple(word.upper()),) for word in sorted(words)}).write(
        folder / "lexicon.txt"
    )
    arrays = {
        name: saying([c for x in text for c in (PHONES.ids.get(x.upper(), 0), 0)], PHONES.size)
        for name, text in HEARD.items()
    }
    np.savez(folder / "phones.npz", **arrays)
    (folder / "names.txt").write_text("Zöe Éa :0 ~zoee\n")
    return folder


def with_phones(inputs: Inputs, sound: Path, out: Path, *more: object) -> list[str]:
    return inputs.decode(
        out, "--phone-log-probs", sound / "phones.npz", "--phones", sound / "phones.txt",
        "--lexicon", sound / "lexicon.txt", "--entities", sound / "names.txt", *more,
    )  # fmt: skip


def test_a_name_is_looked_up_and_the_score_counts_it(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    called = call(*with_phones(inputs, sound, tmp_path, "--lookup-words", 2, "--phone-scale", 5))
    assert called.status == 0, called.err
    assert read_kaldi_text(tmp_path / "text") == {**SAID, "c-3": "we met Zöe Éa"}
    (line,) = (tmp_path / "entities.jsonl").read_text(encoding="utf-8").splitlines()
    span = json.loads(line)
    assert span["source"] == "lexicon-lookup"
    assert span["replaced"] == ["zoe"]
    assert span["heard_phones"] == span["entity_phones"] == "Z O E E"
    assert span["phone_cost"] == 0
    nbest = (tmp_path / "nbest.jsonl").read_text(encoding="utf-8")
    assert "phone_nats" in nbest
    ref = tmp_path / "ref.tsv"
    ref.write_text("".join(f"{name}\t{text}\t[]\t[]\n" for name, text in HEARD.items()))
    spans = ("--spans", tmp_path / "entities.jsonl", "--json", tmp_path / "scores.json")
    scored = call("score", "--ref", ref, "--hyp", tmp_path / "text", *spans)
    assert "looked up: 0 right, 1 false, 0 of these in place of what was right" in scored.out
    counts = json.loads((tmp_path / "scores.json").read_text())["looked_up"]
    assert counts == {"right": 0, "false": 1, "harmful": 0}


def test_several_workers_write_the_same(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    options = tmp_path / "sound.toml"
    options.write_text("[phone_rescore]\nphone_scale = 5\n[lexicon_lookup]\nlookup_words = 2\n")
    for nj in (1, 2):
        out = tmp_path / str(nj)
        assert call(*with_phones(inputs, sound, out, "--options", options, "--nj", nj)).status == 0
    for name in ("text", "nbest.jsonl", "entities.jsonl", "hyp.ctm"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_options_without_phones_and_phones_without_options(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    for flags in (("--spot-entities", 1), ("--phone-scale", 1), ("--lookup-words", 1)):
        complaint = call(*inputs.decode(tmp_path, *flags)).complaint
        assert complaint.startswith(
            "phone_spot, phone_rescore and lexicon_lookup need phone log-prob"
        )
        assert "--phone-log-probs NPZ" in complaint
    called = call(*with_phones(inputs, sound, tmp_path))
    assert called.status == 0
    assert "--phone-log-probs is not used" in called.err


def test_of_several_lexicons_the_first_with_a_word_says_how(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("ZOEE  K\n")
    flags = ("--lookup-words", 2, "--lexicon", other)
    assert call(*with_phones(inputs, sound, tmp_path / "behind", *flags)).status == 0
    assert read_kaldi_text(tmp_path / "behind/text")["c-3"] == "we met Zöe Éa"
    arguments = with_phones(inputs, sound, tmp_path / "before", "--lookup-words", 2)
    first = arguments.index("--lexicon")
    arguments[first:first] = ["--lexicon", str(other)]
    assert call(*arguments).status == 0
    assert read_kaldi_text(tmp_path / "before/text") == SAID


def test_the_report_tells_of_names_that_nobody_can_say(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Zöe Éa :0 ~zoee\nAnna Vox\nzoee <lang:xx>\n")
    said = (*with_phones(inputs, sound, tmp_path / "said", "--lookup-words", 2), "--nj", "2")
    said = tuple(str(names) if part == str(sound / "names.txt") else part for part in said)
    assert call(*said).status == 0
    unsaid = call(*inputs.decode(tmp_path / "plain", "--entities", names))
    assert unsaid.status == 0
    read = (tmp_path / "said/entities.report.tsv").read_text(encoding="utf-8").splitlines()
    plain = (tmp_path / "plain/entities.report.tsv").read_text(encoding="utf-8").splitlines()
    assert read[1] == plain[1]
    assert "'vox' cannot be pronounced, so the name is not found by its sound" in read[2]
    assert read[2].split("\t")[1] == "changed"
    assert "pronounced" not in "".join(plain)


def test_lists_of_utterances_report_of_their_names_too(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    arguments = with_phones(inputs, sound, tmp_path / "out", "--lookup-words", 2)
    at = arguments.index("--entities")
    lists = tmp_path / "own.tsv"
    lists.write_text('c-3\twe met zoe\t[]\t["Vox", "zoee"]\n')
    arguments[at : at + 2] = ["--entities-tsv", str(lists)]
    assert call(*arguments).status == 0
    report = (tmp_path / "out/entities.report.tsv").read_text(encoding="utf-8").splitlines()
    assert "'vox' cannot be pronounced" in report[1]
    assert report[2].startswith("c-3\t2\taccepted\tzoee")


def test_an_utterance_without_phones_fails_alone(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path
) -> None:
    with np.load(sound / "phones.npz") as archive:
        np.savez(tmp_path / "some.npz", **{name: archive[name] for name in ("b-2", "a-1", "a-0")})
    arguments = with_phones(inputs, sound, tmp_path / "out", "--lookup-words", 1)
    called = call(*arguments, "--phone-log-probs", tmp_path / "some.npz")
    assert called.status == 1
    errors = (tmp_path / "out/errors.tsv").read_text()
    assert errors.startswith("c-3\t")
    assert "some.npz: no such utterance: 'c-3'" in errors
    assert read_kaldi_text(tmp_path / "out/text")["b-2"] == SAID["b-2"]


@pytest.mark.parametrize(
    ("flag", "content", "complaint"),
    [
        ("--phone-log-probs", b"no zip", "not an .npz file"),
        ("--phone-log-probs", None, "no such file"),
        ("--phones", b"A 0\n", "expected <blk> as the first symbol"),
        ("--phones", b"<blk> 0\nA 1\n", "lexicon.txt:1: a phone that the phone table lacks: 'N'"),
        ("--lexicon", b"zoe\n", ":1: expected `WORD  PHONE PHONE ...`"),
        ("--lexicon", b"zoe  X\nk  X1\n", "broken:2: a phone that the phone table lacks: 'X1'"),
        ("--confusions", b"AA B -1\n", ":1: expected REFERENCE<TAB>RECOGNISED<TAB>COST<TAB>COUNT"),
        ("--confusions", b"\xff\n", "not UTF-8"),
    ],
)
def test_files_that_cannot_be_used_are_named_before_the_work(
    call: Call, inputs: Inputs, sound: Path, tmp_path: Path, flag: str, content: bytes | None,
    complaint: str,
) -> None:  # fmt: skip
    path = tmp_path / "broken"
    if content is not None:
        path.write_bytes(content)
    out = tmp_path / "out"
    called = call(*with_phones(inputs, sound, out, "--lookup-words", 1, flag, path))
    assert complaint in called.complaint
    assert not (out / "text").exists()


def test_options_that_cannot_be(call: Call, inputs: Inputs, sound: Path, tmp_path: Path) -> None:
    called = call(*with_phones(inputs, sound, tmp_path, "--lookup-cost", 1.5))
    assert "lookup_cost must be at least 0 and less than 1: 1.5" in called.complaint
