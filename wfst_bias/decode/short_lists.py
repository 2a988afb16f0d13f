"""Pieces with those entities of their lists that they may hold.

ShortLists        what phones heard, and what was spelled out
without_doubtful  what was found and is not in doubt
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from wfst_bias.decode.cutting import Piece
from wfst_bias.decode.sounding import Sounding
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList, ListCompiler


@dataclass(frozen=True, eq=False)
class ShortLists:
    """Shorten the lists of pieces.

    Attributes:
      sounding: what phones have to say.
      compiler: compiles what is left.
      known_words: of the language model.
    """

    sounding: Sounding
    compiler: ListCompiler
    known_words: frozenset[str]

    def shorten(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Return pieces with the entities that may be heard in each, if phones are to say which."""
        heard = [piece.heard for piece in pieces if piece.heard is not None]
        kept = self.sounding.heard_of(heard, [piece.entities for piece in pieces])
        return [
            piece
            if written is None or piece.entities is None
            else replace(piece, entities=self.compiler.restrict(piece.entities, written))
            for piece, written in zip(pieces, kept, strict=True)
        ]

    def with_spelled(self, whole: Piece, short: Piece, result: Result) -> Piece | None:
        """Return a piece with the entities too that its result spells, None where there are none.

        Whatever phones say, their letters were heard: words that are no words of the model. So they
        are not doubted either.

        Args:
          whole: with its whole list.
          short: with what it was decoded with.
          result: of that.
        """
        if whole.entities is None or short.entities is None or whole.entities is short.entities:
            return None
        words = [word.text for word in result.words]
        spelled = set(self._spelled(words, whole.entities))
        spelled -= {span.written for span in result.entities}
        if not spelled:
            return None
        kept = {entity.written for entity in short.entities.entities.entities}
        entities = self.compiler.restrict(whole.entities, kept | spelled)
        return replace(whole, entities=entities, sure=frozenset(spelled))

    def _spelled(self, words: Sequence[str], entities: CompiledList) -> Iterator[str]:
        for first in range(len(words)):
            for end in range(first + 1, min(first + entities.most_words, len(words)) + 1):
                form = entities.form_of_text.get(" ".join(words[first:end]))
                if form is not None and not self.known_words.issuperset(words[first:end]):
                    yield entities.entity(form).written


def without_doubtful(
    piece: Piece,
    result: Result,
    unlike: Collection[str],
    least_confidence: float,
    compiler: ListCompiler,
) -> Piece | None:
    """Return a piece with the entities of its result that were heard well, None if all were.

    An entity with a score of the list is not doubted.

    Args:
      piece: with the list that it was decoded with.
      result: of that.
      unlike: entities that do not sound like what was heard.
      least_confidence: below which an entity is doubtful.
      compiler: compiles what is left.
    """
    if piece.entities is None:
        return None
    sure = piece.sure.union(e.written for e in piece.entities.entities if e.score is not None)
    doubtful = [
        span
        for span in result.entities
        if (span.confidence < least_confidence or span.written in unlike)
        and span.written not in sure
    ]
    if not doubtful:
        return None
    heard = {span.written for span in result.entities if span not in doubtful}
    return replace(piece, entities=compiler.restrict(piece.entities, heard))
