"""The tables of results.py: the scores of one set as Markdown, a table for each thing to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conditions import CONDITIONS

WORD_METRICS = ("WER", "U-WER", "B-WER")
ENTITY_METRICS = ("precision", "recall", "F1")
UNSAID = ("known words", "one word")  # groups without which a technique's table does

Scores = Mapping[str, Any]  # of a condition
Cells = Callable[[Scores], Iterator[str]]
Columns = tuple[tuple[str, ...], Cells]  # their headings, and what they say of a condition


def set_tables(by_condition: Mapping[str, Scores]) -> Iterator[str]:
    """Yield the tables of the conditions of a set."""
    scores = {CONDITIONS[name]: each for name, each in by_condition.items()}
    yield from _table("list", scores, _words(WORD_METRICS))
    yield from _table("list", scores, _entities(ENTITY_METRICS), _counts())
    groups = _groups_of(scores)
    yield from _named("Entities by kind", "list", scores, _groups(groups))
    missed = {says: each for says, each in scores.items() if each["misses"]}
    yield from _named("Why entities are missed", "list", missed, _causes(missed))
    yield from _named("Utterances that say no name", "list", scores, _nameless(scores))
    yield from _named("Time", "list", scores, _times(scores))


def system_tables(scores: Mapping[str, Scores]) -> Iterator[str]:
    """Yield the tables of the techniques that a set was decoded with, by what they are called."""
    yield from _table(
        "technique", scores, _entities(("F1",)), _gain(), _entities(ENTITY_METRICS[:2]),
        _words(("U-WER", "WER"), with_counts=False),
    )  # fmt: skip
    groups = tuple(name for name in _groups_of(scores) if name not in UNSAID)
    parts = _groups(groups, with_counts=False), _nameless(scores), _times(scores, with_audio=False)
    yield from _table("technique", scores, *parts)


def worth_table(scores: Mapping[str, Scores]) -> Iterator[str]:
    """Yield what it costs to leave out one technique, of the systems that do and were compared."""
    without = {
        each["without"]: each
        for each in scores.values()
        if each.get("without") and each.get("differences")
    }
    if without:
        yield "\nWhat leaving out one technique changes, paired by utterance:"
        yield from _table("left out", without, _difference("F1"), _difference("U-WER"), _verdict())


def percent(rate: float | None) -> str:
    """Return a rate in %, `-` where it is unknown."""
    return "-" if rate is None else f"{100 * rate:.2f}"


def _named(title: str, first: str, scores: Mapping[str, Scores], columns: Columns) -> Iterator[str]:
    """Yield a table under its title, if there is anything in it."""
    if columns[0] and scores:
        yield f"\n{title}:"
        yield from _table(first, scores, columns)


def _table(first: str, scores: Mapping[str, Scores], *columns: Columns) -> Iterator[str]:
    headings = [first, *(heading for part, _ in columns for heading in part)]
    if len(headings) == 1:
        return
    yield ""
    yield from _row(*headings)
    yield from _row(*["---"] * len(headings))
    for says, each in scores.items():
        yield from _row(says, *(cell for _, cells in columns for cell in cells(each)))


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _words(metrics: tuple[str, ...], *, with_counts: bool = True) -> Columns:
    def cells(score: Scores) -> Iterator[str]:
        for metric in metrics:
            found = score["metrics"][metric]
            counts = found["counts"]
            errors = counts["substitutions"] + counts["deletions"] + counts["insertions"]
            shown = f" {errors:,}/{counts['reference_words']:,}" if with_counts else ""
            yield _rate(found) + shown

    return metrics, cells


def _entities(metrics: tuple[str, ...]) -> Columns:
    return metrics, lambda score: (_rate(score["metrics"][metric]) for metric in metrics)


def _counts() -> Columns:
    def cells(score: Scores) -> Iterator[str]:
        counts = score["metrics"]["F1"]["counts"]
        yield f"{counts['hits']}, {counts['misses']}, {counts['false_alarms']}"

    return ("found, missed, false alarms",), cells


def _gain() -> Columns:
    def cells(score: Scores) -> Iterator[str]:
        difference = _shown_difference(score, "F1")
        yield "-" if difference is None else f"{difference} {score['against']}"

    return ("F1 more than that of",), cells


def _difference(metric: str) -> Columns:
    return (metric,), lambda score: iter((_shown_difference(score, metric) or "-",))


def _shown_difference(score: Scores, metric: str) -> str | None:
    difference = score.get("differences", {}).get(metric)
    if difference is None or difference["value"] is None:
        return None
    numbers = difference["value"], *difference["interval"]
    value, low, high = (f"{100 * number:+.2f}" for number in numbers)
    return f"**{value}** ({low} to {high})"


def _verdict() -> Columns:
    """Return what is surely worse without a technique, or why perhaps nothing is."""

    def cells(score: Scores) -> Iterator[str]:
        costs = [
            metric
            for metric, is_worse in (("F1", -1), ("U-WER", 1))
            if (of := score["differences"].get(metric)) is not None
            and of["value"] is not None
            and all(is_worse * bound > 0 for bound in of["interval"])
        ]
        yield " and ".join(costs) if costs else f"nothing: redundant here. {score['redundant']}"

    return ("is worse without it",), cells


def _groups_of(scores: Mapping[str, Scores]) -> tuple[str, ...]:
    """Return the groups of which an entity is said or written under some condition."""
    found = [
        name
        for each in scores.values()
        for name, of in each.get("groups", {}).items()
        if any(of["F1"]["counts"].values())
    ]
    return tuple(dict.fromkeys(found))


def _groups(names: tuple[str, ...], *, with_counts: bool = True) -> Columns:
    def cells(score: Scores) -> Iterator[str]:
        for name in names:
            found = score.get("groups", {}).get(name, {}).get("F1")
            if found is None:
                yield "-"
                continue
            counts = found["counts"]
            said = counts["hits"] + counts["misses"]
            yield _rate(found) + (f" {counts['hits']} of {said}" if with_counts else "")

    return tuple(f"F1, {name}" for name in names), cells


def _causes(scores: Mapping[str, Scores]) -> Columns:
    """Return the causes that any condition has, and how many of its misses each has."""
    found = [each["misses"]["causes"] for each in scores.values()]
    names = dict.fromkeys(name for causes in found for name in causes)
    causes = tuple(name for name in names if any(of[name]["misses"] for of in found))

    def cells(score: Scores) -> Iterator[str]:
        misses = score["misses"]
        yield f"{misses['missed']} of {misses['entities']}"
        for cause in causes:
            of = misses["causes"][cause]
            share = "-" if of["share"] is None else f"{100 * of['share']:.1f}"
            yield f"**{share}** {of['misses']}"

    return ("missed", *causes), cells


def _nameless(scores: Mapping[str, Scores]) -> Columns:
    """Return what was counted where no name is said; no columns where it was for no condition."""
    if not any(each["alarms"] for each in scores.values()):
        return (), lambda _: iter(())

    def cells(score: Scores) -> Iterator[str]:
        found = score["alarms"]
        if found is None or found["false_alarms"]["rate"] is None:
            yield from "--"
            return
        alarms, wer = found["false_alarms"], found["wer"]
        low, high = alarms["interval"]
        counts = f"{alarms['count']} in {alarms['of']:.2f} hours"
        yield f"**{alarms['rate']:.1f}** ({low:.1f} to {high:.1f}) {counts}"
        yield f"{_rate(wer)} {wer['count']:,}/{wer['of']:,.0f}"

    return ("false alarms per hour", "WER where no name is said"), cells


def _times(scores: Mapping[str, Scores], *, with_audio: bool = True) -> Columns:
    """Return what decoding took; no columns where it is known of no condition."""
    if not any(each["timing"] for each in scores.values()):
        return (), lambda _: iter(())

    def cells(score: Scores) -> Iterator[str]:
        timing = score["timing"]
        if timing is None or not timing["audio_seconds"]:
            yield from ["-"] * (3 if with_audio else 2)
            return
        lists, seconds = timing["lists"], timing["audio_seconds"]
        yield f"{1000 * timing['list_seconds'] / lists:.1f}" if lists else "-"
        yield f"{timing['search_seconds'] / seconds:.4f}"
        if with_audio:
            yield f"{seconds / 60:.1f}"

    return ("ms per list", "real-time factor", "minutes of audio")[: 3 if with_audio else 2], cells


def _rate(metric: Mapping[str, Any]) -> str:
    low, high = map(percent, metric["interval"])
    return f"**{percent(metric['rate'])}** ({low} to {high})"
