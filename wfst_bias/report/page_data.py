"""What the page's script is given: a set's entities and utterances as plain JSON.

Times are in hundredths of a second, conditions and utterances are named by their index, and a
hypothesis that several conditions share stands there once.

- set_data: all of a set but recordings and images.
- most_telling: the utterances whose recordings are worth their size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from wfst_bias.formats.decoded import WrittenSpan
from wfst_bias.formats.results import NbestEntry, Word
from wfst_bias.misses.causes import Cause, Miss
from wfst_bias.report.differences import ADDED, MISSING, OTHER, RIGHT, Difference, Text, differences
from wfst_bias.report.experiment import Decoded, DecodedSet
from wfst_bias.report.outcomes import FALSE_ALARM, FOUND, INSTEAD, EntityOutcome
from wfst_bias.report.summary import Analysed, EntityRow, EntityTally, entity_rows
from wfst_bias.score.entity_score import EntityIndex
from wfst_bias.score.score_files import own_list
from wfst_bias.score.wer import count_errors

KINDS = {OTHER: "o", ADDED: "a", MISSING: "m"}
SAME_TIME_SECONDS = 0.0015  # files round to milliseconds


def set_data(decoded_set: DecodedSet, analysed: Sequence[Mapping[str, Analysed]]) -> dict[str, Any]:
    """Return what the script shows of a set.

    Args:
      decoded_set: the set.
      analysed: by condition, as `analyse` gives them.
    """
    places = {utterance_id: place for place, utterance_id in enumerate(decoded_set.references)}
    return {
        "name": decoded_set.name,
        "conditions": [each.condition.label for each in decoded_set.decoded],
        "entities": [_entity(row, places) for row in entity_rows(analysed)],
        "utterances": [_utterance(utterance_id, decoded_set, analysed) for utterance_id in places],
        "misses": _misses(decoded_set.decoded),
    }


def most_telling(analysed: Sequence[Mapping[str, Analysed]], count: int) -> list[str]:
    """Choose utterances: those on whose entities conditions differ most, then where most is amiss.

    Args:
      analysed: by condition, as `analyse` gives them.
      count: how many at most.
    """

    def telling(utterance_id: str) -> tuple[int, int]:
        each = [condition[utterance_id] for condition in analysed]
        results = {(one.count(FOUND), one.count(FALSE_ALARM)) for one in each}
        return -len(results), -sum(one.count(FALSE_ALARM, *INSTEAD) for one in each)

    return sorted(analysed[0], key=telling)[:count] if analysed else []


def nbest_rows(decoded: Sequence[Decoded], utterance_id: str) -> list[list[list[object]]]:
    """Return the n-best list of an utterance under each condition: text, score, boost, phones."""
    return [[_nbest(entry) for entry in each.nbest.get(utterance_id, ())] for each in decoded]


def _misses(decoded: Sequence[Decoded]) -> dict[str, list[list[object]]]:
    """Return what is missed, by utterance: condition, entity, cause, how far it came."""
    found: dict[str, list[list[object]]] = {}
    for place, each in enumerate(decoded):
        for miss in each.misses.misses if each.misses is not None else ():
            row = [place, miss.entity, miss.cause.value, _how_far(miss)]
            found.setdefault(miss.utterance_id, []).append(row)
    return found


def _how_far(miss: Miss) -> str:
    if miss.rank is not None:
        return f"rank {miss.rank}"
    if miss.cause is Cause.IN_LATTICE:
        return f"{miss.behind_nats:.1f} nats behind the best path"
    if miss.lost_nats is None:
        return ""
    if math.isinf(miss.lost_nats):
        return "does not fit into its place"
    return f"would cost {miss.lost_nats:.1f} nats a word"


def _entity(row: EntityRow, places: Mapping[str, int]) -> list[object]:
    tallies = [_tally(tally) for tally in row.tallies]
    utterances = sorted(places[utterance_id] for utterance_id in row.utterances)
    return [row.shown, row.n_words, row.said, tallies, utterances]


def _tally(tally: EntityTally) -> list[object]:
    instead = [[text, count] for text, count in tally.instead.most_common()]
    return [tally.found, tally.missed, tally.false_alarms, instead]


def _utterance(
    utterance_id: str, decoded_set: DecodedSet, analysed: Sequence[Mapping[str, Analysed]]
) -> dict[str, Any]:
    reference = decoded_set.references[utterance_id]
    said = Text.of(reference.text)
    entities = EntityIndex.of(own_list(reference).targets or ()).occurrences(said.words)
    shown: dict[str, int] = {}
    hypotheses: list[dict[str, Any]] = []
    places = []
    for condition, decoded in zip(analysed, decoded_set.decoded, strict=True):
        hypothesis = _hypothesis(condition[utterance_id], decoded, utterance_id)
        key = json.dumps(hypothesis)
        if key not in shown:
            shown[key] = len(hypotheses)
            hypotheses.append(hypothesis)
        places.append(shown[key])
    marks = [(said.piece_of_word[e.places[0]], said.piece_of_word[e.places[-1]]) for e in entities]
    return {
        "id": utterance_id,
        "said": said.pieces,
        "marks": [[first, last - first + 1] for first, last in marks],
        "hyps": hypotheses,
        "of": places,
    }


def _hypothesis(utterance: Analysed, decoded: Decoded, utterance_id: str) -> dict[str, Any]:
    hypothesis = utterance.hypothesis
    words = decoded.words.get(utterance_id, ())
    marked = [each for each in utterance.outcomes if each.n_pieces]
    found = differences(hypothesis.reference, hypothesis.text, hypothesis.pairs)
    counts = (FOUND,), INSTEAD, (FALSE_ALARM,)
    return {
        "words": [_difference(each) for each in found],
        "marks": [[each.first_piece, each.n_pieces, each.outcome == FOUND] for each in marked],
        "times": [time for word in words for time in _times(word)],
        "spans": [
            _span(span, _is_right(span, words, hypothesis.text, marked))
            for span in decoded.spans.get(utterance_id, ())
        ],
        "counts": [
            *(utterance.count(*kinds) for kinds in counts),
            count_errors(hypothesis.pairs).errors,
        ],
    }


def _difference(difference: Difference) -> str | list[str]:
    if difference.kind == RIGHT:
        return difference.written
    return [KINDS[difference.kind], difference.written, difference.said]


def _times(word: Word) -> tuple[int, int]:
    return _hundredths(word.start_seconds), _hundredths(word.end_seconds - word.start_seconds)


def _span(span: WrittenSpan, is_right: bool | None) -> list[object]:
    begin, end = _hundredths(span.start_seconds), _hundredths(span.end_seconds)
    return [
        begin,
        end - begin,
        span.entity,
        span.confidence,
        span.boost_nats,
        span.adaptive_nats,
        span.replaced,
        is_right,
    ]


def _is_right(
    span: WrittenSpan, words: Sequence[Word], text: Text, marked: Sequence[EntityOutcome]
) -> bool | None:
    """Say whether a span is an entity that was said, by where it begins; None if unknown."""
    begins = [
        token
        for token, word in enumerate(words)
        if abs(word.start_seconds - span.start_seconds) < SAME_TIME_SECONDS
    ]
    pieces = [piece for piece, length in enumerate(text.tokens) for _ in range(length)]
    for each in marked:
        covered = range(each.first_piece, each.first_piece + each.n_pieces)
        if any(pieces[token] in covered for token in begins):
            return each.outcome == FOUND
    return None


def _nbest(entry: NbestEntry) -> list[object]:
    numbers = (entry.score, entry.boost_nats, entry.phone_nats)
    return [" ".join(entry.words), *(round(number, 2) for number in numbers)]


def _hundredths(seconds: float) -> int:
    return round(100 * seconds)
