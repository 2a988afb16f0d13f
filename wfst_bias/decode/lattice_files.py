"""Lattices as files that k2 and icefall load: `k2.Fsa.from_dict(torch.load("ID.pt"))`.

LatticeSymbols     numbers what the arcs of a lattice write
write_symbols      writes a folder's `tokens.txt` and `words.txt`
write_lattice      saves the lattice of an utterance in the folder
lattice_file_name  names its file
read_text          spells a sequence of symbols

Every path of a lattice reads one label a frame, 0 for the blank, and ends in an arc with label -1;
scores are the sum of acoustic and graph scores, in nats. Labels are in `tokens.txt`, in the
graph's numbering. `aux_labels` are in `words.txt`: a word of the language model stands on its last
token, an entity likewise, as one symbol with `▁` between its words; a word that is spelled out is
its pieces, `▁x` the first and `##x` the others. So " ".join(symbols).replace(" ##", "") with each
`▁` read as a space is the text. Further attributes, `(arcs,)` each:

frame       the model's frame that the arc reads, -1 for none; frames that the search skips are on
            no arc
lm_word     the word that the language model is asked for, in `words.txt`: the one that is written,
            the class word at whose place it stands for an entity and the first piece of a spelled
            word, 0 for none
acoustic    log-probability of the label
lm_score    log-probability of the language model, before its scale
boost_nats  what an entity gained, on its last token but for what single frames gave it
adaptive_nats  of that, what single frames gave it
other_nats  what the options add for a spelled word or an entity

For each path, but not for each arc, the score is acoustic + lm_scale · lm_score + boost_nats +
other_nats + word_nats for every lm_word that is not 0. The attribute `utterance_id` is a string.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wfst_bias.files import atomic_write, write_text
from wfst_bias.tokens import WORD_MARK

if TYPE_CHECKING:
    from wfst_bias.decode.piece_lattice import PieceLattice

EPSILON = "<eps>"
INNER_MARK = "##"
LONGEST_NAME = 200  # bytes; file systems allow 255


@dataclass(frozen=True)
class LatticeSymbols:
    """Number what lattices read and write.

    Attributes:
      tokens: token number -> symbol, the blank first.
      words: symbol -> number: words of the LM as it numbers them, then pieces, then entities.
      classes: the class words of the graph by their numbers in `words`, that of unknown words
        first.
    """

    tokens: tuple[str, ...]
    words: Mapping[str, int]
    classes: tuple[int, ...]

    @classmethod
    def of(
        cls,
        lm_words: Sequence[str],
        tokens: Sequence[str],
        entities: Iterable[str],
        classes: Sequence[str],
    ) -> LatticeSymbols:
        """Number symbols.

        Args:
          lm_words: word number - 1 -> word.
          tokens: token number -> symbol, the blank first.
          entities: the written forms of all lists; neither order nor repetition matters.
          classes: the class words of the graph, words of the LM.
        """
        words = {EPSILON: 0, **{word: i for i, word in enumerate(lm_words, start=1)}}
        pieces = (piece_symbol(token) for token in tokens[1:])
        for symbol in (*pieces, *sorted(set(map(entity_symbol, entities)))):
            words.setdefault(symbol, len(words))
        return cls(tuple(tokens), words, tuple(words[word] for word in classes))

    def piece(self, token: int) -> int:
        """Return the number in `words` of a token of a spelled word."""
        return self.words[piece_symbol(self.tokens[token])]

    def entity(self, written: str) -> int:
        """Return the number in `words` of an entity."""
        return self.words[entity_symbol(written)]


def piece_symbol(token: str) -> str:
    """Return the symbol of a token within a spelled word."""
    return token if token.startswith(WORD_MARK) else INNER_MARK + token


def entity_symbol(written: str) -> str:
    """Return the symbol of a written form, which has no white space."""
    return WORD_MARK.join(written.split())


def read_text(symbols: Iterable[str]) -> str:
    """Spell a sequence of symbols of `words.txt`."""
    spelled = " ".join(symbols).replace(f" {INNER_MARK}", "").replace(WORD_MARK, " ")
    return " ".join(spelled.split())


def write_symbols(folder: Path, symbols: LatticeSymbols) -> None:
    """Write `tokens.txt` and `words.txt`, `SYMBOL ID` a line."""
    tokens = {symbol: number for number, symbol in enumerate(symbols.tokens)}
    for name, table in (("tokens.txt", tokens), ("words.txt", symbols.words)):
        write_text(folder / name, "".join(f"{s} {number}\n" for s, number in table.items()))


def write_lattice(
    folder: Path, utterance_id: str, pieces: Sequence[PieceLattice], symbols: LatticeSymbols
) -> Path | None:
    """Save the lattice of an utterance atomically.

    Returns:
      Its file; None where no path survived the search.
    """
    import torch

    from wfst_bias.decode.lattice_fsa import lattice_fsa

    fsa = lattice_fsa(pieces, symbols)
    if fsa is None:
        return None
    fsa.utterance_id = utterance_id
    content = io.BytesIO()
    torch.save(fsa.as_dict(), content)
    path = folder / lattice_file_name(utterance_id)
    with atomic_write(path, "wb") as stream:
        stream.write(content.getvalue())  # type: ignore[arg-type]
    return path


def lattice_file_name(utterance_id: str) -> str:
    """Name the file of an utterance: `ID.pt`, what may not stand in a file name as `%XX`.

    Distinct ids have distinct names; a very long one is cut and ends in a digest.
    """
    name = "".join(map(_file_character, utterance_id))
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    encoded = name.encode()
    if len(encoded) > LONGEST_NAME:
        digest = hashlib.sha256(encoded).hexdigest()[:16]
        name = f"{encoded[: LONGEST_NAME - 20].decode(errors='ignore')}%{digest}"
    return f"{name}.pt"


def _file_character(character: str) -> str:
    if character not in '/\\%:*?"<>|' and character.isprintable():
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="surrogatepass"))
