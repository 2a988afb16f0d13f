"""Archives of lattices: what was written is read, and what is broken is named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import k2
import numpy as np
import pytest
import torch
from hypothesis import given
from small_lattices import ONE_WORD, SYMBOLS, lattices

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.lattices.archive import (
    OPTIONS,
    TOKENS,
    WORDS,
    Member,
    StoredLattices,
    from_file,
    pack,
    read_symbols,
    to_file,
)
from wfst_bias.lattices.arcs import LatticeArcs, Weights


def content(utterance_id: str = "utt", arcs: LatticeArcs = ONE_WORD) -> bytes:
    return to_file(utterance_id, arcs, Weights(1.0, 0.0).total(arcs))


def changed(change: Callable[[dict[str, object]], object]) -> bytes:
    """Return the content of a file with something else in it."""
    values = torch.load(io.BytesIO(content()))
    change(values)
    stream = io.BytesIO()
    torch.save(values, stream)
    return stream.getvalue()


def folder_of(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir()
    (path / WORDS).write_text("".join(f"{s} {i}\n" for i, s in enumerate(SYMBOLS)))
    DecodeOptions().write(path / OPTIONS)
    for name, each in files.items():
        (path / name).write_bytes(each)
    return path


@given(lattices())
def test_a_lattice_is_read_as_it_was_written(arcs: LatticeArcs) -> None:
    found = from_file(content("a/b", arcs), "x.pt")
    assert found.utterance_id == "a/b"
    assert found.times is None
    for f in fields(LatticeArcs):
        assert getattr(found.arcs, f.name).tolist() == pytest.approx(getattr(arcs, f.name).tolist())


FRAMES = torch.tensor([4, -1], dtype=torch.int32)


def test_times_are_read_where_there_are_some() -> None:
    found = from_file(changed(lambda values: values.update(frame=FRAMES)), "x.pt")
    assert found.times is not None
    assert found.times.frame.tolist() == [4, -1]
    assert np.isnan(found.times.adaptive_nats).all()  # which earlier versions did not write
    adaptive = torch.tensor([0.5, 0.0])
    told = changed(lambda values: values.update(frame=FRAMES, adaptive_nats=adaptive))
    assert from_file(told, "x.pt").times.adaptive_nats.tolist() == [0.5, 0.0]
    for wrong in ({"frame": FRAMES[:1]}, {"frame": FRAMES, "adaptive_nats": adaptive[:1]}):
        with pytest.raises(InputError, match="not a lattice"):
            from_file(changed(lambda values, wrong=wrong: values.update(wrong)), "x.pt")


def test_a_token_that_has_no_name(tmp_path: Path) -> None:
    content = changed(lambda values: values.update(frame=FRAMES))
    stored = StoredLattices.open(folder_of(tmp_path / "x", {"utt.pt": content}))
    (stored.path / TOKENS).write_text("<blk> 0\n▁a 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a token that is not in tokens\.txt: 2"):
        stored.read(stored.members[0])


def test_k2_loads_it() -> None:
    fsa = k2.Fsa.from_dict(torch.load(io.BytesIO(content())))
    assert fsa.aux_labels.tolist() == [2, -1]
    assert fsa.lm_score.tolist() == [-2.0, -0.5]
    assert fsa.scores.tolist() == [-3.0, -0.5]
    assert fsa.utterance_id == "utt"


def test_archives_hold_the_utterances_in_order(tmp_path: Path) -> None:
    folder, parts = folder_of(tmp_path / "lattices", {}), tmp_path / "parts"
    parts.mkdir()
    for name in ("b", "a", "c"):
        (parts / f"{name}.pt").write_bytes(content(name))
        (parts / f"{name}.txt").write_text(f"{name} \n\n")
    (folder / "lat.7.zip").write_bytes(b"of an earlier run")
    pack(folder, parts, ["b.pt", "lost.pt", "a.pt", "c.pt"], 2)
    assert sorted(p.name for p in folder.glob("lat.*")) == [
        "lat.1.gz", "lat.1.zip", "lat.2.gz", "lat.2.zip",
    ]  # fmt: skip
    stored = StoredLattices.open(folder)
    assert [m.file_name for m in stored.members] == ["b.pt", "a.pt", "c.pt"]
    assert [stored.read(member).utterance_id for member in stored.members] == ["b", "a", "c"]
    first = (folder / "lat.1.zip").read_bytes()
    pack(folder, parts, ["b.pt", "lost.pt", "a.pt", "c.pt"], 2)
    assert (folder / "lat.1.zip").read_bytes() == first


def test_loose_files_are_read_too(tmp_path: Path) -> None:
    stored = StoredLattices.open(folder_of(tmp_path / "x", {"u.pt": content("u")}))
    assert [stored.read(member).utterance_id for member in stored.members] == ["u"]


def test_utterances_without_a_lattice_are_known(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x", {"a%2Fb.pt": content("a/b")})
    (folder / "utterances.txt").write_text("lost\na/b\n")
    stored = StoredLattices.open(folder)
    assert stored.without_lattice == ["lost"]
    assert stored.utterance_of(stored.members[0]) == "a/b"


def put(name: str, value: object) -> Callable[[dict[str, object]], object]:
    return lambda values: values.update({name: value})


LOOP = torch.tensor([[0, 0, 2, 0], [0, 1, -1, 0]], dtype=torch.int32)
BROKEN = {
    "cut off": content()[:100],
    "empty": b"",
    "text": b"not a lattice at all",
    "without attributes": changed(lambda values: values.pop("lm_score")),
    "without arcs": changed(lambda values: values.pop("arcs")),
    "no arcs": changed(put("arcs", torch.zeros((0, 4), dtype=torch.int32))),
    "a loop": changed(put("arcs", LOOP)),
    "too few scores": changed(put("acoustic", torch.zeros(1))),
    "no number": changed(put("acoustic", torch.tensor([0.0, float("nan")]))),
    "another kind": changed(put("acoustic", "x")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_lattice_is_named(name: str) -> None:
    with pytest.raises(InputError, match=r"^x\.pt: .*decode --lattices"):
        from_file(BROKEN[name], "x.pt")


def test_a_word_that_has_no_symbol_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x", {"u.pt": content("u")})
    (folder / WORDS).write_text("<eps> 0\n<unk> 1\n")
    stored = StoredLattices.open(folder)
    with pytest.raises(InputError, match=r"u\.pt: a word that is not in words.txt: 2"):
        stored.read(stored.members[0])


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("u.pt", content("u"))
    folder = folder_of(tmp_path / "x", {"lat.1.zip": whole.getvalue()[:-30]})
    with pytest.raises(InputError, match=r"lat\.1\.zip: not an archive of lattices, or cut off"):
        StoredLattices.open(folder)


def test_a_member_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.pt: cannot be read"):
        Member(tmp_path / "gone.pt").read()


def test_folders_that_hold_no_lattices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder of lattices"):
        StoredLattices.open(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"words\.txt: cannot be read"):
        StoredLattices.open(tmp_path)
    with pytest.raises(InputError, match=r"no lattices lat\.JOB\.zip"):
        StoredLattices.open(folder_of(tmp_path / "x", {}))


@pytest.mark.parametrize("text", ["a 0\nb\n", "a 0\nb 2\n", "a 0\nb c\n", "a 0\n\nb 1\n"])
def test_symbols_out_of_order_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / WORDS
    path.write_text(text)
    with pytest.raises(InputError, match=r"words\.txt:2: expected `SYMBOL 1`"):
        read_symbols(path)
