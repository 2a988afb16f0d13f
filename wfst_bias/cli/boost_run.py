"""What `boost-plot` does: one utterance decoded in this process, and its entities followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wfst_bias.cli.decode_lists import RunLists
from wfst_bias.cli.decode_run import DecodeRequest, check_packages, graph_folder
from wfst_bias.cli.sources import AudioRequest, Source, open_source
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import FloatArray, open_log_probs
from wfst_bias.formats.results import Result
from wfst_bias.tokens import TokenTable

if TYPE_CHECKING:
    from wfst_bias.decode.boost_curves import BoostCurve
    from wfst_bias.decode.boost_plot import BoostPicture
    from wfst_bias.decode.decoder import Decoder
    from wfst_bias.graph.compiled_list import CompiledList

NOTHING_WRITTEN = "no entity of the list was written, so nothing was boosted"
NO_LIST = "the utterance has no list, so nothing was boosted"


@dataclass(frozen=True)
class BoostRequest:
    """Hold what `boost-plot` is asked for.

    Attributes:
      decoding: how to decode; `out` is where files may lie meanwhile.
      utterance: one of several, None for the first.
      also: entities that are shown even where they were not written.
    """

    decoding: DecodeRequest
    utterance: str | None = None
    also: Sequence[str] = ()


@dataclass(frozen=True)
class FoundBoosts:
    """Hold what is to be shown, and what is to be said beside."""

    picture: BoostPicture
    remarks: Sequence[str]


@dataclass(frozen=True)
class _Heard:
    """Hold the log-probabilities of the utterance: of tokens, and of phones where needed."""

    utterance_id: str
    log_probs: FloatArray
    phones: FloatArray | None


def run_boost(request: BoostRequest) -> FoundBoosts:
    """Decode an utterance and follow the entities in it.

    Raises:
      InputError: an input that cannot be used, no such utterance or entity, or an utterance that
        cannot be decoded.
      ImportError: a package that searching needs is not installed.
    """
    from wfst_bias.decode.decoder import Decoder

    check_packages()
    decoding = request.decoding
    tokens = TokenTable.read(decoding.tokens)
    source = open_source(decoding.source)
    name = _name_of(source, request)
    lists = RunLists.read(decoding.lists, tokens, source.ids)
    needs_phones = decoding.options.needs_phones
    phones = decoding.sound.read_for(decoding.source, needs_phones=needs_phones)
    heard = _listen(source.only(name), name, lists, decoding)
    with graph_folder(decoding.cache) as cache:
        decoder = Decoder.load(decoding.tokens, decoding.lm, decoding.options, cache, phones)
        (utterance,) = lists.utterances([name])
        own = lists.shared if utterance.phrases is None else utterance.phrases
        return _follow(decoder, heard, None if own is None else decoder.compile_list(own),
                       request.also)  # fmt: skip


def _name_of(source: Source, request: BoostRequest) -> str:
    if request.utterance is None:
        return source.ids[0]
    if request.utterance not in source.ids:
        of = request.decoding.source
        path = of.paths[0] if isinstance(of, AudioRequest) else of
        raise InputError("no such utterance", path=path, value=request.utterance)
    return request.utterance


def _listen(source: Source, name: str, lists: RunLists, decoding: DecodeRequest) -> _Heard:
    """Return the log-probabilities of the utterance."""
    sound, needs_phones = decoding.sound, decoding.options.needs_phones
    with (
        TemporaryDirectory(prefix="wfst_bias.") as folder,
        source.log_probs(Path(folder), 1, lists, needs_phones and sound.log_probs is None) as files,
    ):
        if name in files.faults:
            raise InputError(f"utterance {name}: {files.faults[name]}")
        phone_file = (files.phones or sound.log_probs) if needs_phones else None
        phones = None if phone_file is None else _array(phone_file, name)
        return _Heard(name, _array(files.tokens, name), phones)


def _array(path: Path, name: str) -> FloatArray:
    with open_log_probs(path) as archive:
        return archive[name]


def _follow(
    decoder: Decoder, heard: _Heard, entities: CompiledList | None, also: Sequence[str]
) -> FoundBoosts:
    from wfst_bias.decode.boost_curves import follow
    from wfst_bias.decode.boost_plot import BoostPicture
    from wfst_bias.decode.decoder import PieceLattice

    wanted = [_written(name, entities, decoder) for name in also]
    name, pieces = heard.utterance_id, list[PieceLattice]()
    phones = None if heard.phones is None else {name: heard.phones}
    (result,) = decoder.decode({name: heard.log_probs}, entities, pieces, phones)
    if result.error is not None:
        raise InputError(f"utterance {name}: {result.error}")
    frames, curves = follow(pieces)
    written = {span.written for span in result.entities}
    missing = [each for each in dict.fromkeys(wanted) if each not in written]
    fitted = {each: _fit(each, heard.log_probs, entities, decoder) for each in missing}
    curves += [curve for curve in fitted.values() if curve is not None]
    picture = BoostPicture(
        name, result.words, frames, curves, decoder.tokens.symbols, decoder.context.frame_seconds
    )
    nowhere = [f"{each}: not written, and fits nowhere" for each, c in fitted.items() if c is None]
    return FoundBoosts(picture, [*_remarks(result, entities), *nowhere])


def _written(name: str, entities: CompiledList | None, decoder: Decoder) -> str:
    """Return an entity of the list as it is written, given so or as one of its forms."""
    form = decoder.normalizer.normalize(name).form
    listed = () if entities is None else entities.entities.entities
    for entity in listed:
        if entity.written == name or form in entity.forms:
            if entity.score is not None and entity.score < 0:
                raise InputError("an entity with a negative score is never boosted", value=name)
            return entity.written
    raise InputError("not an entity of the list", value=name, remedy="see --also")


def _fit(
    written: str, log_probs: FloatArray, entities: CompiledList | None, decoder: Decoder
) -> BoostCurve | None:
    from wfst_bias.decode.boost_fit import fit_entity

    assert entities is not None, "only entities of a list are asked for"
    columns, adaptive = decoder.context.columns, decoder.options.adaptive
    return fit_entity(written, entities, log_probs, columns, decoder.tokens, adaptive)


def _remarks(result: Result, entities: CompiledList | None) -> Iterator[str]:
    """Say what the curves do not show."""
    for span in result.entities:
        if span.looked_up is not None:
            yield f"{span.written}: written for how it sounds (lexicon-lookup), not by a boost"
    if entities is None:
        yield NO_LIST
    elif all(span.looked_up is not None for span in result.entities):
        yield NOTHING_WRITTEN
