"""One utterance decoded, and its entities followed: what a plot of boosts shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wfst_bias.decode.boost_curves import BoostCurve, follow
from wfst_bias.decode.boost_fit import fit_entity
from wfst_bias.decode.boost_plot import BoostPicture
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.piece_lattice import PieceLattice
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import FloatArray
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList

NOTHING_WRITTEN = "no entity of the list was written, so nothing was boosted"
NO_LIST = "the utterance has no list, so nothing was boosted"


@dataclass(frozen=True)
class Heard:
    """Hold the log-probabilities of an utterance.

    Attributes:
      utterance_id: the utterance.
      log_probs: `(T, V)`.
      phones: `(T', P)`, where the options ask for phones.
    """

    utterance_id: str
    log_probs: FloatArray
    phones: FloatArray | None = None


@dataclass(frozen=True)
class FoundBoosts:
    """Hold what is to be shown, and what is to be said beside."""

    picture: BoostPicture
    remarks: Sequence[str]


def find_boosts(
    decoder: Decoder, heard: Heard, entities: CompiledList | None, also: Sequence[str] = ()
) -> FoundBoosts:
    """Decode an utterance and follow the entities in it.

    Args:
      decoder: that decodes it.
      heard: the utterance.
      entities: its list, None for none.
      also: entities of the list that are shown even where they were not written.

    Raises:
      InputError: an entity that is not in the list, or an utterance that cannot be decoded.
    """
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
