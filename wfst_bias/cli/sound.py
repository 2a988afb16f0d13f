"""Flags of decoding by sound: phone log-probabilities, and what says how words are pronounced."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from wfst_bias.cli.inputs import FILE
from wfst_bias.cli.sources import AudioRequest
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import open_log_probs
from wfst_bias.sound.knowledge import PhoneFiles, PhoneKnowledge

Command = TypeVar("Command", bound=Callable[..., Any])

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SoundRequest:
    """Hold what is asked for.

    Attributes:
      log_probs: of phones; None to have them from the audio, if there is audio.
      files: what says how words are pronounced.
    """

    log_probs: Path | None = None
    files: PhoneFiles = field(default_factory=PhoneFiles)

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> SoundRequest:
        """Return what flags ask for; those that a command lacks have no value."""
        lexicons = tuple(flags.get("lexicon", ()))
        files = PhoneFiles(flags.get("phones"), lexicons, flags.get("confusions"))
        return cls(flags.get("phone_log_probs"), files)

    def read_for(self, source: Path | AudioRequest, *, needs_phones: bool) -> PhoneKnowledge | None:
        """Read the files before the work begins, and see that there are phones; None if unneeded.

        Args:
          source: what is decoded, log-probabilities or what they are made of.
          needs_phones: whether options ask for phones; if not, those given are not used.

        Raises:
          InputError: a file that cannot be used, or no phone log-probabilities.
        """
        if needs_phones:
            return self._read(isinstance(source, AudioRequest))
        if self.log_probs is not None:
            log.warning(
                "--phone-log-probs is not used: --spot-entities, --phone-scale or --lookup-words "
                "must be above 0"
            )
        return None

    def _read(self, has_audio: bool) -> PhoneKnowledge:
        if self.log_probs is None and not has_audio:
            raise InputError(
                "phone_spot, phone_rescore and lexicon_lookup need phone log-probabilities",
                remedy="name them: --phone-log-probs NPZ, as `wfst-bias encode --phones-out` "
                "writes; those of another model will do",
            )
        if self.log_probs is not None:
            open_log_probs(self.log_probs).close()
        return self.files.read()


def phone_log_probs_flag(command: Command) -> Command:
    """Add `--phone-log-probs`."""
    return click.option(
        "--phone-log-probs",
        type=FILE,
        metavar="NPZ",
        help="for --spot-entities, --phone-scale and --lookup-words: arrays (frames, phones) of "
        "natural-log probabilities by utterance id, from the same model or another; audio is "
        "heard by the model's phone head where they are not given",
    )(command)


def phone_file_flags(command: Command) -> Command:
    """Add `--phones`, `--lexicon` and `--confusions`."""
    command = click.option(
        "--confusions",
        type=FILE,
        metavar="FILE",
        help="costs of phone edits, as `wfst-bias phone-costs` writes them [default: "
        "phone_costs.tsv of the model, else 1 each]",
    )(command)
    command = click.option(
        "--lexicon",
        type=FILE,
        multiple=True,
        metavar="FILE",
        help="pronunciations in the form of the CMU dictionary, WORD  PHONE PHONE ... a line, that "
        "go before all others; repeated for several, the first with a word says how. Behind them: "
        "lexicon.txt of the model, if there is one, the names of data/phones, and espeak-ng, which "
        "reads names in the language that the list gives, <lang:pl>, or their spelling suggests",
    )(command)
    return click.option(
        "--phones",
        type=FILE,
        metavar="FILE",
        help="phone table: SYMBOL ID a line, <blk> 0 first [default: phones.txt of the model, "
        "else that of `wfst-bias phones`]",
    )(command)
