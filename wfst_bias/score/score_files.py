"""Score a file of hypotheses against a reference with rare words and lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from wfst_bias.entities.list_file import (
    RejectedLine,
    UtteranceList,
    read_entities_tsv,
    read_list,
    split_classes,
)
from wfst_bias.errors import InputError
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.score.bootstrap import DEFAULTS, BootstrapOptions
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.entity_groups import by_length
from wfst_bias.score.entity_score import (
    Entity,
    EntityIndex,
    IsOfGroup,
    count_match,
    match_entities,
)
from wfst_bias.score.replacements import (
    ReplacementCounts,
    count_replacements,
    read_replacements,
)
from wfst_bias.score.scores import Scores, UtteranceScore
from wfst_bias.score.wer import align, count_errors_by_class

NO_GROUPS: Mapping[str, IsOfGroup] = MappingProxyType({})


@dataclass(frozen=True)
class ScoredList:
    """Hold the entities to look for, and those whose misses count; None stands for all."""

    index: EntityIndex
    targets: frozenset[Entity] | None = None


def score_files(
    ref_tsv: Path | str,
    hyp_text: Path | str,
    entities_path: Path | str | None = None,
    options: BootstrapOptions = DEFAULTS,
    groups: Mapping[str, IsOfGroup] | None = None,
) -> Scores:
    """Score hypotheses; utterances are matched by id, words compared as `comparison_words`.

    Args:
      ref_tsv: a published biasing list: id, text, rare words, list.
      hyp_text: Kaldi `text`.
      entities_path: a list for all utterances, each of whose entities counts. Where None, the
        rare words of an utterance are the entities to find, and the rest of its own list
        counts where it is a false alarm.
      options: how the intervals are estimated.
      groups: of entities, to be counted by themselves too; None for those `by_length`.

    Raises:
      InputError: a file cannot be read, a list has a broken line, or an utterance is in one
        file only (it is named).
    """
    references = read_entities_tsv(ref_tsv)
    hypotheses = read_kaldi_text(hyp_text)
    _check_same_utterances(references, ref_tsv, hypotheses, hyp_text)
    shared = None if entities_path is None else read_shared_list(entities_path)
    groups = by_length() if groups is None else groups
    scores = [
        score_utterance(reference, hypotheses[utterance_id], shared, groups)
        for utterance_id, reference in references.items()
    ]
    return Scores(tuple(scores), options)


def score_replacements(
    ref_tsv: Path | str, hyp_text: Path | str, spans: Path | str
) -> ReplacementCounts:
    """Count the entities that took the place of words for what they sound like.

    Args:
      ref_tsv: as for `score_files`.
      hyp_text: Kaldi `text`.
      spans: `entities.jsonl`, written with it.

    Raises:
      InputError: a file cannot be read, or the spans are of other hypotheses.
    """
    references, hypotheses = read_entities_tsv(ref_tsv), read_kaldi_text(hyp_text)
    replaced = read_replacements(spans)
    _check_present(replaced, references, ref_tsv)
    _check_present(replaced, hypotheses, hyp_text)
    counts = (
        count_replacements(references[name].text, hypotheses[name], own, spans)
        for name, own in replaced.items()
    )
    return sum(counts, ReplacementCounts())


def score_utterance(
    reference: UtteranceList,
    hypothesis: str,
    shared: ScoredList | None = None,
    groups: Mapping[str, IsOfGroup] = NO_GROUPS,
) -> UtteranceScore:
    """Count the errors and entities of one utterance.

    Args:
      reference: what was said, with the rare words and the list of the utterance.
      hypothesis: what was recognized.
      shared: the entities to score, where they are not the utterance's own.
      groups: of entities, to be counted by themselves too.
    """
    words = comparison_words(reference.text)
    pairs = align(words, comparison_words(hypothesis))
    rare = EntityIndex.of(map(_entity, reference.rare))
    rare_words = frozenset(word for phrase in rare.entities for word in phrase)
    found = rare.occurrences(words)
    rare_places = {place for each in found for place in each.places}
    scored = shared or own_list(reference)
    match = match_entities(pairs, scored.index)
    return UtteranceScore(
        reference.utterance_id,
        count_errors_by_class(pairs, rare_words, rare_places),
        count_match(match, scored.targets),
        {name: count_match(match, scored.targets, is_of) for name, is_of in groups.items()},
    )


def own_list(reference: UtteranceList) -> ScoredList:
    """Return the entities to look for where each utterance has a list of its own.

    Its rare words count wherever they are said; the rest of its list, where it is a false alarm.
    """
    return ScoredList(
        _index((*reference.entities, *reference.rare)), frozenset(map(_entity, reference.rare))
    )


def read_shared_list(path: Path | str) -> ScoredList:
    """Read a list for all utterances, each of whose entities counts.

    Raises:
      InputError: the file cannot be read, or has a broken line.
    """
    lines = read_list(path)
    for line in lines:
        if isinstance(line, RejectedLine):
            raise InputError(line.reason, path=path, line=line.line, value=line.text)
    written = [line.written for line in lines if not isinstance(line, RejectedLine)]
    return ScoredList(EntityIndex.of(map(comparison_words, written)))


@lru_cache(maxsize=1)
def _index(phrases: tuple[str, ...]) -> EntityIndex:
    return EntityIndex.of(map(_entity, phrases))


@lru_cache(maxsize=1 << 16)  # lists of utterances are drawn from one pool
def _entity(phrase: str) -> Entity:
    return comparison_words(split_classes(phrase)[0])


def _check_same_utterances(
    references: Mapping[str, object],
    ref_path: Path | str,
    hypotheses: Mapping[str, object],
    hyp_path: Path | str,
) -> None:
    _check_present(references, hypotheses, hyp_path)
    _check_present(hypotheses, references, ref_path)


def _check_present(wanted: Iterable[str], present: Mapping[str, object], path: Path | str) -> None:
    missing = [utterance_id for utterance_id in wanted if utterance_id not in present]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"no utterance {missing[0]!r}{more}", path=path)
