"""Audio in, text out: a trained model and a decoder behind one call.

transcriber = Transcriber.load()
samples, rate = soundfile.read("talk.wav")
result = transcriber.transcribe(samples, rate, ["Łucja Wręgowska", "Knysbridge"])
print(*(word.text for word in result.words))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.acoustic.encode import encode
from wfst_bias.acoustic.model_folder import ModelFolder
from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.acoustic.sounds import sound_of_samples
from wfst_bias.acoustic.windows import FRAME_SHIFT_MS
from wfst_bias.adapter.listening import AdaptedRecognizer
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.sound.knowledge import PhoneFiles


class Transcriber:
    """Write what is said in arrays of samples; it serves one thread.

    Attributes:
      recognizer: samples to log-probabilities.
      decoder: log-probabilities to words; it also reads and compiles lists.
    """

    def __init__(self, recognizer: Recognizer, decoder: Decoder) -> None:
        self.recognizer, self.decoder = recognizer, decoder

    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        lm: Path | str | None = None,
        options: DecodeOptions | None = None,
        cache: Path | str | None = None,
        adapter: Path | str | None = None,
    ) -> Transcriber:
        """Read a model and a language model, and compile them or take the graph from a cache.

        Args:
          model: the model's folder; None for the one that comes with the project.
          lm: an ARPA; None for the model's.
          options: how to decode; None for the model's. Times go by the model's frames.
          cache: the folder that keeps compiled graphs; None to compile anew.
          adapter: the folder of the model's adapter; None for none.

        Raises:
          InputError: a file is missing or broken, or files do not belong together.
        """
        folder = ModelFolder.find(model)
        if options is None:
            found = folder.options
            options = DecodeOptions() if found is None else DecodeOptions.read(found)
        output = replace(options.output, frame_shift_ms=FRAME_SHIFT_MS)
        recognizer = Recognizer.load(folder.path)
        if adapter is not None:
            recognizer = AdaptedRecognizer.attach(recognizer, adapter)
        options = replace(options, output=output)
        phones = None
        if options.needs_phones:
            phones = PhoneFiles(folder.phones, folder.lexicons, folder.confusions).read()
        decoder = Decoder.load(
            folder.tokens, folder.lm if lm is None else lm, options, cache, phones
        )
        return cls(recognizer, decoder)

    def transcribe(
        self,
        samples: NDArray[np.floating[Any] | np.signedinteger[Any]],
        rate: int,
        entities: CompiledList | Iterable[str] | None = None,
        utterance_id: str = "recording",
    ) -> Result:
        """Recognize one recording of any length.

        Args:
          samples: (S,) or (S, channels), of which the mean is heard.
          rate: samples a second.
          entities: a list as `decoder.read_list` or `compile_list` gives it, or phrases in any
            form that a line of a list file may have; None for none.
          utterance_id: goes into the result.

        Returns:
          the result; its `error` is set where the recording is too short or not finite.

        Raises:
          InputError: an array of another shape or type, or a rate that is no positive number.
        """
        sound = sound_of_samples(samples, rate, utterance_id)
        if entities is not None and not isinstance(entities, CompiledList):
            entities = self.decoder.compile_list(entities)
        recognizer = self.recognizer
        if isinstance(recognizer, AdaptedRecognizer):
            recognizer = recognizer.listening_for(None if entities is None else entities.entities)
        ((_, heard),) = encode(recognizer, [sound])
        if isinstance(heard, InputError):
            return Result.failed(utterance_id, str(heard))
        (result,) = self.decoder.decode(
            {utterance_id: heard.log_probs},
            entities,
            phone_log_probs={utterance_id: heard.phone_log_probs},
        )
        return result
