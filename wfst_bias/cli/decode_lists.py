"""The lists of a run of `decode`: one for all utterances, or one for each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from wfst_bias.cli.decode_work import Decoded, ListReport, Utterance
from wfst_bias.cli.inputs import REPORT, count_lines, read_lists
from wfst_bias.decode.entity_names import with_sounds
from wfst_bias.entities.classes import ListFile, in_known_classes
from wfst_bias.entities.entity_list import (
    REPORT_COLUMNS,
    EntityList,
    LineReport,
    entities_from_strings,
    write_report,
)
from wfst_bias.entities.list_file import (
    ListLine,
    UtteranceList,
    parse_phrases,
    read_entities_tsv,
)
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.sound.knowledge import PhoneKnowledge
from wfst_bias.tokens import TokenTable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListRequest:
    """Hold what is asked for; the names are those of the flags.

    `entities` are the files of a list for all utterances, `entities_tsv` has one for each; at most
    one of them is given.
    """

    entities: Sequence[ListFile] = ()
    entities_tsv: Path | None = None
    list_format: str = "auto"
    strict: bool = False


@dataclass(frozen=True)
class RunLists:
    """Hold the list of the run or the lists of its utterances, or neither.

    `classes` are those of the LM, once it is known; `phones` is what says how names are pronounced,
    where sound has a say.
    """

    tokens: TokenTable
    shared: EntityList | None = None
    own: Mapping[str, UtteranceList] | None = None
    classes: Sequence[str] = ()
    phones: PhoneKnowledge | None = None

    @classmethod
    def read(cls, request: ListRequest, tokens: TokenTable, ids: Sequence[str]) -> RunLists:
        """Read the lists for the utterances with these ids; warn where the two do not match.

        Raises:
          InputError: a file that cannot be read, or a rejected line where the request is strict.
        """
        if request.entities:
            form = request.list_format
            shared = read_lists(request.entities, form, tokens, strict=request.strict)
            if not shared.entities:
                files = ", ".join(map(str, request.entities))
                log.warning("%s: no entity in it, so nothing is boosted", files)
            return cls(tokens, shared=shared)
        if request.entities_tsv is None:
            return cls(tokens)
        own = read_entities_tsv(request.entities_tsv)
        _warn(request.entities_tsv, "utterances without a list", set(ids) - own.keys())
        _warn(request.entities_tsv, "lists without an utterance", own.keys() - set(ids))
        lists = cls(tokens, own=own)
        if request.strict:
            lists.check(request.entities_tsv)
        return lists

    def in_classes(self, classes: Sequence[str]) -> RunLists:
        """Return the lists as an LM with these class words serves them."""
        shared = None if self.shared is None else in_known_classes(self.shared, classes)
        return replace(self, shared=shared, classes=classes)

    def as_said(self, phones: PhoneKnowledge | None) -> RunLists:
        """Return the lists with reports that tell what is wrong with the sound of their lines."""
        shared = None if self.shared is None else _told(self.shared, phones, self.tokens)
        return replace(self, shared=shared, phones=phones)

    def own_lists(self) -> dict[str, EntityList]:
        """Return the lists of utterances that have one of their own, by id."""
        return {name: self._compile(name) for name in self.own or {}}

    def check(self, path: Path) -> None:
        """Refuse the lists of utterances if one has a line that is rejected."""
        for name in self.own or {}:
            try:
                self._compile(name, strict=True)
            except InputError as error:
                raise InputError(f"in the list of {name}, {error}", path=path) from error

    def written(self) -> Iterator[str]:
        """Return the written forms of all entities, some several times."""
        if self.shared is not None:
            yield from (entity.written for entity in self.shared)
        for utterance in (self.own or {}).values():
            lines = parse_phrases(utterance.entities, "auto")
            yield from (line.written for line in lines if isinstance(line, ListLine))

    def utterances(self, ids: Iterable[str]) -> list[Utterance]:
        """Return utterances with their own lists."""
        own = self.own or {}
        return [Utterance(name, own[name].entities if name in own else None) for name in ids]

    def write_report(self, decoded: Iterable[Decoded], out: Path) -> dict[str, int]:
        """Write what became of every line of all lists; return how many became what."""
        path = out / REPORT
        if self.shared is not None:
            write_report(self.shared.report, path)
            return count_lines(self.shared.report)
        if self.own is None:
            path.unlink(missing_ok=True)  # of an earlier run
            return {}
        counts: Counter[str] = Counter()
        lines = ["\t".join(("utterance", *REPORT_COLUMNS))]
        for found in decoded:
            name = found.result.utterance_id
            if name in self.own:
                # A worker that died with an utterance took the report of its list along.
                report = found.report or ListReport.of(self._report(name))
                counts.update(report.counts)
                lines += [f"{name}\t{line}" for line in report.lines]
        write_text(path, "\n".join(lines) + "\n")
        return dict(counts)

    @cached_property
    def _readers(self) -> tuple[Normalizer, Speller]:
        """Return what reads all lists; words that several of them have are spelled once."""
        return Normalizer(self.tokens), Speller(self.tokens)

    def _report(self, name: str) -> Sequence[LineReport]:
        return _told(self._compile(name), self.phones, self.tokens).report

    def _compile(self, name: str, *, strict: bool = False) -> EntityList:
        assert self.own is not None, "only utterances with lists of their own are asked for"
        normalizer, speller = self._readers
        phrases = self.own[name].entities
        found = entities_from_strings(phrases, normalizer, "auto", speller=speller, strict=strict)
        return in_known_classes(found, self.classes) if self.classes else found


def _told(entities: EntityList, phones: PhoneKnowledge | None, tokens: TokenTable) -> EntityList:
    """Return a list whose report tells of its sound, if anything says how names are pronounced."""
    if phones is None:
        return entities
    return with_sounds(entities, phones.pronouncer, Normalizer(tokens))


def _warn(path: Path, what: str, names: set[str]) -> None:
    if names:
        more = ", ..." if len(names) > 1 else ""
        log.warning("%s: %d %s: %s%s", path, len(names), what, min(names), more)
