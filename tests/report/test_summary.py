"""Sums over a set: the same as the scores, by entity and by miss; the most telling utterances."""

from __future__ import annotations

from pathlib import Path

from small_experiment import HOSTILE, HOSTILE_ID

from wfst_bias.report.experiment import Experiment
from wfst_bias.report.outcomes import CONFUSED, FALSE_ALARM, FOUND, IN_PART, INSTEAD
from wfst_bias.report.page_data import most_telling, set_data
from wfst_bias.report.summary import analyse, count_instead, entity_rows


def test_counts_are_those_of_the_scores(exp: Path) -> None:
    for decoded_set in Experiment.read(exp).sets:
        for decoded, analysed in zip(decoded_set.decoded, analyse(decoded_set), strict=True):
            assert decoded.figures is not None
            counts = {
                "hits": sum(each.count(FOUND) for each in analysed.values()),
                "misses": sum(each.count(*INSTEAD) for each in analysed.values()),
                "false_alarms": sum(each.count(FALSE_ALARM) for each in analysed.values()),
            }
            assert counts == decoded.figures["F1"].counts
            assert sum(count_instead(analysed.values()).values()) == counts["misses"]


def test_rows_of_entities(exp: Path) -> None:
    first = Experiment.read(exp).sets[0]
    rows = {row.shown: row for row in entity_rows(analyse(first))}
    assert rows.keys() == {"Anna Kovač", "Bled", HOSTILE, '"Quick" & Sons', "Ptuj", "Nob Ody"}
    bled = rows["Bled"]
    assert (bled.said, bled.n_words) == (1, 1)
    assert [tally.found for tally in bled.tallies] == [1, 1, 0, 1, 1]
    assert bled.tallies[2].instead == {"Ptuj": 1}
    assert rows["Ptuj"].said == 0
    assert [tally.false_alarms for tally in rows["Ptuj"].tallies] == [0, 0, 1, 0, 0]
    assert list(rows["Nob Ody"].utterances) == [HOSTILE_ID]


def test_what_stands_in_the_place_of_misses(exp: Path) -> None:
    analysed = analyse(Experiment.read(exp).sets[0])
    assert count_instead(analysed[1].values())[IN_PART] == 1
    assert count_instead(analysed[2].values())[CONFUSED] == 1


def test_the_most_telling_utterances(exp: Path) -> None:
    analysed = analyse(Experiment.read(exp).sets[0])
    assert most_telling(analysed, 1) in (["a"], ["b"])
    assert set(most_telling(analysed, 2)) == {"a", "b"}
    assert len(most_telling(analysed, 9)) == 3
    assert most_telling([], 9) == []


def test_what_the_script_is_given(exp: Path) -> None:
    first = Experiment.read(exp).sets[0]
    data = set_data(first, analyse(first))
    assert data["conditions"][:2] == ["no list", "list of 100"]
    said = {utterance["id"]: utterance for utterance in data["utterances"]}
    assert said["a"]["marks"] == [[2, 2], [5, 1]]
    hypotheses, places = said["a"]["hyps"], said["a"]["of"]
    assert places[1] == places[4]  # the adapter wrote the same
    listed = hypotheses[places[1]]
    assert listed["words"] == ["we", "met", "Anna", "Kovač", "in", "Bled"]
    assert listed["marks"] == [[2, 2, True], [5, 1, True]]
    assert listed["times"][:4] == [0, 40, 50, 40]
    assert listed["counts"] == [2, 0, 0, 0]
    assert listed["spans"][0][:3] == [100, 90, "Anna Kovač"]
    confused = hypotheses[places[2]]
    assert confused["words"][-1] == ["o", "Ptuj", "Bled"]
    assert [span[-1] for span in confused["spans"]] == [True, False]
    assert confused["counts"] == [1, 1, 1, 1]


def test_why_entities_are_missed(exp: Path) -> None:
    first = Experiment.read(exp).sets[0]
    data = set_data(first, analyse(first))
    assert data["misses"] == {
        "b": [[1, "quick sons", "outranked", "rank 2"]],
        "a": [
            [1, "bled", "in the lattice", "2.0 nats behind the best path"],
            [1, "bled", "pruned", "would cost -0.5 nats a word"],
            [1, "bled", "not heard", "does not fit into its place"],
            [1, "bled", "unknown", ""],
        ],
    }
