"""Spelling: a normalized form as the token sequences under which a CTC model may write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wfst_bias.errors import InputError
from wfst_bias.tokens import SUBWORD_MODEL, WORD_MARK, TokenTable

Segmentation = tuple[int, ...]

MOST_REMEMBERED = 1 << 16  # forms of several words


class Speller:
    """Spell forms with a token table; words spelled once are remembered, and forms for a while.

    A table of single characters has one spelling for each form. In a table of word pieces each
    word has several: those of the table's SentencePiece model first, where it has one (its n best
    where that is a unigram model, its only one where it is BPE), then those with the fewest
    pieces, a longer piece first among them.

    Args:
      tokens: the model's token table; the pieces of its SentencePiece model are found in it by
        name.
      max_segmentations: how many spellings a form has at most.

    Raises:
      InputError: no segmentation allowed, or a SentencePiece model that is none.
    """

    def __init__(self, tokens: TokenTable, max_segmentations: int = 4) -> None:
        if max_segmentations < 1:
            raise InputError("expected at least one segmentation", value=max_segmentations)
        self._ids = tokens.ids
        self._max = max_segmentations
        self._longest = max(map(len, self._ids))
        self._spells_characters = tokens.separator_id is not None and self._longest == 1
        self._model = _load_model(tokens.subword_model) if tokens.subword_model else None
        self._words: dict[str, tuple[Segmentation, ...]] = {}
        self._forms: dict[str, tuple[Segmentation, ...]] = {}  # of several words

    def segmentations(self, form: str) -> tuple[Segmentation, ...]:
        """Return the token sequences of a form, best first; none where no tokens spell it.

        Over several words, the best spelling of every word comes first, then the combinations
        with the fewest tokens.
        """
        if self._spells_characters:
            return self._spell_characters(form)
        if " " not in form:
            return self.word_segmentations(form) if form else ()
        known = self._forms.get(form)
        if known is None:
            if len(self._forms) == MOST_REMEMBERED:
                self._forms.clear()
            known = self._forms[form] = self._combine(
                [self.word_segmentations(word) for word in form.split()]
            )
        return known

    def word_segmentations(self, word: str) -> tuple[Segmentation, ...]:
        """Return the token sequences of one word, best first; none where no tokens spell it."""
        known = self._words.get(word)
        if known is None:
            known = self._words[word] = self._segment(word)
        return known

    def _spell_characters(self, form: str) -> tuple[Segmentation, ...]:
        if not form:
            return ()
        try:
            return (tuple(map(self._ids.__getitem__, WORD_MARK + form.replace(" ", WORD_MARK))),)
        except KeyError:
            return ()

    def _segment(self, word: str) -> tuple[Segmentation, ...]:
        marked = WORD_MARK + word
        found = [*self._encode(marked), *self._fewest_pieces(marked)]
        return tuple(dict.fromkeys(found))[: self._max]

    def _encode(self, marked: str) -> Iterator[Segmentation]:
        """Spell as the SentencePiece model does, where the table has all its pieces."""
        if self._model is None:
            return
        for pieces in _encode_word(self._model, marked.removeprefix(WORD_MARK), self._max):
            if "".join(pieces) == marked and all(piece in self._ids for piece in pieces):
                yield tuple(self._ids[piece] for piece in pieces)

    def _fewest_pieces(self, marked: str) -> Sequence[Segmentation]:
        """Find the n best segmentations by dynamic programming over suffixes."""
        best: list[list[Segmentation]] = [[] for _ in marked] + [[()]]
        for start in range(len(marked) - 1, -1, -1):
            found: list[Segmentation] = []
            for end in range(min(len(marked), start + self._longest), start, -1):
                if best[end]:
                    token_id = self._ids.get(marked[start:end])
                    if token_id is not None:
                        found += [(token_id, *rest) for rest in best[end]]
            # The sort is stable: among equal counts, longer pieces stay first.
            found.sort(key=len)
            best[start] = found[: self._max]
        return best[0]

    def _combine(
        self, alternatives: Sequence[tuple[Segmentation, ...]]
    ) -> tuple[Segmentation, ...]:
        if not alternatives or not all(alternatives):
            return ()
        # Each entry: number of tokens, sum of the ranks of its words, the tokens.
        best: list[tuple[int, int, Segmentation]] = [(0, 0, ())]
        for segmentations in alternatives:
            extended = [
                (count + len(word), ranks + rank, tokens + word)
                for count, ranks, tokens in best
                for rank, word in enumerate(segmentations)
            ]
            best = sorted(extended)[: self._max]
        first = tuple(token for segmentations in alternatives for token in segmentations[0])
        return tuple(dict.fromkeys([first, *(tokens for _, _, tokens in best)]))[: self._max]


def _load_model(content: bytes) -> Any:
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError as error:
        raise InputError(
            f"the {SUBWORD_MODEL} beside the token table needs the package sentencepiece",
            remedy="pip install 'wfst-bias[lists]'",
        ) from error
    try:
        return SentencePieceProcessor(model_proto=content)
    except RuntimeError as error:
        raise InputError(
            f"the {SUBWORD_MODEL} beside the token table is no SentencePiece model"
        ) from error


def _encode_word(model: Any, word: str, count: int) -> list[list[str]]:
    try:
        return list(model.nbest_encode_as_pieces(word, count))
    except RuntimeError:  # only unigram models have n best
        return [model.encode(word, out_type=str)]
