"""Results as they are said: units with their words, times by phones, entities put in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wfst_bias.entities.entity_list import Entity
from wfst_bias.formats.results import EntitySpan, LookedUp, Result, Word
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.phones.names import Name
from wfst_bias.sound.align import Alignment
from wfst_bias.sound.lookup import Replacement
from wfst_bias.sound.texts import Spoken


@dataclass(frozen=True)
class PlacedUnit:
    """Hold what is written as one, and which words of the result it is."""

    spoken: Spoken
    words: range


def placed_units(
    result: Result,
    entities: CompiledList | None,
    names: Callable[[Entity], tuple[Name, ...]],
) -> list[PlacedUnit]:
    """Return the words and entities of a result.

    Args:
      result: what was decoded.
      entities: the list that it was decoded with.
      names: what an entity is called.
    """
    spans = {span.first_word: span for span in result.entities}
    written = {span.written for span in result.entities}
    called: dict[str, tuple[Name, ...]] = {}
    for entity in () if entities is None or not written else entities.entities:
        if entity.written in written:
            called[entity.written] = (*called.get(entity.written, ()), *names(entity))
    units = []
    at = 0
    while at < len(result.words):
        span, text = spans.get(at), result.words[at].text
        if span is None:
            unit = PlacedUnit(Spoken(text), range(at, at + 1))
        else:
            spoken = Spoken(span.written, called[span.written])
            unit = PlacedUnit(spoken, range(at, at + span.n_words))
        units.append(unit)
        at = unit.words.stop
    return units


def with_times(
    result: Result, units: Sequence[PlacedUnit], alignment: Alignment, frame_seconds: float
) -> Result:
    """Return a result whose words and entities last as long as their phones.

    Where an entity is written with as many words as are said, each has its own time; otherwise
    they share that of the whole equally.
    """
    words = list(result.words)
    for number, unit in enumerate(units):
        said = [word for word in alignment.words if word.unit == number]
        times = [(word.begin * frame_seconds, word.end * frame_seconds) for word in said]
        for at, time in zip(unit.words, _shared(times, len(unit.words)), strict=True):
            words[at] = replace(words[at], start_seconds=time[0], end_seconds=time[1])
    spans = tuple(_timed(span, words) for span in result.entities)
    return replace(result, words=tuple(words), entities=spans)


def _shared(times: Sequence[tuple[float, float]], n_words: int) -> list[tuple[float, float]]:
    if len(times) == n_words:
        return list(times)
    begin, each = times[0][0], (times[-1][1] - times[0][0]) / n_words
    return [(begin + i * each, begin + (i + 1) * each) for i in range(n_words)]


def _timed(span: EntitySpan, words: Sequence[Word]) -> EntitySpan:
    last = words[span.first_word + span.n_words - 1]
    begin = words[span.first_word].start_seconds
    return replace(span, start_seconds=begin, end_seconds=last.end_seconds)


def with_entities(
    result: Result,
    replacements: Sequence[Replacement],
    first_word: Sequence[int],
    phones: Sequence[str],
    frame_seconds: float,
) -> Result:
    """Return a result with entities in place of words; the best text changes, the others stay.

    They have no boost, since the search did not find them.

    Args:
      result: with times.
      replacements: in the order of time.
      first_word: by unit the index of its first word; replacements count units.
      phones: column -> phone.
      frame_seconds: from one frame of the phones to the next.
    """
    for replacement in reversed(replacements):  # so that the places of those before stay
        begin = first_word[replacement.first_word]
        result = _with_entity(result, replacement, begin, phones, frame_seconds)
    if not replacements or not result.nbest:
        return result
    text = tuple(word.text for word in result.words)
    best = replace(result.nbest[0], words=text)
    others = tuple(entry for entry in result.nbest[1:] if entry.words != text)
    return replace(result, nbest=(best, *others))


def _with_entity(
    result: Result, new: Replacement, begin: int, phones: Sequence[str], frame_seconds: float
) -> Result:
    end = begin + new.n_words
    old = result.words[begin:end]
    start_seconds = min(old[0].start_seconds, new.heard[0].frame * frame_seconds)
    end_seconds = max(old[-1].end_seconds, (new.heard[-1].frame + 1) * frame_seconds)
    texts = new.entity.split()
    each = (end_seconds - start_seconds) / len(texts)
    words = tuple(
        Word(text, start_seconds + i * each, start_seconds + (i + 1) * each, new.confidence)
        for i, text in enumerate(texts)
    )
    why = LookedUp(
        tuple(word.text for word in old),
        tuple(phones[phone.phone] for phone in new.heard),
        tuple(phones[phone] for phone in new.said),
        new.cost,
        new.loss_nats,
    )
    span = EntitySpan(new.entity, start_seconds, end_seconds, new.confidence, 0.0, begin,
                      len(words), looked_up=why)  # fmt: skip
    moved = len(words) - len(old)
    before = tuple(s for s in result.entities if s.first_word < begin)
    after = tuple(
        replace(s, first_word=s.first_word + moved) for s in result.entities if s.first_word >= end
    )
    return replace(
        result,
        words=(*result.words[:begin], *words, *result.words[end:]),
        entities=(*before, span, *after),
    )
