"""What a hypothesis has in place of what was said, word by word as both are written.

- Text: a text as written, with the words that are compared under each.
- Difference, differences: the hypothesis as a sequence of words right, other, more and missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.wer import NO_WORD, Pair, align

RIGHT, OTHER, ADDED, MISSING = "right", "other", "added", "missing"


@dataclass(frozen=True)
class Text:
    """Hold a text in pieces to show, each with the words by which it is compared.

    A piece is a word as it is written, `Jean-Claude` with two words to compare. What has none,
    such as the sign in `Marks & Spencer`, belongs to the piece after it, or to the last one.

    Attributes:
      pieces: as they are written.
      compared: the words of each piece, none only where the whole text has none.
      tokens: how many words of the text between spaces each piece has.
    """

    pieces: tuple[str, ...]
    compared: tuple[tuple[str, ...], ...]
    tokens: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Text:
        """Cut a text into pieces."""
        pieces: list[list[str]] = [[]]
        compared: list[tuple[str, ...]] = [()]
        for token in text.split():
            words = comparison_words(token)
            if words and compared[-1]:
                pieces.append([])
                compared.append(())
            if not words and compared[-1]:
                pieces.append([token])
                compared.append(())
                continue
            pieces[-1].append(token)
            compared[-1] = words
        if len(pieces) > 1 and not compared[-1]:  # signs at the end
            signs = pieces.pop()
            pieces[-1] += signs
            compared.pop()
        if not pieces[0]:
            return cls((), (), ())
        lengths = tuple(map(len, pieces))
        return cls(tuple(" ".join(piece) for piece in pieces), tuple(compared), lengths)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Return all words that are compared."""
        return tuple(word for words in self.compared for word in words)

    @cached_property
    def piece_of_word(self) -> tuple[int, ...]:
        """Return the piece of each word that is compared."""
        return tuple(piece for piece, words in enumerate(self.compared) for _ in words)


@dataclass(frozen=True)
class Difference:
    """Hold a piece of a hypothesis, or one of the reference that the hypothesis lacks.

    Attributes:
      kind: RIGHT, OTHER (in place of what was said), ADDED or MISSING.
      written: the piece of the hypothesis; empty where MISSING.
      said: what the reference has there; empty where ADDED.
    """

    kind: str
    written: str
    said: str


def differences(reference: Text, hypothesis: Text, pairs: Sequence[Pair]) -> list[Difference]:
    """Tell what a hypothesis has in place of what was said.

    Args:
      reference: what was said.
      hypothesis: what was written.
      pairs: `align(reference.words, hypothesis.words)`.

    Returns:
      Each piece of the hypothesis once and in order, and among them the pieces of the reference
      with none of whose words a word of the hypothesis is aligned.
    """
    linked = _links(reference, hypothesis, pairs)
    if not hypothesis.words:
        return [
            *(Difference(MISSING, "", piece) for piece in reference.pieces),
            *(Difference(ADDED, piece, "") for piece in hypothesis.pieces),
        ]
    heard = {piece for pieces in linked.said.values() for piece in pieces}
    found: list[Difference] = []
    told: set[tuple[bool, int]] = set()
    for said, written in linked.steps:
        if written is not None and (True, written) not in told:
            told.add((True, written))
            found.append(_piece(reference, hypothesis, linked, written))
        if written is None and said not in heard and (False, said) not in told:
            assert said is not None
            told.add((False, said))
            found.append(Difference(MISSING, "", reference.pieces[said]))
    return found


def aligned(reference: Text, hypothesis: Text) -> list[Pair]:
    """Align two texts as they are scored."""
    return align(reference.words, hypothesis.words)


@dataclass(frozen=True)
class _Links:
    """Hold aligned pieces: the steps of the alignment, and of each hypothesis piece what it means.

    Attributes:
      steps: pieces of the reference and of the hypothesis, None on the side that has none.
      said: the pieces of the reference that a piece of the hypothesis is aligned with.
      wrong: pieces of the hypothesis with a word that is not as in the reference, or aligned with
        a piece of which a word is missing.
    """

    steps: list[tuple[int | None, int | None]]
    said: dict[int, list[int]]
    wrong: set[int]


def _links(reference: Text, hypothesis: Text, pairs: Sequence[Pair]) -> _Links:
    links = _Links([], {piece: [] for piece in range(len(hypothesis.pieces))}, set())
    incomplete: set[int | None] = set()
    in_reference, in_hypothesis = iter(reference.piece_of_word), iter(hypothesis.piece_of_word)
    for said, written in pairs:
        piece_said = next(in_reference) if said != NO_WORD else None
        piece_written = next(in_hypothesis) if written != NO_WORD else None
        links.steps.append((piece_said, piece_written))
        if piece_written is None:
            incomplete.add(piece_said)
            continue
        if piece_said is not None and piece_said not in links.said[piece_written]:
            links.said[piece_written].append(piece_said)
        if said != written:
            links.wrong.add(piece_written)
    links.wrong.update(piece for piece, told in links.said.items() if incomplete & set(told))
    return links


def _piece(reference: Text, hypothesis: Text, links: _Links, written: int) -> Difference:
    said = " ".join(reference.pieces[piece] for piece in links.said[written])
    kind = RIGHT if written not in links.wrong else OTHER if said else ADDED
    return Difference(kind, hypothesis.pieces[written], said)
