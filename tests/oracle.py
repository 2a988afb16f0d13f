"""A decoder by enumeration: every CTC path, every reading, scored from the definition.

It shares no code with the search graph: n-gram scores come from a dictionary of the ARPA's
entries, alignments from all sequences of tokens, one per frame.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.entities.list_file import ListLine
from wfst_bias.entities.spelling import Speller
from wfst_bias.graph.scales import Scales
from wfst_bias.lm.arpa import NgramLm
from wfst_bias.tokens import WORD_MARK, TokenTable

History = tuple[str, ...]
Tokens = tuple[int, ...]
Texts = dict[History, float]  # written words -> best score in nats
# Written words, and which tokens of the sequence gain by the adaptive boost -> best score in nats.
Readings = dict[tuple[History, tuple[int, ...]], float]
MARKS = ("<s>", "</s>")


class Oracle:
    """Score every text that log-probabilities can be read as."""

    def __init__(
        self,
        tokens: TokenTable,
        lm: NgramLm,
        scales: Scales,
        entities: Sequence[ListLine] = (),
        adaptive: AdaptiveOptions | None = None,
    ) -> None:
        self.tokens = tokens
        self.order = lm.order
        # A model without a class of unknown words gets one, as likely as the rarest tenth together.
        self.classes = lm.class_words if lm.class_word else ("<unk>", *lm.class_words)
        self.scales = scales
        self.adaptive = adaptive or AdaptiveOptions()
        self.entries = {
            tuple(lm.words[i] for i in ids): (float(log_prob), float(backoff))
            for table in lm.ngrams
            for ids, log_prob, backoff in zip(
                table.ids, table.log_probs, table.backoffs, strict=True
            )
        }
        words = [w for w in lm.words if w not in (*MARKS, *lm.class_words)]
        if all(log_prob == -math.inf for g, (log_prob, _) in self.entries.items()
               if g[-1] == self.classes[0]):  # fmt: skip
            own = sorted(self.entries[w,][0] for w in words if self.entries[w,][0] > -math.inf)
            rarest = sum(math.exp(p) for p in own[: math.ceil(len(own) / 10)])
            backoff = self.entries.get((self.classes[0],), (0.0, 0.0))[1]
            self.entries[self.classes[0],] = (math.log(rarest), backoff)
        offered = {g[-1] for g, (log_prob, _) in self.entries.items() if log_prob > -math.inf}
        speller = Speller(tokens)
        self.words = [(w, s) for w in words for s in speller.segmentations(w)]
        said = [(line, phrase) for line in entities for phrase in line.spoken]
        self.entities = [
            (tuple(line.written.split()), segmentation, line.score, word)
            for line, phrase in said
            for word in self._classes_of(line, offered)
            for segmentation in speller.segmentations(phrase)
            if line.score is not None and line.score >= 0
        ]
        self.penalties = [(p.split(), x.score) for x, p in said if x.score and x.score < 0]

    def _classes_of(self, line: ListLine, offered: set[str]) -> set[str]:
        """Return the class words under which a line's entity may stand."""
        if not line.classes:
            return offered.intersection(self.classes)
        return {word if word in offered else self.classes[0] for word in line.classes}

    def texts(self, log_probs: NDArray[np.floating]) -> Texts:
        """Return every text with its best score, penalties included."""
        best: Texts = {}
        for sequence, paths in self.alignments(log_probs).items():
            acoustic, gains = (np.array(column) for column in zip(*paths, strict=True))
            for (text, gaining), score in self.readings(sequence).items():
                total = score + float((acoustic + gains[:, list(gaining)].sum(axis=1)).max())
                best[text] = max(total, best.get(text, -math.inf))
        return {text: score + self._penalty(text) for text, score in best.items()}

    def alignments(
        self, log_probs: NDArray[np.floating]
    ) -> dict[Tokens, list[tuple[float, list[float]]]]:
        """Return every token sequence with its CTC paths: their scores, what each token may gain.

        A table with a space token has a frame in front that may be read as a space or as blank.
        """
        n_frames, n_tokens = log_probs.shape
        first = () if self.tokens.separator_id is None else (self.tokens.separator_id,)
        paths = np.array([*itertools.product(range(n_tokens), repeat=n_frames)], np.int64)
        paths = paths.reshape(n_tokens**n_frames, n_frames)
        scores = log_probs.astype(np.float64)[np.arange(n_frames), paths].sum(axis=1)
        gains = [[0.0] * n_tokens, *map(self._gains, log_probs)]
        found: dict[Tokens, list[tuple[float, list[float]]]] = {}
        for begin in {(self.tokens.blank_id,), first or (self.tokens.blank_id,)}:
            for path, score in zip(paths.tolist(), scores.tolist(), strict=True):
                whole = (*begin, *path)
                starts = self._starts(whole)
                found.setdefault(self.collapse(whole), []).append(
                    (score, [gains[frame][whole[frame]] for frame in starts])
                )
        return found

    def _gains(self, frame: NDArray[np.floating]) -> list[float]:
        """Return what each token gains in a frame if it goes on an entity."""
        options, values = self.adaptive, frame.tolist()
        bar = sorted(values)[-min(options.best_tokens, len(values))]
        return [
            min(options.gap_scale * (max(values) - value), options.most_nats)
            if value >= max(bar, options.least_log_prob)
            else 0.0
            for value in values
        ]

    def _starts(self, path: Sequence[int]) -> list[int]:
        """Return the frames in which the tokens of a CTC path begin."""
        return [
            frame
            for frame, token in enumerate(path)
            if token != self.tokens.blank_id and (frame == 0 or path[frame - 1] != token)
        ]

    def collapse(self, path: Sequence[int]) -> Tokens:
        """Return the tokens of a CTC path: repeats taken together, blanks left out."""
        return tuple(t for t, _ in itertools.groupby(path) if t != self.tokens.blank_id)

    def readings(self, sequence: Tokens) -> Readings:
        """Return every text that a token sequence can be read as, and its best score."""
        history = MARKS[:1][-max(0, self.order - 1) :] if self.order > 1 else ()
        return self._read(sequence, 0, history)

    def _read(self, sequence: Tokens, begin: int, history: History) -> Readings:
        best: Readings = {}
        rest = sequence[begin:]
        if rest in ((), (self.tokens.separator_id,)):
            ends = [score for score, _ in self.follow(history, MARKS[1])]
            if ends:
                best[(), ()] = self.scales.lm_scale * max(ends)
        for written, word, length, extra, gaining in self._first_words(rest):
            own = tuple(begin + i for i in gaining)
            for log_prob, after in self.follow(history, word):
                score = self.scales.lm_scale * log_prob + self.scales.word_nats + extra
                for (text, gained), following in self._read(
                    sequence, begin + length, after
                ).items():
                    whole = ((*written, *text), (*own, *gained))
                    best[whole] = max(score + following, best.get(whole, -math.inf))
        return best

    def _first_words(self, rest: Tokens) -> Iterator[tuple[History, str, int, float, range]]:
        """Yield what can stand first: written words, the LM's word, how many tokens, nats beside
        the LM, and which of the tokens gain by the adaptive boost."""
        nothing = range(0)
        for word, spelling in self.words:
            if rest[: len(spelling)] == spelling:
                yield (word,), word, len(spelling), 0.0, nothing
        spelled = self._spelled(rest)
        letters = "".join(self.tokens.symbols[t] for t in spelled).replace(WORD_MARK, "")
        scales = self.scales
        if letters:
            extra = scales.class_nats + scales.spelling_nats * (len(spelled) - 1)
            yield (letters,), self.classes[0], len(spelled), extra, nothing
        for written, spelling, boost, word in self.entities:
            n_tokens = len(spelling)
            if rest[:n_tokens] == spelling:
                extra = scales.class_nats + scales.spelling_nats * (n_tokens - 1) + boost
                yield written, word, n_tokens, extra, range(1, n_tokens)

    def _spelled(self, rest: Tokens) -> Tokens:
        if not rest or rest[0] not in self.tokens.word_start_ids:
            return ()
        following = itertools.takewhile(lambda t: t not in self.tokens.word_start_ids, rest[1:])
        return (rest[0], *following)

    def follow(self, history: History, word: str) -> Iterator[tuple[float, History]]:
        """Yield the scores of a word after a history, backing off ever further, and what follows.

        As in any WFST of a back-off model, a path may back off although a longer n-gram exists.
        """
        backed_off = 0.0
        while True:
            log_prob, _ = self.entries.get((*history, word), (-math.inf, 0.0))
            if log_prob > -math.inf:
                yield backed_off + log_prob, self._after(history, word)
            if not history:
                return
            backed_off += self.entries.get(history, (0.0, 0.0))[1]
            history = history[1:]

    def _after(self, history: History, word: str) -> History:
        """Return the next history; a class word cuts off what came before it."""
        if self.order == 1:
            return ()
        return (word,) if word in self.classes else (*history, word)[1 - self.order :]

    def _penalty(self, text: History) -> float:
        lower = [word.lower() for word in text]
        return sum(
            score * sum(lower[i : i + len(form)] == form for i in range(len(lower)))
            for form, score in self.penalties
        )


def ranked(texts: Texts) -> list[tuple[History, float]]:
    """Return texts best first."""
    return sorted(texts.items(), key=lambda item: (-item[1], item[0]))
