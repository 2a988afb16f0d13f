"""Small token tables, language models, lists and log-probabilities, so that a test states only
what varies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions, OutputOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.entities.entity_list import compile_list
from wfst_bias.entities.list_file import ListLine
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.load import compile_graph
from wfst_bias.graph.scales import Scales
from wfst_bias.lm.arpa import NgramLm, NgramTable, write_arpa
from wfst_bias.lm.classes import ClassPhrases
from wfst_bias.lm.estimate import LmOptions, estimate_lm
from wfst_bias.tokens import TokenTable

LogProbs = NDArray[np.float32]  # (T, V)

# A space token; three tokens beside the blank.
CHARACTERS = ("<blk>", "▁", "a", "b")
# Word-start pieces with a bare mark, several spellings for most words, the blank in the middle.
PIECES = ("▁a", "b", "<blk>", "▁ab", "a", "▁")
LETTERS = ("<blk>", "▁", *"abcdefghijklmnopqrstuvwxyz")

SENTENCES = ("a b a", "ab a", "b ab", "a a b", "b a ab ab", "ba b", "a")
SCALES = Scales(lm_scale=0.7, spelling_nats=-0.8, class_nats=-0.5, word_nats=-0.3)
# Keeps every path of a small graph.
EXHAUSTIVE = SearchOptions(
    search_beam=1000.0,
    output_beam=1000.0,
    min_active_states=1,
    max_active_states=1_000_000,
    blank_threshold=None,
)


def token_table(symbols: Sequence[str] = CHARACTERS) -> TokenTable:
    """Return a table with the symbols in columns 0, 1, ..."""
    return TokenTable.from_symbols(dict(enumerate(symbols)))


def small_lm(
    sentences: Iterable[str] = SENTENCES,
    order: int = 3,
    min_word_count: int = 2,
    classes: Mapping[str, Sequence[str]] | None = None,
) -> NgramLm:
    """Return a model of the sentences; words that occur once are its class.

    `classes` maps the words of named classes to their phrases.
    """
    options = LmOptions(
        order=order, vocab_size=50, min_word_count=min_word_count, min_counts=(1, 1, 1)
    )
    phrases = {word: [tuple(p.split()) for p in said] for word, said in (classes or {}).items()}
    return estimate_lm(sentences, options, classes=ClassPhrases.of(phrases))


def without_unknown(lm: NgramLm) -> NgramLm:
    """Return a model without its first word, the class of unknown words."""
    assert lm.words[0] == "<unk>"
    tables = []
    for table in lm.ngrams:
        kept = (table.ids > 0).all(axis=1)
        tables.append(NgramTable(table.ids[kept] - 1, table.log_probs[kept], table.backoffs[kept]))
    return NgramLm(lm.words[1:], tuple(tables))


def never_unknown(lm: NgramLm) -> NgramLm:
    """Return a model that knows the class of unknown words and never predicts it."""
    assert lm.words[0] == "<unk>"
    tables = [
        replace(t, log_probs=np.where(t.ids[:, -1] == 0, -np.inf, t.log_probs)) for t in lm.ngrams
    ]
    return NgramLm(lm.words, tuple(tables))


def write_inputs(
    folder: Path, symbols: Sequence[str] = CHARACTERS, lm: NgramLm | None = None
) -> tuple[Path, Path]:
    """Write a token table and an ARPA, and return their paths."""
    tokens, arpa = folder / "tokens.txt", folder / "lm.arpa"
    tokens.write_text("".join(f"{s} {i}\n" for i, s in enumerate(symbols)), encoding="utf-8")
    write_arpa(lm or small_lm(), arpa)
    return tokens, arpa


def decoder(
    symbols: Sequence[str] = CHARACTERS,
    lm: NgramLm | None = None,
    scales: Scales = SCALES,
    search: SearchOptions = EXHAUSTIVE,
    n_best: int = 10,
    batch_size: int = 16,
    longest_piece: int = 1500,
    adaptive: AdaptiveOptions | None = None,
    g2g: G2gOptions | None = None,
) -> Decoder:
    """Return a decoder that searches exhaustively unless told otherwise."""
    output = OutputOptions(n_best=n_best, batch_size=batch_size, longest_piece=longest_piece)
    options = DecodeOptions(
        scales=scales,
        search=search,
        output=output,
        adaptive=adaptive or AdaptiveOptions(),
        g2g=g2g or G2gOptions(),
    )
    return Decoder(compile_graph(token_table(symbols), lm or small_lm()), options)


def entity_line(
    phrase: str,
    score: float | None = 2.0,
    written: str | None = None,
    line: int = 1,
    classes: Iterable[str] = (),
) -> ListLine:
    """Return a line of a list; `phrase` is how the entity is said."""
    classes = tuple(sorted(classes))
    return ListLine(line, phrase, written or phrase, (phrase,), score, classes=classes)


def entity_list(of: Decoder, lines: Sequence[ListLine], *, strict: bool = True) -> CompiledList:
    """Compile lines for a decoder, numbered in their order."""
    numbered = [replace(line, line=number) for number, line in enumerate(lines, start=1)]
    found = compile_list(numbered, of.normalizer, speller=of.speller, strict=strict)
    return of.compile_list(found)


def random_log_probs(seed: int, n_frames: int, n_tokens: int, sharpness: float = 2.0) -> LogProbs:
    """Return log-probabilities `(n_frames, n_tokens)` without ties."""
    logits = sharpness * np.random.default_rng(seed).normal(size=(n_frames, n_tokens))
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def planted_log_probs(
    tokens: TokenTable, spelled: Sequence[str], probability: float = 0.9, blanks: int = 1
) -> LogProbs:
    """Return log-probabilities in which the symbols are said, `blanks` frames after each.

    Every frame gives its token `probability` and the others equal shares of the rest.
    """
    columns = [c for s in spelled for c in (tokens.symbols.index(s), *[tokens.blank_id] * blanks)]
    return np.stack([planted_frame(tokens, {column: probability}) for column in columns])


def planted_frame(tokens: TokenTable, probabilities: dict[int, float]) -> LogProbs:
    """Return one frame `(V,)`: the columns given, equal shares of the rest for the others."""
    others = tokens.size - len(probabilities)
    frame = np.full(tokens.size, (1.0 - sum(probabilities.values())) / others)
    frame[list(probabilities)] = list(probabilities.values())
    return np.log(frame).astype(np.float32)


def spoken(text: str) -> list[str]:
    """Return the symbols of a text in a character table, without a space in front."""
    return list(text.replace(" ", "▁"))
