"""The entity list: what the lines of a list come to, with a report on each of them.

compile_list           resolves lines to entities
read_entity_list       does so for a file
entities_from_strings  does so for phrases that a program already holds
write_report           writes what became of every line

Neither the order of the lines nor a line given twice changes the entities. Where two lines claim
the same form, the higher declared score has it, any declared score before the default one, and at
equal scores the written form that sorts first.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import starmap
from operator import attrgetter
from pathlib import Path

from wfst_bias.entities.list_file import ListLine, RejectedLine, parse_phrases, read_list
from wfst_bias.entities.normalize import Normalized, Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.files import write_text

ACCEPTED, CHANGED, REJECTED = "accepted", "changed", "rejected"

REPORT_COLUMNS = ("line", "status", "written", "forms", "score", "reason")

# Steps that every list goes through and that no user wants to be told of.
_SILENT_STEPS = frozenset({"case", "whitespace"})
_MOST_SHOWN = 8

# Sorts the claims to a form: the first one has it.
_Rank = tuple[bool, float, str]


@dataclass(frozen=True, slots=True)
class Entity:
    """Hold one entity.

    Attributes:
      written: what the recognizer shall write.
      forms: the normalized forms under which it is heard, sorted; no other entity has them.
      score: the gain in nats of a path that completes it; None stands for the default.
      line: the first line that gives it.
      classes: the class words of the classes it belongs to, sorted; none stands for all.
      language: that it is pronounced in, as its first line says; empty where it does not.
    """

    written: str
    forms: tuple[str, ...]
    score: float | None = None
    line: int = field(default=0, compare=False)
    classes: tuple[str, ...] = ()
    language: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LineReport:
    """Hold what became of one line: accepted as it stands, changed, or rejected.

    `file` is its file, where a list comes from several.
    """

    line: int
    status: str
    written: str
    forms: tuple[str, ...]
    score: float | None
    reason: str = ""
    classes: tuple[str, ...] = ()
    file: str = ""


@dataclass(frozen=True)
class EntityList:
    """Hold the entities in an order that does not depend on the order of the lines.

    Attributes:
      entities: sorted by written form, forms and score.
      report: one entry per line, in the order of the lines.
    """

    entities: tuple[Entity, ...] = ()
    report: tuple[LineReport, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.entities)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the entities, which equal lists share whatever their lines."""
        content = [(e.written, e.forms, e.score, e.classes) for e in self.entities]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Claim:
    """Hold a readable line: the forms it asks for and what was changed to get them."""

    line: ListLine
    rank: _Rank
    forms: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def place(self) -> tuple[str, int]:
        """Return where the line stands, for sorting."""
        return self.line.file, self.line.line


def compile_list(
    lines: Iterable[ListLine | RejectedLine],
    normalizer: Normalizer,
    *,
    speller: Speller | None = None,
    strict: bool = False,
    path: Path | str | None = None,
) -> EntityList:
    """Resolve lines to entities, and report on every line.

    Args:
      lines: a list as read.
      normalizer: brings phrases into the model's letters.
      speller: where given, rejects forms that the model's tokens cannot spell.
      strict: make the first rejected line an error.
      path: the list's file, for that error.

    Raises:
      InputError: a line is rejected, and `strict` is set.
    """
    read = [_claim(line, normalizer, speller) for line in lines]
    claims = [claim for claim in read if isinstance(claim, _Claim)]
    owners = _owners(claims)
    reports = _reports(claims, owners)
    report = tuple([entry if isinstance(entry, LineReport) else next(reports) for entry in read])
    if strict:
        _raise_first_rejection(report, path)
    return EntityList(_entities(owners, _classes(claims, owners)), report)


def read_entity_list(
    path: Path | str,
    normalizer: Normalizer,
    list_format: str = "auto",
    *,
    speller: Speller | None = None,
    strict: bool = False,
) -> EntityList:
    """Read a list and resolve it; see `read_list` and `compile_list`."""
    lines = read_list(path, list_format)
    return compile_list(lines, normalizer, speller=speller, strict=strict, path=path)


def entities_from_strings(
    phrases: Iterable[str],
    normalizer: Normalizer,
    list_format: str = "plain",
    *,
    speller: Speller | None = None,
    strict: bool = False,
) -> EntityList:
    """Resolve phrases, written and spoken as they stand unless another line format is named.

    See `parse_phrases` and `compile_list`.
    """
    lines = parse_phrases(phrases, list_format)
    return compile_list(lines, normalizer, speller=speller, strict=strict)


def write_report(report: Sequence[LineReport], path: Path | str) -> None:
    """Write a report as tab-separated values with a header, atomically."""
    lines = ["\t".join(REPORT_COLUMNS), *report_lines(report)]
    write_text(path, "\n".join(lines) + "\n")


def report_lines(report: Iterable[LineReport]) -> Iterator[str]:
    """Render a report as tab-separated values, without a header."""
    for r in report:
        forms = " ~ ".join(r.forms)
        line = _place(r.file, r.line)
        written = " ".join((r.written, *r.classes))
        row = (line, r.status, written, forms, _score_text(r.score), r.reason)
        yield "\t".join(map(_printable, row))


def _claim(
    line: ListLine | RejectedLine, normalizer: Normalizer, speller: Speller | None
) -> _Claim | LineReport:
    if isinstance(line, RejectedLine):
        return LineReport(line.line, REJECTED, line.text, (), None, line.reason, file=line.file)
    forms: dict[str, None] = {}
    reasons = list(line.notes)
    faults: list[str] = []
    for phrase in line.spoken:
        normalized = normalizer.normalize(phrase)
        if fault := _fault(normalized, speller):
            faults.append(fault if len(line.spoken) == 1 else f"{phrase!r} left out: {fault}")
        else:
            forms[normalized.form] = None
            reasons += [step for step in normalized.steps if step not in _SILENT_STEPS]
    if not forms:
        return _rejection(line, "; ".join(faults))
    rank = (line.score is None, -(line.score or 0.0), line.written)
    return _Claim(line, rank, tuple(forms), tuple(dict.fromkeys(reasons + faults)))


def _fault(normalized: Normalized, speller: Speller | None) -> str:
    if normalized.unspeakable:
        what = _named(normalized.unspeakable)
        return f"{what} cannot be spoken with this model's tokens: give a spoken form `~...`"
    if not normalized.form:
        return "nothing is left to speak: give a spoken form `~...`"
    if speller is not None and not speller.segmentations(normalized.form):
        return f"no sequence of this model's tokens spells {normalized.form!r}"
    return ""


def _named(characters: str) -> str:
    others = [f"‘{c}’" for c in characters if not c.isdigit()]
    shown = ["digits"] * (len(others) < len(characters)) + others[:_MOST_SHOWN]
    more = ["others"] * (len(others) > _MOST_SHOWN)
    *most, last = shown + more
    return f"{', '.join(most)} and {last}" if most else last


def _owners(claims: Sequence[_Claim]) -> dict[str, _Claim]:
    """Map each form to the first line among those of the best rank that claim it."""
    owners: dict[str, _Claim] = {}
    for claim in claims:
        for form in claim.forms:
            owner = owners.get(form)
            if owner is None or claim.rank < owner.rank:
                owners[form] = claim
    return owners


def _classes(
    claims: Iterable[_Claim], owners: Mapping[str, _Claim]
) -> dict[_Rank, tuple[str, ...]]:
    """Join the classes of the lines of one written form and score that have won a form."""
    joined: dict[_Rank, tuple[str, ...]] = {}
    for claim in claims:
        if any(owners[form].rank == claim.rank for form in claim.forms):
            classes = claim.line.classes
            known = joined.setdefault(claim.rank, classes)
            joined[claim.rank] = tuple(sorted({*known, *classes})) if known and classes else ()
    return joined


def _entities(
    owners: Mapping[str, _Claim], classes: Mapping[_Rank, tuple[str, ...]]
) -> tuple[Entity, ...]:
    """Join the forms that lines of one written form and score have won."""
    won: dict[_Rank, list[str]] = defaultdict(list)
    first: dict[_Rank, _Claim] = {}
    for form, claim in owners.items():
        won[claim.rank].append(form)
        first[claim.rank] = min(first.get(claim.rank, claim), claim, key=attrgetter("place"))
    entities = [
        Entity(
            line.written, tuple(sorted(won[r])), line.score, line.line, classes[r], line.language
        )
        for r, line in ((rank, claim.line) for rank, claim in first.items())
    ]
    return tuple(sorted(entities, key=attrgetter("written", "forms")))


def _reports(claims: Sequence[_Claim], owners: dict[str, _Claim]) -> Iterator[LineReport]:
    for claim in claims:
        owned = [owners[form] for form in claim.forms]
        if all(owner is claim for owner in owned):
            yield _kept(claim, claim.forms, claim.reasons)
            continue
        kept = tuple(f for f, o in zip(claim.forms, owned, strict=True) if o.rank == claim.rank)
        if not kept:
            places = ", ".join(starmap(_place, sorted({owner.place for owner in owned})))
            yield _rejection(claim.line, f"same form as line {places}")
        else:
            yield _kept(claim, kept, (*claim.reasons, *_overlaps(claim, owned)))


def _overlaps(claim: _Claim, owned: Sequence[_Claim]) -> Iterator[str]:
    """Say which other lines give the forms of a line that keeps at least one."""
    earlier = {o.place: o for o in owned if o is not claim and o.rank == claim.rank}
    whole = all(owner is not claim and owner.rank == claim.rank for owner in owned)
    for place, owner in sorted(earlier.items()):
        same = whole and owner.line.classes == claim.line.classes
        yield f"{'same as' if same else 'joined with'} line {_place(*place)}"
    for form, owner in zip(claim.forms, owned, strict=True):
        if owner.rank != claim.rank:
            yield f"{form!r} left to line {_place(*owner.place)}"


def _kept(claim: _Claim, forms: tuple[str, ...], reasons: Sequence[str]) -> LineReport:
    line = claim.line
    status = CHANGED if reasons else ACCEPTED
    reason = "; ".join(reasons)
    return LineReport(
        line.line, status, line.written, forms, line.score, reason, line.classes, line.file
    )


def _rejection(line: ListLine, reason: str) -> LineReport:
    return LineReport(
        line.line, REJECTED, line.written, (), line.score, reason, line.classes, line.file
    )


def _place(file: str, line: int) -> str:
    """Name a line, by its file too where there are several."""
    return f"{file}:{line}" if file else str(line)


def _raise_first_rejection(report: Sequence[LineReport], path: Path | str | None) -> None:
    rejected = [entry for entry in report if entry.status == REJECTED]
    if not rejected:
        return
    others = len(rejected) - 1
    path = rejected[0].file or path
    also = f" ({others} other {'line is' if others == 1 else 'lines are'} rejected too)"
    raise InputError(
        rejected[0].reason
        if path is not None
        else f"line {rejected[0].line}: {rejected[0].reason}",
        path=path,
        line=rejected[0].line,
        value=rejected[0].written,
        remedy=f"correct or remove the line{also if others else ''}",
    )


def _score_text(score: float | None) -> str:
    return "" if score is None else repr(score)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
