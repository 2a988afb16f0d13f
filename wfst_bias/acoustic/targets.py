"""What the heads are to say of each utterance: its subwords and phones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wfst_bias.acoustic.subwords import Subwords
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable


@dataclass(frozen=True)
class Target:
    """The transcript of an utterance."""

    text: str  # normalized
    tokens: tuple[int, ...]
    phones: tuple[int, ...]


def targets_of(
    cuts: Any, subwords: Subwords, lexicon: PhoneLexicon, phones: PhoneTable
) -> dict[str, Target]:
    """Return the target of each cut, by its id.

    Raises:
      InputError: a cut without a transcript, a transcript with characters that the tokens lack,
        a word that the lexicon lacks, or two cuts of one id; the cut is named.
    """

    def phones_of(text: str) -> tuple[int, ...]:
        return tuple(phones.ids_of(lexicon.phones_of(text.split())))

    return _targets(cuts, subwords, phones_of)


def spelled_targets_of(cuts: Any, subwords: Subwords) -> dict[str, Target]:
    """Return the target of each cut, without phones, by its id; raises as `targets_of`."""
    return _targets(cuts, subwords, lambda text: ())


def _targets(
    cuts: Any, subwords: Subwords, phones_of: Callable[[str], tuple[int, ...]]
) -> dict[str, Target]:
    normalizer = Normalizer(subwords.token_table())
    targets: dict[str, Target] = {}
    for cut in cuts:
        text = _normalized(cut, normalizer)
        try:
            target = Target(text, tuple(subwords.encode(text)), phones_of(text))
        except InputError as error:
            raise InputError(f"the transcript of cut {cut.id}: {error}") from error
        if targets.setdefault(cut.id, target) != target:
            raise InputError("two cuts have the same id", value=cut.id, remedy="rename one")
    return targets


def _normalized(cut: Any, normalizer: Normalizer) -> str:
    text = " ".join(each.text or "" for each in cut.supervisions)
    normalized = normalizer.normalize(text)
    if not normalized.form and not normalized.unspeakable:
        raise InputError("a cut without a transcript", value=cut.id, remedy="leave it out")
    if normalized.unspeakable:
        raise InputError(
            f"the transcript of cut {cut.id} has characters that the tokens lack",
            value=normalized.unspeakable,
            remedy="write them as words or leave the cut out",
        )
    return normalized.form
