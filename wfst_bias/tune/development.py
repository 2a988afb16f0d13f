"""Count what options come to, by condition; what is known is not decoded again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.workers import Outcome
from wfst_bias.formats.results import Result
from wfst_bias.tune.conditions import Condition
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.worker import Item, count_result

Run = Callable[[Iterable[Sequence[Item]]], Iterator[Outcome[Item, Counts]]]

UTTERANCES_PER_TASK = 32  # as in `decode`, so that both decode the same batches

# Options that can change what is decoded without a list.
WITHOUT_LISTS = ("scales", "search", "output", "phone_rescore")

log = logging.getLogger(__name__)


class DevelopmentSet:
    """Count what options come to in each condition.

    Args:
      conditions: references and lists; all have the same utterances.
      ids: the utterances in the order in which they are decoded.
      run: decodes tasks, each of items that share options and condition.
    """

    def __init__(self, conditions: Mapping[str, Condition], ids: Sequence[str], run: Run) -> None:
        self._conditions = conditions
        self._ids = ids
        self._run = run
        self._known: dict[tuple[str, DecodeOptions], Counts] = {}

    def evaluate(self, options: DecodeOptions) -> Mapping[str, Counts]:
        """Return the counts by condition; only the best text of an utterance is looked at."""
        missing = [name for name in self._conditions if self._key(name, options) not in self._known]
        if missing:
            self.remember(options, self._decode(options, missing))
        return {name: self._known[self._key(name, options)] for name in self._conditions}

    def remember(self, options: DecodeOptions, counts: Mapping[str, Counts]) -> None:
        """Take counts that were made earlier."""
        for name, own in counts.items():
            self._known[self._key(name, options)] = own

    def _key(self, name: str, options: DecodeOptions) -> tuple[str, DecodeOptions]:
        """Return what is equal for all options that cannot change the result of a condition."""
        if self._conditions[name].has_lists:
            return name, options
        plain = DecodeOptions()
        used = {section: getattr(options, section) for section in WITHOUT_LISTS}
        return name, replace(plain, **used)

    def _decode(self, options: DecodeOptions, names: Sequence[str]) -> dict[str, Counts]:
        options = replace(options, output=replace(options.output, n_best=1))
        counts = dict.fromkeys(names, Counts())
        for outcome in self._run(self._tasks(options, names)):
            counts[outcome.item.condition] += self._counts_of(outcome)
        return counts

    def _tasks(self, options: DecodeOptions, names: Sequence[str]) -> Iterator[list[Item]]:
        for name in names:
            for begin in range(0, len(self._ids), UTTERANCES_PER_TASK):
                chunk = self._ids[begin : begin + UTTERANCES_PER_TASK]
                yield [Item(options, name, utterance_id) for utterance_id in chunk]

    def _counts_of(self, outcome: Outcome[Item, Counts]) -> Counts:
        if outcome.answer is not None:
            return outcome.answer
        item, error = outcome.item, outcome.error or "unknown"
        log.warning("%s, utterance %s: %s", item.condition, item.utterance_id, error)
        failed = Result.failed(item.utterance_id, error)
        return count_result(self._conditions[item.condition], failed)
