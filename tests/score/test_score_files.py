"""Whole files: real figures, broken files, empty sets, and what must not matter."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from wfst_bias.errors import InputError
from wfst_bias.score.entity_groups import by_length, by_vocabulary
from wfst_bias.score.entity_score import EntityCounts
from wfst_bias.score.score_files import score_files
from wfst_bias.score.scores import METRICS, Scores, compare, write_scores
from wfst_bias.score.wer import ErrorCounts

SHARED = Path(__file__).parents[2].parent / "shared"
REAL_SPEECH = SHARED / "realspeech"
needs_real_speech = pytest.mark.skipif(
    not REAL_SPEECH.is_dir(),
    reason="the log-probabilities of real speech lie beside a checkout only",
)

Utterance = tuple[str, str, Sequence[str], Sequence[str]]
UTTERANCES: list[Utterance] = [
    ("u1", "we met zelensky in lubiana", ["zelensky", "lubiana"], ["zelensky", "lubiana", "kos"]),
    ("u2", "nothing rare", [], ["zelensky", "kos"]),
    ("u3", "a torvastatin a day", ["torvastatin"], ["torvastatin", "day trip"]),
]
HYPOTHESES = {"u1": "we met Zelensky in banana", "u2": "nothing kos", "u3": ""}


def write_reference(folder: Path, utterances: Sequence[Utterance] = UTTERANCES) -> Path:
    lines = [f"{u}\t{text}\t{json.dumps(r)}\t{json.dumps(e)}\n" for u, text, r, e in utterances]
    path = folder / "ref.tsv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def write_hypotheses(folder: Path, hypotheses: Mapping[str, str] = HYPOTHESES) -> Path:
    path = folder / "text"
    lines = [f"{u} {words}".rstrip() + "\n" for u, words in hypotheses.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_a_small_set_by_hand(tmp_path: Path) -> None:
    scores = score_files(write_reference(tmp_path), write_hypotheses(tmp_path))
    assert scores.total.words.all == ErrorCounts(2, 4, 0, 11)
    assert scores.total.words.biased == ErrorCounts(1, 1, 0, 3)
    assert scores.total.entities == EntityCounts(hits=1, misses=2, false_alarms=1)
    assert scores.metrics["WER"].rate == 6 / 11
    assert scores.metrics["F1"].rate == 2 / 5
    assert scores.metrics["false alarms"].rate == 1 / 11


def test_a_shared_list_takes_the_place_of_each_utterances_own(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("Torvastatin\nDAY :2.5\nlubiana @Ľubiana\n", encoding="utf-8")
    hypotheses = {"u1": "we met zelensky in Ľubiana", "u2": "nothing kos", "u3": "a torva a day"}
    scores = score_files(write_reference(tmp_path), write_hypotheses(tmp_path, hypotheses), listed)
    assert scores.total.entities == EntityCounts(hits=2, misses=1, false_alarms=0)


def test_a_list_with_a_broken_line_is_refused(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("kos\nkos\tmany\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"list\.txt:2: "):
        score_files(write_reference(tmp_path), write_hypotheses(tmp_path), listed)


def test_a_perfect_hypothesis(tmp_path: Path) -> None:
    hypotheses = {u: text.title() for u, text, _, _ in UTTERANCES}
    scores = score_files(write_reference(tmp_path), write_hypotheses(tmp_path, hypotheses))
    rates = {name: score.rate for name, score in scores.metrics.items()}
    assert rates == dict.fromkeys(["WER", "U-WER", "B-WER", "false alarms"], 0.0) | dict.fromkeys(
        ["precision", "recall", "F1"], 1.0
    )


def test_the_order_of_utterances_changes_nothing(tmp_path: Path) -> None:
    before = score_files(write_reference(tmp_path), write_hypotheses(tmp_path))
    shuffled = random.Random(1).sample(UTTERANCES, len(UTTERANCES))
    reversed_hypotheses = dict(reversed(HYPOTHESES.items()))
    after = score_files(
        write_reference(tmp_path, shuffled), write_hypotheses(tmp_path, reversed_hypotheses)
    )
    assert before.to_json() == after.to_json()
    assert before.to_table() == after.to_table()


@pytest.mark.parametrize(
    ("hypotheses", "file", "named"),
    [
        ({"u1": ""}, "text", "'u2', and 1 more"),
        ({**HYPOTHESES, "u9": "x"}, "ref.tsv", "'u9'"),
    ],
)
def test_an_utterance_in_one_file_only_is_named(
    tmp_path: Path, hypotheses: Mapping[str, str], file: str, named: str
) -> None:
    with pytest.raises(InputError, match=rf"{file}: .*{named}$"):
        score_files(write_reference(tmp_path), write_hypotheses(tmp_path, hypotheses))


def test_duplicates_are_named_with_their_line(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("u1 a\n\nu2\nu1 b\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"text:4: .*'u1'"):
        score_files(write_reference(tmp_path), text)
    with pytest.raises(InputError, match=r"ref\.tsv:4: .*'u1'"):
        score_files(write_reference(tmp_path, [*UTTERANCES, UTTERANCES[0]]), text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        score_files(write_reference(tmp_path), tmp_path / "nowhere")


# --- Empty references, empty hypotheses, nothing at all ---


def test_no_utterances(tmp_path: Path) -> None:
    scores = score_files(write_reference(tmp_path, []), write_hypotheses(tmp_path, {}))
    assert all(math.isnan(score.rate) for score in scores.metrics.values())
    assert json.loads(scores.to_json())["metrics"]["WER"]["interval"] == [None, None]
    assert "- to -" in scores.to_table()


def test_empty_references_count_insertions_and_have_no_rate(tmp_path: Path) -> None:
    references: list[Utterance] = [("u1", "", [], ["kos"]), ("u2", "", [], [])]
    scores = score_files(
        write_reference(tmp_path, references), write_hypotheses(tmp_path, {"u1": "a kos", "u2": ""})
    )
    assert scores.total.words.all == ErrorCounts(insertions=2)
    assert math.isnan(scores.metrics["WER"].rate)
    assert scores.metrics["precision"].rate == 0.0


def test_empty_hypotheses_are_all_deletions(tmp_path: Path) -> None:
    empty = dict.fromkeys(HYPOTHESES, "")
    scores = score_files(write_reference(tmp_path), write_hypotheses(tmp_path, empty))
    assert scores.metrics["WER"].rate == 1.0
    assert scores.metrics["WER"].interval == (1.0, 1.0)
    assert scores.metrics["recall"].rate == 0.0
    assert math.isnan(scores.metrics["precision"].rate)


# --- Rendering and comparing ---


def test_renderings(tmp_path: Path) -> None:
    scores = score_files(write_reference(tmp_path), write_hypotheses(tmp_path))
    write_scores(scores, tmp_path / "out" / "scores.json")
    write_scores(scores, tmp_path / "out" / "scores.txt")
    assert (tmp_path / "out" / "scores.txt").read_text() == scores.to_table()
    stored = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert stored["utterances"] == 3
    assert list(stored["metrics"]) == list(METRICS)
    assert stored["metrics"]["B-WER"]["counts"]["reference_words"] == 3
    line = " ".join(scores.to_table().splitlines()[3].split())
    assert line == (
        "B-WER 66.67 50.00 to 100.00 1 substitutions, 1 deletions, 0 insertions, 3 reference words"
    )


def test_entities_of_each_group_by_themselves(tmp_path: Path) -> None:
    groups = by_length() | by_vocabulary(["Kos", "torvastatin"])
    hypotheses = {**HYPOTHESES, "u3": "a day trip"}
    reference, hypothesis = write_reference(tmp_path), write_hypotheses(tmp_path, hypotheses)
    scores = score_files(reference, hypothesis, groups=groups)
    assert scores.total.groups == {
        "one word": EntityCounts(1, 2, 1),
        "several words": EntityCounts(0, 0, 1),
        "known words": EntityCounts(0, 1, 1),
        "an unknown word": EntityCounts(1, 1, 1),
    }
    stored = json.loads(scores.to_json())["groups"]
    assert stored["an unknown word"]["F1"]["rate"] == 1 / 2
    assert stored["several words"]["recall"]["rate"] is None
    assert stored["one word"]["F1"]["counts"] == {"hits": 1, "misses": 2, "false_alarms": 1}
    (line,) = (line for line in scores.to_table().splitlines() if line.startswith("F1, known"))
    assert line.split()[3] == "0.00"
    assert list(score_files(reference, hypothesis).groups) == list(by_length())


def test_two_systems_are_compared_utterance_by_utterance(tmp_path: Path) -> None:
    first = score_files(write_reference(tmp_path), write_hypotheses(tmp_path))
    perfect = {u: text for u, text, _, _ in reversed(UTTERANCES)}
    second = score_files(write_reference(tmp_path), write_hypotheses(tmp_path, perfect))
    differences = compare(first, second)
    assert differences["WER"].value == pytest.approx(-6 / 11)
    assert differences["WER"].interval[1] < 0
    assert differences["F1"].value == pytest.approx(3 / 5)
    with pytest.raises(InputError, match="'u2'"):
        compare(first, Scores((second.utterances[0], second.utterances[2])))


# --- Real speech ---


@needs_real_speech
@pytest.mark.parametrize(
    ("name", "expected"),
    [("ljspeech_lj001", (3.33, 1.85, 13.89)), ("commonvoice_100", (11.85, 7.61, 26.19))],
)
def test_greedy_hypotheses_of_real_speech(
    tmp_path: Path, name: str, expected: tuple[float, float, float]
) -> None:
    records = map(json.loads, (REAL_SPEECH / f"{name}.jsonl").read_text().splitlines())
    hypotheses = write_hypotheses(tmp_path, {r["id"]: r["greedy"] for r in records})
    scores = score_files(REAL_SPEECH / f"{name}.is21.tsv", hypotheses)
    rates = [round(100 * scores.metrics[metric].rate, 2) for metric in ("WER", "U-WER", "B-WER")]
    assert tuple(rates) == expected
    for score in scores.metrics.values():
        assert score.interval[0] <= score.rate <= score.interval[1]
