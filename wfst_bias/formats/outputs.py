"""Results as files: hypotheses, their times, n-best lists, entities and failures.

- write_outputs: write any of OUTPUTS into a folder.
- check_ids: check beforehand that they can hold certain utterances.
- text_lines, trn_lines, ctm_lines, nbest_lines, entity_lines, error_lines: the lines of each.

An utterance that failed has an empty hypothesis, so that none disappears, and its reason in
`errors.tsv`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.results import EntitySpan, LookedUp, NbestEntry, Result, Word

CTM_CHANNEL = "1"
LEXICON_LOOKUP = "lexicon-lookup"  # the source of entities that the search did not find


def text_lines(results: Iterable[Result]) -> Iterator[str]:
    """Render Kaldi `text`: `ID WORD ...`; an empty hypothesis is the ID alone."""
    for result in results:
        yield " ".join([result.utterance_id, *_hypothesis(result)])


def trn_lines(results: Iterable[Result]) -> Iterator[str]:
    """Render NIST `trn` for sclite: `WORD ... (ID)`."""
    for result in results:
        yield " ".join([*_hypothesis(result), f"({result.utterance_id})"])


def ctm_lines(results: Iterable[Result]) -> Iterator[str]:
    """Render NIST `ctm`: `ID 1 START DURATION WORD CONFIDENCE`, times in seconds.

    The words of a written form of several share its time equally.
    """
    for result in results:
        for word in result.words:
            for part in _single_words(word):
                duration = part.end_seconds - part.start_seconds
                yield (
                    f"{result.utterance_id} {CTM_CHANNEL} {part.start_seconds:.3f} "
                    f"{duration:.3f} {part.text} {part.confidence:.3f}"
                )


def nbest_lines(results: Iterable[Result]) -> Iterator[str]:
    """Render the n-best lists, one JSON object an utterance, scores in nats, rank 1 the best."""
    for result in results:
        hypotheses = [_nbest_fields(rank, entry) for rank, entry in enumerate(result.nbest, 1)]
        yield _json({"id": result.utterance_id, "hypotheses": hypotheses})


def entity_lines(results: Iterable[Result]) -> Iterator[str]:
    """Render the entities found, one JSON object each."""
    for result in results:
        for span in result.entities:
            yield _json(_entity_fields(result, span))


def error_lines(results: Iterable[Result]) -> Iterator[str]:
    """Render the utterances that failed: `ID TAB REASON`."""
    for result in results:
        if result.error is not None:
            yield f"{result.utterance_id}\t{' '.join(result.error.split())}"


OUTPUTS: dict[str, Callable[[Iterable[Result]], Iterator[str]]] = {
    "text": text_lines,
    "hyp.trn": trn_lines,
    "hyp.ctm": ctm_lines,
    "nbest.jsonl": nbest_lines,
    "entities.jsonl": entity_lines,
    "errors.tsv": error_lines,
}


def write_outputs(
    results: Sequence[Result], folder: Path | str, names: Collection[str] = tuple(OUTPUTS)
) -> None:
    """Write the named outputs into a folder, each atomically, utterances in the order given.

    Raises:
      InputError: no such output, an utterance ID twice, or one that a file cannot hold.
    """
    unknown = [name for name in names if name not in OUTPUTS]
    if unknown:
        raise InputError(f"no such output, expected one of {list(OUTPUTS)}", value=unknown[0])
    check_ids(result.utterance_id for result in results)
    for name in names:
        lines = OUTPUTS[name](results)
        write_text(Path(folder) / name, "".join(f"{line}\n" for line in lines))


def check_ids(utterance_ids: Iterable[str]) -> None:
    """Check that outputs can hold these utterances.

    Raises:
      InputError: an utterance ID twice, or one that a file cannot hold.
    """
    for utterance_id, count in Counter(tuple(utterance_ids)).items():
        if utterance_id.split() != [utterance_id] or set(utterance_id) & set("()"):
            raise InputError(
                "an utterance ID with whitespace, parentheses or nothing in it", value=utterance_id
            )
        if count > 1:
            raise InputError("two results for one utterance", value=utterance_id)


def _hypothesis(result: Result) -> list[str]:
    return [text for word in result.words for text in word.text.split()]


def _single_words(word: Word) -> Iterator[Word]:
    texts = word.text.split()
    for index, text in enumerate(texts):
        each_seconds = (word.end_seconds - word.start_seconds) / len(texts)
        start_seconds = word.start_seconds + index * each_seconds
        yield Word(text, start_seconds, start_seconds + each_seconds, word.confidence)


def _nbest_fields(rank: int, entry: NbestEntry) -> dict[str, object]:
    phones = {"phone_nats": _rounded(entry.phone_nats)} if entry.phone_nats else {}
    return {
        "rank": rank,
        "text": " ".join(" ".join(entry.words).split()),
        "score": _rounded(entry.score),
        "boost_nats": _rounded(entry.boost_nats),
        "acoustic_and_lm_nats": _rounded(entry.score - entry.boost_nats - entry.phone_nats),
        **phones,
    }


def _entity_fields(result: Result, span: EntitySpan) -> dict[str, object]:
    covered = result.words[span.first_word : span.first_word + span.n_words]
    return {
        "utterance": result.utterance_id,
        "entity": span.written,
        "start_seconds": _rounded(span.start_seconds, 3),
        "end_seconds": _rounded(span.end_seconds, 3),
        "confidence": _rounded(span.confidence, 3),
        "boost_nats": _rounded(span.boost_nats),
        "adaptive_nats": _rounded(span.adaptive_nats),
        "words": [word.text for word in covered],
        **({} if span.looked_up is None else _looked_up_fields(result, span, span.looked_up)),
    }


def _looked_up_fields(result: Result, span: EntitySpan, why: LookedUp) -> dict[str, object]:
    before = (word.text for word in result.words[: span.first_word])
    return {
        "source": LEXICON_LOOKUP,
        "first_word": sum(len(text.split()) for text in before),  # in `text`
        "replaced": list(why.replaced),
        "heard_phones": " ".join(why.heard),
        "entity_phones": " ".join(why.said),
        "phone_cost": _rounded(why.cost),
        "phone_loss_nats": _rounded(why.loss_nats),
    }


def _rounded(number: float, digits: int = 4) -> float | None:
    """Round for JSON, which knows no infinity and no NaN: those become null, and -0.0 is 0.0."""
    return round(float(number), digits) + 0.0 if math.isfinite(number) else None


def _json(fields: dict[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, allow_nan=False)
