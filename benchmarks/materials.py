"""The real speech, LM and lists that are measured on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.formats.log_probs import open_log_probs
from wfst_bias.formats.results import Result
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions
from wfst_bias.score.score_files import score_utterance
from wfst_bias.score.scores import Scores
from wfst_bias.score.wer import ClassCounts

SETS = ("ljspeech_lj001", "commonvoice_100")
LM_TEXT = "ljspeech_transcripts_lj003_lj050.txt"
WORD_COUNTS = "librispeech_word_counts.tsv"
FREQUENT_WORDS = 5_000
SEED = 1


@dataclass(frozen=True)
class SpeechSet:
    """Hold a set of utterances.

    Attributes:
      name: of the set.
      log_probs: by utterance id `(T, V)`.
      references: by utterance id, with the rare words and the published list.
      frame_seconds: from one frame to the next.
    """

    name: str
    log_probs: Mapping[str, NDArray[np.float32]]
    references: Mapping[str, UtteranceList]
    frame_seconds: float

    @property
    def seconds(self) -> float:
        """Return how long the speech is."""
        return self.frame_seconds * sum(map(len, self.log_probs.values()))

    @property
    def rare_words(self) -> list[str]:
        """Return the rare words of all references, sorted."""
        return sorted({word for u in self.references.values() for word in u.rare})

    def errors(self, texts: Mapping[str, str]) -> ClassCounts:
        """Count the word errors of texts by utterance id."""
        pairs = ((u, texts[name]) for name, u in self.references.items())
        return Scores(tuple(score_utterance(u, text) for u, text in pairs)).total.words

    def real_time_factor(self, seconds: float) -> float:
        """Return what part of the speech's length some seconds are."""
        return seconds / self.seconds


@dataclass(frozen=True)
class Materials:
    """Find and prepare what is measured on.

    Attributes:
      shared: the folder with `realspeech` and `text`.
      work: the folder for what is made here: LM, compiled graph, lists.
      sets: the sets measured on.
      lm_path: an ARPA; None for one estimated from the texts in `shared`.
    """

    shared: Path
    work: Path
    sets: Sequence[str] = SETS
    lm_path: Path | None = None

    def check(self) -> None:
        """See that all files are there.

        Raises:
          InputError: one is missing (it is named).
        """
        speech = [
            self.speech_file(f"{name}{end}") for name in self.sets for end in (".npz", _LISTS)
        ]
        texts = [self._text(WORD_COUNTS)] + [self._text(LM_TEXT)] * (self.lm_path is None)
        for path in (self.tokens, *speech, *texts, *filter(None, [self.lm_path])):
            if not path.is_file():
                remedy = "the real speech is no part of the project: name its folder by --shared"
                raise InputError("no such file", path=path, remedy=remedy)

    @property
    def tokens(self) -> Path:
        """Return the token table."""
        return self.speech_file("tokens.txt")

    @cached_property
    def lm(self) -> Path:
        """Return the ARPA, estimated first where none is given."""
        return self.lm_path or self._estimate(LmOptions(), "lm.arpa")

    @cached_property
    def larger_lm(self) -> Path:
        """Return the ARPA of a 4-gram, estimated of the same text."""
        return self._estimate(LmOptions(order=4), "lm4.arpa")

    def _estimate(self, options: LmOptions, name: str) -> Path:
        made = self.work / name
        estimate_from_files([self._text(LM_TEXT)], self._text(WORD_COUNTS), options, made)
        return made

    @cached_property
    def decoder(self) -> Decoder:
        """Return a decoder with the default options."""
        return self.decoder_with(DecodeOptions())

    def decoder_with(self, options: DecodeOptions) -> Decoder:
        """Return a decoder with these options."""
        return Decoder.load(self.tokens, self.lm, options, cache=self.work)

    @cached_property
    def speech(self) -> tuple[SpeechSet, ...]:
        """Return the sets, read."""
        return tuple(map(self._read_set, self.sets))

    @cached_property
    def distractors(self) -> tuple[str, ...]:
        """Return the words past the most frequent ones, most frequent first."""
        lines = read_lines(self._text(WORD_COUNTS))[FREQUENT_WORDS:]
        return tuple(line.split("\t")[0] for line in lines)

    def list_of(self, size: int, wanted: Iterable[str] = (), draw: object = "") -> list[str]:
        """Return the wanted words filled up to `size` with distractors drawn at random.

        Args:
          size: how many words.
          wanted: what the list must have, cut at `size`.
          draw: names the draw; equal names draw the same.

        Raises:
          InputError: there are not enough words.
        """
        kept = list(dict.fromkeys(wanted))[:size]
        if size > len(self.distractors):
            raise InputError(
                "too few words for a list of", path=self._text(WORD_COUNTS), value=size
            )
        drawn = random.Random(f"{SEED} {draw}").sample(self.distractors, size)
        known = set(kept)
        return kept + [word for word in drawn if word not in known][: size - len(kept)]

    def write_list(self, words: Sequence[str], name: str) -> Path:
        """Write a list, a phrase a line."""
        path = self.work / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        return path

    def _read_set(self, name: str) -> SpeechSet:
        with open_log_probs(self.speech_file(f"{name}.npz")) as archive:
            log_probs = {utterance_id: archive[utterance_id] for utterance_id in archive}
        references = read_entities_tsv(self.speech_file(f"{name}{_LISTS}"))
        shift = self.decoder.options.output.frame_shift_ms / 1000
        return SpeechSet(name, log_probs, references, shift)

    def speech_file(self, name: str) -> Path:
        """Return a file of the real speech."""
        return self.shared / "realspeech" / name

    def _text(self, name: str) -> Path:
        return self.shared / "text" / name


_LISTS = ".is21.tsv"


def texts_of(results: Iterable[Result]) -> dict[str, str]:
    """Return the text of each result by utterance id."""
    return {r.utterance_id: " ".join(word.text for word in r.words) for r in results}


def wer_text(counts: ClassCounts) -> str:
    """Render WER / U-WER / B-WER in %."""
    parts = (counts.all, counts.unbiased, counts.biased)
    return " / ".join(f"{100 * part.rate:.2f}" for part in parts)
