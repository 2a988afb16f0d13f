"""An experiment's folder, as run.sh fills it.

    EXP/data/dataset.toml              what the data are: title, note, sets
    EXP/data/SET.list100.tsv           references, with a list for each utterance; other sizes too
    EXP/data/SET.shared.txt            the list that all utterances share
    EXP/data/SET.cuts.jsonl.gz         the audio, where there is some
    EXP/decode/SET.CONDITION/          text; perhaps hyp.ctm, entities.jsonl, nbest.jsonl
    EXP/score/SET.CONDITION.json       figures; perhaps SET.CONDITION.alarms.json, .misses.json
    EXP/systems/titles.toml            perhaps what systems are called, by name; "" is the plain one

Whatever conditions are there are read; nothing says beforehand which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import tomli

from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.formats.decoded import WrittenSpan, read_ctm, read_nbest, read_spans
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.formats.results import NbestEntry, Word
from wfst_bias.misses.report import MissReport, read_misses
from wfst_bias.report.conditions import SCORED_LIST, SHARED, Condition
from wfst_bias.report.figures import Alarms, Figure, read_alarms, read_figures
from wfst_bias.score.score_files import ScoredList, own_list, read_shared_list

Read = TypeVar("Read")


@dataclass(frozen=True)
class Decoded:
    """Hold what a set came to under one condition.

    Attributes:
      condition: how it was decoded.
      texts: the hypothesis of each utterance.
      words: with their times, of each utterance that has any; empty where no times are known.
      spans: the entities found, of each utterance that has any.
      nbest: the n-best lists, best first; empty where there are none.
      figures: the rates by name; None where the condition was not scored.
      alarms: false alarms per hour; None where they were not counted.
      misses: entities that were missed, and why; None where that was not asked.
    """

    condition: Condition
    texts: Mapping[str, str]
    words: Mapping[str, tuple[Word, ...]]
    spans: Mapping[str, tuple[WrittenSpan, ...]]
    nbest: Mapping[str, tuple[NbestEntry, ...]]
    figures: Mapping[str, Figure] | None
    alarms: Alarms | None
    misses: MissReport | None = None

    def named(self, titles: Mapping[str, str]) -> Decoded:
        """Return it with the title of its system."""
        return replace(self, condition=self.condition.named(titles))


@dataclass(frozen=True)
class DecodedSet:
    """Hold a set of utterances with all that was decoded of it.

    Attributes:
      name, role: what it is called, and what is said of it.
      data: the folder of its lists.
      references: what was said, by utterance, with the names to find.
      decoded: in the order of their conditions.
    """

    name: str
    role: str
    data: Path
    references: Mapping[str, UtteranceList]
    decoded: tuple[Decoded, ...]

    @property
    def cuts(self) -> Path | None:
        """Return the manifest of its audio, None where there is none."""
        path = self.data / f"{self.name}.cuts.jsonl.gz"
        return path if path.is_file() else None

    def scored_lists(self, list_name: str) -> Callable[[str], ScoredList]:
        """Return the function from an utterance to the entities to look for in it.

        Raises:
          InputError: the list is missing or broken, or lacks an utterance.
        """
        if list_name == SHARED:
            shared = read_shared_list(self.data / f"{self.name}.shared.txt")
            return lambda _: shared
        path = self.data / f"{self.name}.{list_name}.tsv"
        lists = self.references if list_name == SCORED_LIST else read_entities_tsv(path)
        _check_utterances(self.references, lists, path)
        return lambda utterance_id: own_list(lists[utterance_id])


@dataclass(frozen=True)
class Experiment:
    """Hold all that a report is made from.

    Attributes:
      title: of the data.
      notes: what is said of them.
      sets: what was decoded.
    """

    title: str
    notes: tuple[str, ...]
    sets: tuple[DecodedSet, ...]

    @classmethod
    def read(cls, folder: Path | str) -> Experiment:
        """Read an experiment.

        Raises:
          InputError: something is missing or broken (the file is named), or nothing is decoded.
        """
        folder = Path(folder)
        path = folder / "data/dataset.toml"
        about = _read_about(path)
        titles = _read_titles(folder / "systems/titles.toml")
        sets = tuple(_read_set(folder, name, about["sets"], titles) for name in about["sets"])
        if not any(each.decoded for each in sets):
            raise InputError("nothing is decoded", path=folder / "decode", remedy="run ./run.sh")
        return cls(about["title"], _notes(about), tuple(each for each in sets if each.decoded))


def _read_tables(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads("\n".join(read_lines(path)))
    except tomli.TOMLDecodeError as error:
        raise InputError(f"not TOML ({error})", path=path) from error


def _read_about(path: Path) -> dict[str, Any]:
    about = _read_tables(path)
    for key, kind in (("title", str), ("note", str), ("sets", dict)):
        if not isinstance(about.get(key), kind):
            remedy = "run stage 1 of run.sh again"
            raise InputError(f"expected `{key}`", path=path, value=about.get(key), remedy=remedy)
    return about


def _notes(about: Mapping[str, Any]) -> tuple[str, ...]:
    shared = about.get("shared")
    return (about["note"], *([f"The shared list: {shared}."] if shared else []))


def _read_titles(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    titles = _read_tables(path)
    for title in titles.values():
        if not isinstance(title, str):
            raise InputError("expected a title of each system", path=path, value=title)
    return titles


def _read_set(
    folder: Path, name: str, roles: Mapping[str, object], titles: Mapping[str, str]
) -> DecodedSet:
    found = {
        path.name.removeprefix(f"{name}."): path
        for path in folder.glob(f"decode/{name}.*")
        if (path / "text").is_file() and _set_of(path.name, roles) == name
    }
    data = folder / "data"
    references_path = data / f"{name}.{SCORED_LIST}.tsv"
    references = read_entities_tsv(references_path) if found else {}
    decoded = [
        _read_decoded(path, key, name, folder / f"score/{name}.{key}").named(titles)
        for key, path in found.items()
    ]
    for each in decoded:
        _check_utterances(references, each.texts, found[each.condition.key] / "text")
        _check_utterances(each.texts, references, references_path)
    decoded.sort(key=lambda each: each.condition.order)
    return DecodedSet(name, str(roles[name]), data, references, tuple(decoded))


def _set_of(folder_name: str, names: Iterable[str]) -> str:
    """Return the set that a folder belongs to: of `a` and `a.b`, the longer."""
    fitting = (name for name in names if folder_name.startswith(f"{name}."))
    return max(fitting, key=len, default="")


def _read_decoded(folder: Path, key: str, set_name: str, score: Path) -> Decoded:
    made_from = folder / "made_from"
    arguments = " ".join(read_lines(made_from)) if made_from.is_file() else ""
    texts = read_kaldi_text(folder / "text")
    words = _read_if_there(read_ctm, folder / "hyp.ctm") or {}
    _check_words(texts, words, folder / "hyp.ctm")
    return Decoded(
        condition=Condition.of(key, set_name, arguments),
        texts=texts,
        words=words,
        spans=_read_if_there(read_spans, folder / "entities.jsonl") or {},
        nbest=_read_if_there(read_nbest, folder / "nbest.jsonl") or {},
        figures=_read_if_there(read_figures, score.with_name(f"{score.name}.json")),
        alarms=_read_if_there(read_alarms, score.with_name(f"{score.name}.alarms.json")),
        misses=_read_if_there(read_misses, score.with_name(f"{score.name}.misses.json")),
    )


def _read_if_there(read: Callable[[Path], Read], path: Path) -> Read | None:
    return read(path) if path.is_file() else None


def _check_words(
    texts: Mapping[str, str], words: Mapping[str, tuple[Word, ...]], path: Path
) -> None:
    for utterance_id, timed in words.items():
        if " ".join(word.text for word in timed) != texts.get(utterance_id):
            remedy = "decode the set again"
            raise InputError(
                "other words than in `text`", path=path, value=utterance_id, remedy=remedy
            )


def _check_utterances(wanted: Mapping[str, Any], present: Mapping[str, Any], path: Path) -> None:
    missing = next((name for name in wanted if name not in present), None)
    if missing is not None:
        raise InputError("no utterance", path=path, value=missing, remedy="decode the set again")
