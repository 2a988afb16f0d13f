"""What `boost-plot` does: one utterance decoded in this process, and its entities followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wfst_bias.cli.decode_lists import RunLists
from wfst_bias.cli.decode_run import DecodeRequest, check_packages, graph_folder
from wfst_bias.cli.sources import AudioRequest, Source, open_source
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import FloatArray, open_log_probs
from wfst_bias.tokens import TokenTable

if TYPE_CHECKING:
    from wfst_bias.decode.boost_picture import FoundBoosts, Heard


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


def run_boost(request: BoostRequest) -> FoundBoosts:
    """Decode an utterance and follow the entities in it.

    Raises:
      InputError: an input that cannot be used, no such utterance or entity, or an utterance that
        cannot be decoded.
      ImportError: a package that searching needs is not installed.
    """
    from wfst_bias.decode.boost_picture import find_boosts
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
        compiled = None if own is None else decoder.compile_list(own)
        return find_boosts(decoder, heard, compiled, request.also)


def _name_of(source: Source, request: BoostRequest) -> str:
    if request.utterance is None:
        return source.ids[0]
    if request.utterance not in source.ids:
        of = request.decoding.source
        path = of.paths[0] if isinstance(of, AudioRequest) else of
        raise InputError("no such utterance", path=path, value=request.utterance)
    return request.utterance


def _listen(source: Source, name: str, lists: RunLists, decoding: DecodeRequest) -> Heard:
    """Return the log-probabilities of the utterance."""
    from wfst_bias.decode.boost_picture import Heard

    sound, needs_phones = decoding.sound, decoding.options.needs_phones
    with (
        TemporaryDirectory(prefix="wfst_bias.") as folder,
        source.log_probs(Path(folder), 1, lists, needs_phones and sound.log_probs is None) as files,
    ):
        if name in files.faults:
            raise InputError(f"utterance {name}: {files.faults[name]}")
        phone_file = (files.phones or sound.log_probs) if needs_phones else None
        phones = None if phone_file is None else _array(phone_file, name)
        return Heard(name, _array(files.tokens, name), phones)


def _array(path: Path, name: str) -> FloatArray:
    with open_log_probs(path) as archive:
        return archive[name]
