"""References and lists of a development set, and its log-probabilities."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wfst_bias.errors import InputError
from wfst_bias.tune.conditions import NO_LIST, Condition, check_all, digest_of, read_conditions

SOURCE = Path("x.npz")


def write_ref(path: Path, texts: dict[str, str], entities: list[str]) -> Path:
    rows = (f"{name}\t{text}\t[]\t{json.dumps(entities)}\n" for name, text in texts.items())
    path.write_text("".join(rows), encoding="utf-8")
    return path


def test_conditions_by_name(tmp_path: Path) -> None:
    texts = {"b": "we met", "a": "they met"}
    refs = [write_ref(tmp_path / f"dev.{n}.tsv", texts, [n]) for n in ("one", "two")]
    found = read_conditions(refs, ["a", "b"], SOURCE)
    assert list(found) == [NO_LIST, "dev.one", "dev.two"]
    assert [condition.has_lists for condition in found.values()] == [False, True, True]
    assert found["dev.two"].references["b"].entities == ("two",)
    assert found[NO_LIST] == Condition(found["dev.one"].references, has_lists=False)


def test_references_that_do_not_fit(tmp_path: Path) -> None:
    good = write_ref(tmp_path / "good.tsv", {"a": "x", "b": "y"}, [])
    none = write_ref(tmp_path / "none.tsv", {"a": "x", "b": "y"}, [])
    empty = write_ref(tmp_path / "empty.tsv", {"a": "", "b": " "}, [])
    few = write_ref(tmp_path / "few.tsv", {"a": "x"}, [])
    many = write_ref(tmp_path / "many.tsv", {"a": "x", "b": "y", "c": "z", "d": "z"}, [])
    broken = tmp_path / "broken.tsv"
    broken.write_text("a\tx\n", encoding="utf-8")
    cases = [
        ([good, good], "a second --ref of this name: 'good'"),
        ([none], "a second --ref of this name: 'none'"),
        ([empty], f"{empty}: no words in the references"),
        ([good, few], f"{few}: no utterance 'b'"),
        ([many], f"{SOURCE}: no utterance 'c', and 1 more"),
        ([broken], f"{broken}:1: expected 4 columns"),
        ([tmp_path / "missing.tsv"], "missing.tsv: cannot be read"),
    ]
    for refs, message in cases:
        with pytest.raises(InputError) as error:
            read_conditions(refs, ["a", "b"], SOURCE)
        assert message in str(error.value)


def test_the_digest_is_of_names_and_numbers(tmp_path: Path) -> None:
    values = np.log(np.full((4, 5), 0.2, np.float32))
    made = []
    for number, arrays in enumerate(
        ({"a": values}, {"a": values}, {"b": values}, {"a": values[1:]})
    ):
        np.savez(tmp_path / f"{number}.npz", **arrays)
        made.append(check_all(tmp_path / f"{number}.npz", 5))
    assert made[0] == made[1]
    assert len(set(made)) == 3


def test_log_probabilities_that_are_none(tmp_path: Path) -> None:
    np.savez(path := tmp_path / "x.npz", a=np.full((3, 5), np.nan, np.float32))
    with pytest.raises(InputError, match="utterance a: not a number in frame 0"):
        check_all(path, 5)
    with pytest.raises(InputError, match="utterance a: 5 columns, expected 6"):
        check_all(path, 6)


def test_the_digest_of_a_file(tmp_path: Path) -> None:
    for name, content in (("a", b"x"), ("b", b"x"), ("c", b"y")):
        (tmp_path / name).write_bytes(content)
    first, second, third = (digest_of(tmp_path / name) for name in "abc")
    assert first == second != third
    with pytest.raises(InputError, match="cannot be read"):
        digest_of(tmp_path / "missing")
