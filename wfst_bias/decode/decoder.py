"""Load once, decode many: the Python API that the command line sits on."""

from __future__ import annotations

import gc
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wfst_bias.decode.cutting import NO_PHONES, Cutter, Piece, check_phones
from wfst_bias.decode.dense import DenseInput, LogProbs
from wfst_bias.decode.lattice import split_lattices
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.decode.path import Vocabulary
from wfst_bias.decode.piece_lattice import PieceLattice
from wfst_bias.decode.pieces import join_pieces
from wfst_bias.decode.reading import (
    RankedText,
    ReadingContext,
    by_score,
    rank_texts,
    read_result,
    spoken_in,
)
from wfst_bias.decode.search import SearchOptions, search
from wfst_bias.decode.short_lists import ShortLists, without_doubtful
from wfst_bias.decode.sounding import Sounding
from wfst_bias.entities.classes import ListFile, read_entity_lists
from wfst_bias.entities.entity_list import EntityList, entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import check_log_probs
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList, ListCompiler, load_variants
from wfst_bias.graph.join import JoinedGraph, SearchGraph
from wfst_bias.graph.load import LoadedGraph, load_graph
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.sound.knowledge import PhoneFiles, PhoneKnowledge

Lists = CompiledList | Mapping[str, CompiledList] | None

# What pieces, by their number, came to.
Found = dict[int, tuple[Result, list[PieceLattice]]]


class Decoder:
    """Decode log-probabilities with a word LM and, per call, lists of entities.

    A decoder serves one thread: joining a list rewrites a part of its graph in place. How long all
    joining took is in `joining_seconds`, of CPU time; of lists that phones shorten it is not.

    Args:
      loaded: the graph.
      options: how to decode; None for the defaults.
      phones: how words are said, where the options ask for phones; None for what is built in.
    """

    def __init__(
        self,
        loaded: LoadedGraph,
        options: DecodeOptions | None = None,
        phones: PhoneKnowledge | None = None,
        cache: Path | str | None = None,
    ) -> None:
        self.options = options or DecodeOptions()
        self.tokens = tokens = loaded.tokens
        self.graph = SearchGraph(loaded.static, self.options.scales)
        self.normalizer = Normalizer(tokens)
        self.speller = Speller(tokens)
        self.compiler = ListCompiler(
            tokens,
            self.speller,
            loaded.unigrams,
            self.options.boost,
            loaded.classes,
            load_variants(self.options.g2g, tokens, cache),
        )
        self.dense = DenseInput(tokens, self.options.search.blank_threshold, self.options.adaptive)
        columns = TokenNumbers.of(tokens).columns
        self.context = ReadingContext(
            vocabulary=Vocabulary(loaded.words, tuple(tokens.symbols[c] for c in columns)),
            columns=columns,
            frame_seconds=self.options.output.frame_shift_ms / 1000,
            n_best=self.options.output.n_best,
            n_ranked=self.options.phone_rescore.phone_texts if self._rescores() else 1,
            adaptive=self.options.adaptive,
        )
        output = self.options.output
        self.cutter = Cutter(tokens, output.longest_piece, self.context.frame_seconds)
        self._joined: tuple[list[CompiledList], JoinedGraph] | None = None
        self.joining_seconds = 0.0
        self.sounding = self._sounding(loaded, phones) if self.options.needs_phones else None
        self._known_words = frozenset(loaded.words)

    def _rescores(self) -> bool:
        return self.options.phone_rescore.is_on

    def _sounding(self, loaded: LoadedGraph, phones: PhoneKnowledge | None) -> Sounding:
        lookup = self.options.lexicon_lookup
        forms = {form for form, log_prob in loaded.unigrams if log_prob >= lookup.lookup_rare_nats}
        common = {word for word in loaded.words if self.normalizer.normalize(word).form in forms}
        knowledge = phones or PhoneFiles().read()
        spot, rescore = self.options.phone_spot, self.options.phone_rescore
        return Sounding(knowledge, spot, rescore, lookup, common, self.normalizer)

    @classmethod
    def load(
        cls,
        tokens: Path | str,
        lm: Path | str,
        options: DecodeOptions | None = None,
        cache: Path | str | None = None,
        phones: PhoneKnowledge | None = None,
    ) -> Decoder:
        """Read a token table and an ARPA, and compile T∘L∘G or take it from the cache.

        Args:
          tokens: a token table, `SYMBOL ID` a line.
          lm: an ARPA, gzipped or not.
          options: how to decode; None for the defaults.
          cache: the folder that keeps compiled graphs and the variants of long lists; None to
            compile anew.
          phones: how words are said, where the options ask for phones.

        Raises:
          InputError: a file is broken, or the two do not belong together.
        """
        return cls(load_graph(tokens, lm, cache), options, phones, cache)

    def read_list(self, *files: Path | str | ListFile, strict: bool = False) -> CompiledList:
        """Read and compile the files of a list; `.entities.report` says what became of every line.

        A `ListFile` also names the class of its entities.
        """
        named = [f if isinstance(f, ListFile) else ListFile(Path(f)) for f in files]
        return self.compile_list(
            read_entity_lists(named, self.normalizer, speller=self.speller, strict=strict)
        )

    def compile_list(self, entities: EntityList | Iterable[str]) -> CompiledList:
        """Compile a list, or phrases in any form that a line of a list file may have."""
        with _no_garbage_collection():
            return self._compile_list(entities)

    def _compile_list(self, entities: EntityList | Iterable[str]) -> CompiledList:
        if not isinstance(entities, EntityList):
            entities = entities_from_strings(
                tuple(entities), self.normalizer, "auto", speller=self.speller
            )
        told = entities if self.sounding is None else self.sounding.told(entities)
        return self.compiler.compile(told)

    def decode(
        self,
        log_probs: Mapping[str, LogProbs],
        lists: Lists = None,
        lattices: list[PieceLattice] | None = None,
        phone_log_probs: Mapping[str, LogProbs] | None = None,
    ) -> list[Result]:
        """Decode utterances.

        Args:
          log_probs: by utterance id `(T, V)`, natural-log probabilities.
          lists: one list for all, or lists by utterance id; those that are missing have none.
          lattices: where to put the lattices of all pieces, in the order of utterances and time.
          phone_log_probs: by utterance id `(T', P)`, where the options ask for phones; their frames
            may be of another length.

        Returns:
          A result per utterance, in the order given; `error` is set where the input is unusable.

        Raises:
          InputError: the options ask for phones, and there are none.
        """
        if self.sounding is not None and phone_log_probs is None:
            raise InputError(NO_PHONES, remedy="give them, or leave these options out")
        failed: dict[str, Result] = {}
        pieces: list[Piece] = []
        for utterance_id, values in log_probs.items():
            phones = (phone_log_probs or {}).get(utterance_id) if self.sounding else None
            reason = check_log_probs(values, self.tokens.size)
            if reason is None and self.sounding is not None:
                n_columns = self.sounding.knowledge.table.size
                reason = check_phones(phones, len(values), n_columns)
            if reason is not None:
                failed[utterance_id] = Result.failed(utterance_id, reason)
                continue
            entities = lists.get(utterance_id) if isinstance(lists, Mapping) else lists
            pieces.extend(self.cutter.cut(utterance_id, values, entities, phones))
        decoded: dict[str, list[tuple[float, Result]]] = {}
        for piece, result in zip(pieces, self._decode_pieces(pieces, lattices), strict=True):
            begin = piece.first_frame * self.context.frame_seconds
            decoded.setdefault(piece.utterance_id, []).append((begin, result))
        return [
            failed.get(name) or join_pieces(name, decoded[name], self.context.n_best)
            for name in log_probs
        ]

    def _decode_pieces(
        self, wholes: Sequence[Piece], lattices: list[PieceLattice] | None
    ) -> list[Result]:
        """Decode pieces, each with as much of its list as it may hold.

        Results and lattices are in the order of the pieces.
        """
        keeps_lattices = lattices is not None
        if self.sounding is None or not self.options.phone_spot.is_on:
            found = self._decode_surely(dict(enumerate(wholes)), keeps_lattices)
        else:
            short_lists = ShortLists(self.sounding, self.compiler, self._known_words)
            shorts = short_lists.shorten(wholes)
            found = self._decode_surely(dict(enumerate(shorts)), keeps_lattices)
            both = enumerate(zip(wholes, shorts, strict=True))
            longer = {
                i: piece
                for i, (whole, short) in both
                if (piece := short_lists.with_spelled(whole, short, found[i][0])) is not None
            }
            found.update(self._decode_surely(longer, keeps_lattices))
        if lattices is not None:
            lattices.extend(lattice for i in range(len(wholes)) for lattice in found[i][1])
        return [found[i][0] for i in range(len(wholes))]

    def _decode_surely(self, pieces: Mapping[int, Piece], keeps_lattices: bool) -> Found:
        """Decode pieces, and those again without the list's other entities where some are doubtful.

        Then what was heard of phones has its last say.
        """
        found = self._decode_in_batches(pieces, keeps_lattices)
        results = [found[i][0] for i in pieces]
        least, compiler = self.options.boost.least_confidence, self.compiler
        every = zip(pieces.items(), results, self._unlike(pieces.values(), results), strict=True)
        again = {
            i: surer
            for (i, piece), result, unlike in every
            if (surer := without_doubtful(piece, result, unlike, least, compiler)) is not None
        }
        found.update(self._decode_in_batches(again, keeps_lattices))
        finished = self._finish(pieces.values(), [found[i][0] for i in pieces])
        return {i: (result, found[i][1]) for i, result in zip(pieces, finished, strict=True)}

    def _finish(self, pieces: Collection[Piece], results: list[Result]) -> list[Result]:
        """Let what was heard of phones have its last say."""
        if self.sounding is None:
            return results
        heard = [piece.heard for piece in pieces if piece.heard is not None]
        return self.sounding.finish(results, heard, [piece.entities for piece in pieces])

    def _unlike(
        self, pieces: Collection[Piece], results: Sequence[Result]
    ) -> Sequence[Collection[str]]:
        """Return by piece the entities in it that do not sound like what was heard."""
        if self.sounding is None:
            return [()] * len(pieces)
        heard = [piece.heard for piece in pieces if piece.heard is not None]
        return self.sounding.unlike(results, heard, [piece.entities for piece in pieces])

    def _decode_in_batches(self, pieces: Mapping[int, Piece], keep_lattices: bool) -> Found:
        """Decode pieces in batches of similar length."""
        order = sorted(pieces, key=lambda i: len(pieces[i].log_probs))
        found: Found = {}
        for begin in range(0, len(order), self.options.output.batch_size):
            batch = order[begin : begin + self.options.output.batch_size]
            with _no_garbage_collection():
                results, lattices = self._decode_batch([pieces[i] for i in batch])
            for i, result, lattice in zip(batch, results, lattices, strict=True):
                found[i] = (result, [lattice] if keep_lattices else [])
        return found

    def _decode_batch(self, batch: Sequence[Piece]) -> tuple[list[Result], list[PieceLattice]]:
        lattices = self._search(batch, self.options.search)
        lost = [i for i, found in enumerate(lattices) if not found.lattice.n_states]
        if lost:
            again = self._search([batch[i] for i in lost], self.options.search.wider())
            for i, found in zip(lost, again, strict=True):
                lattices[i] = found
        ranked = self._rank(batch, lattices)
        results = [
            read_result(
                p.utterance_id, of.lattice, texts, p.log_probs, of.frames, p.entities, self.context
            )
            for p, of, texts in zip(batch, lattices, ranked, strict=True)
        ]
        read = [replace(of, texts=tuple(t)) for of, t in zip(lattices, ranked, strict=True)]
        return results, read

    def _rank(
        self, batch: Sequence[Piece], lattices: Sequence[PieceLattice]
    ) -> list[list[RankedText]]:
        """Return the best texts of each lattice, phones having had their say."""
        ranked = [rank_texts(of.lattice, of.entities, self.context) for of in lattices]
        if self.sounding is None or not self._rescores():
            return ranked
        words, names = self.context.vocabulary, self.sounding.names
        said = [
            [spoken_in(text, of.lattice, words, of.entities, names) for text in texts]
            for of, texts in zip(lattices, ranked, strict=True)
        ]
        heard = [piece.heard for piece in batch if piece.heard is not None]
        return [
            by_score(text.losing(loss) for text, loss in zip(texts, losses, strict=True))
            for texts, losses in zip(ranked, self.sounding.losses(said, heard), strict=True)
        ]

    def _search(self, batch: Sequence[Piece], options: SearchOptions) -> list[PieceLattice]:
        lists: list[CompiledList] = []
        own: list[int | None] = []
        for piece in batch:
            if piece.entities is None:
                own.append(None)
                continue
            known = next((i for i, e in enumerate(lists) if e is piece.entities), len(lists))
            if known == len(lists):
                lists.append(piece.entities)
            own.append(known)
        graph = self._join(lists)
        gates = [None if number is None else graph.gates[number] for number in own]
        dense, frames = self.dense.lay_out([p.log_probs for p in batch], gates, graph.n_sets)
        found = split_lattices(search(graph, dense, options), graph)
        return [
            PieceLattice(
                p.utterance_id, p.first_frame, lattice, frame, p.entities, p.log_probs,
                self.options.scales, self.context,
            )
            for p, lattice, frame in zip(batch, found, frames, strict=True)
        ]  # fmt: skip

    def _join(self, lists: list[CompiledList]) -> JoinedGraph:
        """Join lists, or keep the graph as it is if the last batch had the same ones."""
        if self._joined is None or not _same(self._joined[0], lists):
            begin = time.process_time()
            self._joined = (lists, self.graph.join([entities.fsts for entities in lists]))
            if not self.options.phone_spot.is_on:
                self.joining_seconds += time.process_time() - begin
        return self._joined[1]


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Pause the search for cycles of objects: there are none, and it takes a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _same(first: Sequence[CompiledList], second: Sequence[CompiledList]) -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))
