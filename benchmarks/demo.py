"""The model that comes with the project, and synthetic speech to measure it on."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.materials import SEED
from wfst_bias.acoustic.encode import encode
from wfst_bias.acoustic.model_folder import DEFAULT_MODEL, ModelFolder
from wfst_bias.acoustic.recognizer import Heard, Recognizer
from wfst_bias.acoustic.sounds import sound_of_cut
from wfst_bias.files import read_lines
from wfst_bias.formats.cuts import iterate_cuts

CORPORA = DEFAULT_MODEL.parent.parent
CORPUS = CORPORA / "parliament"
UTTERANCES = 64

Samples = NDArray[np.float32]


class Demo:
    """Read what comes with the project; all of it as it is first asked for."""

    @property
    def model(self) -> ModelFolder:
        """Return the model's folder."""
        return ModelFolder(DEFAULT_MODEL)

    @property
    def lm(self) -> Path:
        """Return the language model of the corpus."""
        return CORPUS / "lm.arpa.gz"

    @cached_property
    def recognizer(self) -> Recognizer:
        """Return the model."""
        return Recognizer.load(self.model.path)

    @cached_property
    def recordings(self) -> Mapping[str, Samples]:
        """Return samples by utterance id."""
        sounds = [sound_of_cut(cut) for cut in self._cuts]
        return {sound.utterance_id: sound.read(0, sound.n_samples) for sound in sounds}

    @cached_property
    def heard(self) -> Mapping[str, Heard]:
        """Return log-probabilities by utterance id."""
        found = encode(self.recognizer, map(sound_of_cut, self._cuts), n_threads=1)
        return {name: each for name, each in found if isinstance(each, Heard)}

    @property
    def seconds(self) -> float:
        """Return how long the speech is."""
        return float(sum(cut.duration for cut in self._cuts))

    @cached_property
    def names(self) -> Sequence[str]:
        """Return names that nobody says, those of the same corpus first."""
        paths = (CORPORA / name / "distractors.txt" for name in ("parliament", "medical-terms"))
        return [line.split("\t")[0] for path in paths for line in read_lines(path)]

    def lists_of(self, size: int) -> dict[str, list[str]]:
        """Return a list of so many names by utterance id: those said, and distractors."""
        lists = {}
        for cut in self._cuts:
            said = [entity["text"] for entity in cut.supervisions[0].custom["entities"]]
            drawn = random.Random(f"{SEED} {cut.id}").sample(self.names, size - len(said))
            lists[cut.id] = [*said, *drawn]
        return lists

    @cached_property
    def _cuts(self) -> list:  # type: ignore[type-arg]
        return list(islice(iterate_cuts(CORPUS / "test.cuts.jsonl.gz"), UTTERANCES))
