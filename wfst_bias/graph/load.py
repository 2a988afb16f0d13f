"""T∘L∘G from files, compiled once and kept by the content of its inputs."""

from __future__ import annotations

import hashlib
import logging
import pickle
from dataclasses import astuple, dataclass
from pathlib import Path

from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.files import atomic_write
from wfst_bias.graph.grammar import build_grammar
from wfst_bias.graph.lexicon import SENTENCE_MARKS, build_lexicon
from wfst_bias.graph.static_graph import StaticGraph, build_static_graph
from wfst_bias.graph.unknown_class import with_unknown_class
from wfst_bias.graph.word_graph import build_word_graph
from wfst_bias.lm.arpa import NgramLm, read_arpa
from wfst_bias.tokens import TokenTable

log = logging.getLogger(__name__)

# Counts up when what is compiled changes, so that older cached graphs are not taken for it.
FORMAT = 6

# Spellings of a word of the LM. A model trained on the pieces of a SentencePiece model writes these
# and hardly ever others: more spellings made the graph larger and results on dev no better.
GUESSED_SPELLINGS = 4


@dataclass(frozen=True)
class LoadedGraph:
    """Hold what the decoder needs to know of its token table and LM.

    Attributes:
      tokens: the token table.
      words: word number - 1 -> word.
      unigrams: (normalized form, log-probability) of the LM's words.
      unspeakable: words of the LM that the tokens cannot spell, left out of the graph.
      classes: the class words where lists attach, that of unknown words first.
      static: T∘L∘G.
    """

    tokens: TokenTable
    words: tuple[str, ...]
    unigrams: tuple[tuple[str, float], ...]
    unspeakable: tuple[str, ...]
    classes: tuple[str, ...]
    static: StaticGraph


def load_graph(tokens: Path | str, lm: Path | str, cache: Path | str | None = None) -> LoadedGraph:
    """Compile T∘L∘G, or take it from the cache.

    A cached graph that is cut off or broken is compiled anew, with a warning; a folder that cannot
    be written to gives a warning too.

    Args:
      tokens: the token table's file.
      lm: the ARPA's file.
      cache: the folder of compiled graphs; None to keep none.

    Raises:
      InputError: a file is broken, or the two do not belong together.
    """
    table = TokenTable.read(tokens)
    if cache is None:
        return _compile_from(table, lm)
    kept = Path(cache) / f"graph-{_digest(table, lm)}.pickle"
    found = _read_cached(kept)
    if found is not None:
        return found
    compiled = _compile_from(table, lm)
    _write_cached(kept, compiled)
    return compiled


def compile_graph(tokens: TokenTable, lm: NgramLm) -> LoadedGraph:
    """Compile T∘L∘G for a token table and an LM.

    Raises:
      InputError: the LM cannot be used, or the two do not belong together.
    """
    lm = with_unknown_class(lm)
    n_spellings = 1 if tokens.subword_model else GUESSED_SPELLINGS
    lexicon = build_lexicon(lm, tokens, Speller(tokens, n_spellings))
    grammar = build_grammar(lm)
    words = build_word_graph(lexicon, grammar, tokens)
    normalizer = Normalizer(tokens)
    unigrams = tuple(
        (normalizer.normalize(lm.words[word]).form, float(log_prob))
        for word, log_prob in zip(lm.ngrams[0].ids[:, 0], lm.ngrams[0].log_probs, strict=True)
        if lm.words[word] not in (*SENTENCE_MARKS, *lm.class_words)
    )
    static = build_static_graph(words, tokens)
    classes = tuple(lm.words[number - 1] for number in grammar.class_words)
    return LoadedGraph(tokens, lm.words, unigrams, lexicon.unspeakable, classes, static)


def _compile_from(tokens: TokenTable, path: Path | str) -> LoadedGraph:
    lm = read_arpa(path)
    try:
        return compile_graph(tokens, lm)
    except InputError as error:
        raise InputError(str(error), path=path) from error


def _digest(tokens: TokenTable, lm: Path | str) -> str:
    digest = hashlib.sha256(repr((FORMAT, *astuple(tokens))).encode())
    try:
        with Path(lm).open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=lm) from error
    return digest.hexdigest()[:32]


def _read_cached(path: Path) -> LoadedGraph | None:
    """Return the cached graph if the file is whole: its first line is a digest of the rest."""
    try:
        with path.open("rb") as stream:
            digest, content = stream.readline(), stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("%s: cannot be read (%s); compiling the graph anew", path, error.strerror)
        return None
    if hashlib.sha256(content).hexdigest().encode() + b"\n" != digest:
        log.warning("%s: the cached graph is cut off or broken; compiling it anew", path)
        return None
    loaded = pickle.loads(content)
    assert isinstance(loaded, LoadedGraph), "the digest covers what was written here"
    return loaded


def _write_cached(path: Path, loaded: LoadedGraph) -> None:
    content = pickle.dumps(loaded, protocol=5)
    try:
        with atomic_write(path, "wb") as stream:
            stream.write(hashlib.sha256(content).hexdigest().encode() + b"\n")  # type: ignore[arg-type]
            stream.write(content)  # type: ignore[arg-type]
    except OSError as error:
        log.warning("%s: cannot be written (%s); the graph is not kept", path, error.strerror)
