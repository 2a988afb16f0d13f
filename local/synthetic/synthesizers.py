"""The speech synthesizers as programs: text in, samples out.

    synthesize           several texts, each in its own voice -> float32 samples at 16 kHz
    check_installed      name the program or voice that is missing, and the package that has it

Cost on one core, per sentence of 5 s: espeak-ng 15 ms, flite 15 ms (kal16) to 80 ms, festival 10 ms
(diphones) to 140 ms (HTS) and 0.3 s for each start, so that its texts are spoken in one process;
RHVoice 140 ms, Pico 30 ms.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from lhotse.augmentation import Speed, get_or_create_resampler
from numpy.typing import NDArray

from local.synthetic.voices import ESPEAK, FESTIVAL, FLITE, FURTHER, PICO, RHVOICE, Speaking, Voice
from wfst_bias.errors import InputError

SAMPLE_RATE = 16000

PACKAGES = {
    ESPEAK: "espeak-ng",
    FLITE: "flite",
    FESTIVAL: "festival festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k",
    RHVOICE: "rhvoice rhvoice-english (of Debian's section non-free)",
    PICO: "libttspico-utils (of Debian's section non-free)",
}

# Mean fundamental frequency of flite's voices, in Hz, as measured on their speech.
_FLITE_PITCH_HZ = {"kal16": 105, "awb": 133, "rms": 98, "slt": 171}
# Mean and deviation, in Hz, that festival's diphone voices aim at.
_FESTIVAL_PITCH_HZ = {"kal_diphone": (105, 14), "ked_diphone": (105, 14)}
_ESPEAK_WORDS_PER_MINUTE = 165
# RHVoice cannot list its voices; it falls back to another where one is missing.
_RHVOICE_FOLDER = Path("/usr/share/RHVoice/voices")

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Request:
    """A text of lower-case ASCII letters, apostrophes and spaces, and how to speak it."""

    text: str
    speaking: Speaking


def synthesize(requests: Sequence[Request]) -> list[Samples]:
    """Speak each text.

    Returns:
      for each request, samples in [-1, 1], shape (num_samples,), at 16 kHz.

    Raises:
      InputError: a synthesizer is missing, fails, or says nothing.
    """
    with tempfile.TemporaryDirectory(prefix="synthesize.") as folder:
        paths = [Path(folder) / f"{index}.wav" for index in range(len(requests))]
        jobs = list(zip(requests, paths, strict=True))
        for synthesizer, speak in _SPEAK.items():
            speak([job for job in jobs if job[0].speaking.voice.synthesizer == synthesizer])
        return [_read(path, request) for request, path in jobs]


def check_installed(voices: Iterable[Voice]) -> None:
    """Check that every voice can speak.

    Raises:
      InputError: a program or a voice is missing; the message has the package to install.
    """
    installed: dict[str, set[str]] = {}
    for voice in sorted(voices, key=lambda voice: voice.speaker):
        if voice.synthesizer not in installed:
            installed[voice.synthesizer] = _INSTALLED[voice.synthesizer]()
        missing = set(voice.name.split("+")) - installed[voice.synthesizer]
        if missing:
            raise InputError(
                f"{voice.synthesizer} has no voice {' '.join(sorted(missing))}",
                remedy=f"apt install {PACKAGES[voice.synthesizer]}",
            )


def trim(samples: Samples, silence_seconds: tuple[float, float]) -> Samples:
    """Cut or pad the silence at both ends to the given lengths, start and end.

    Silence is what lies 40 dB below the loudest 10 ms.
    """
    frame = SAMPLE_RATE // 100
    frames = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame)
    power = np.square(frames).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 1e-4)
    first, last = (loud[0] * frame, (loud[-1] + 1) * frame) if len(loud) else (0, len(samples))
    before, after = (round(seconds * SAMPLE_RATE) for seconds in silence_seconds)
    padded = np.pad(samples, (before, after + frame))
    return padded[first : last + before + after]


def _speak_espeak(jobs: Sequence[tuple[Request, Path]]) -> None:
    for request, path in jobs:
        speaking = request.speaking
        words_per_minute = round(_ESPEAK_WORDS_PER_MINUTE * speaking.rate)
        pitch = round(50 + 100 * (speaking.pitch - 1))
        command = [ESPEAK, "-v", speaking.voice.name, "-s", f"{words_per_minute}"]
        _call([*command, "-p", f"{pitch}", "-w", f"{path}", "--", request.text])


def _speak_flite(jobs: Sequence[tuple[Request, Path]]) -> None:
    for request, path in jobs:
        speaking = request.speaking
        pitch_hz = _FLITE_PITCH_HZ[speaking.voice.name] * speaking.pitch
        command = [FLITE, "-voice", speaking.voice.name]
        command += ["--setf", f"duration_stretch={1 / speaking.rate:.3f}"]
        command += ["--setf", f"int_f0_target_mean={pitch_hz:.1f}"]
        _call([*command, "-t", request.text, "-o", f"{path}"])


def _speak_festival(jobs: Sequence[tuple[Request, Path]]) -> None:
    if not jobs:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".scm") as script:
        script.write("\n".join(_festival_script(request, path) for request, path in jobs))
        script.flush()
        _call([FESTIVAL, "-b", script.name])


def _festival_script(request: Request, path: Path) -> str:
    speaking = request.speaking
    lines = [f"(voice_{speaking.voice.name})"]
    lines += [f"(Parameter.set 'Duration_Stretch {1 / speaking.rate:.3f})"]
    if speaking.voice.name in _FESTIVAL_PITCH_HZ:
        mean, deviation = _FESTIVAL_PITCH_HZ[speaking.voice.name]
        lines += [
            f"(set! int_lr_params '((target_f0_mean {mean * speaking.pitch:.1f})"
            f" (target_f0_std {deviation}) (model_f0_mean 170) (model_f0_std 34)))"
        ]
    lines += [f'(utt.save.wave (utt.synth (Utterance Text "{request.text}")) "{path}" \'riff)']
    return "\n".join(lines)


def _speak_rhvoice(jobs: Sequence[tuple[Request, Path]]) -> None:
    for request, path in jobs:
        speaking = request.speaking
        command = [RHVOICE, "-p", speaking.voice.name]
        command += ["-r", f"{100 * speaking.rate:.0f}", "-t", f"{100 * speaking.pitch:.0f}"]
        _call([*command, "-o", f"{path}"], text=request.text)


def _speak_pico(jobs: Sequence[tuple[Request, Path]]) -> None:
    for request, path in jobs:
        speaking = request.speaking
        speed, pitch = (f"{100 * factor:.0f}" for factor in (speaking.rate, speaking.pitch))
        text = f'<speed level="{speed}"><pitch level="{pitch}">{request.text}</pitch></speed>'
        _call([PICO, "-l", speaking.voice.name, "-w", f"{path}", text])


def _read(path: Path, request: Request) -> Samples:
    voice = request.speaking.voice
    if not path.is_file():
        raise InputError(f"{voice.speaker} wrote no file", value=request.text)
    samples, rate = soundfile.read(path, dtype="float32")
    if not np.any(samples):
        raise InputError(f"{voice.speaker} said nothing", value=request.text)
    if rate != SAMPLE_RATE:
        samples = get_or_create_resampler(rate, SAMPLE_RATE)(torch.from_numpy(samples)).numpy()
    if request.speaking.speed != 1:
        samples = Speed(request.speaking.speed)(samples[None], SAMPLE_RATE)[0]
    return samples


def _call(command: Sequence[str], text: str = "") -> str:
    synthesizer = command[0]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=600)
    except FileNotFoundError as error:
        raise InputError(
            f"the speech synthesizer {synthesizer} is not installed",
            remedy=f"apt install {PACKAGES[synthesizer]}",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{synthesizer} has not finished in 10 minutes") from error
    if done.returncode != 0:
        raise InputError(
            f"{synthesizer} failed with status {done.returncode}", value=done.stderr.strip()
        )
    return done.stdout


def _espeak_voices() -> set[str]:
    accents = _call([ESPEAK, "--voices=en"]).splitlines()[1:]
    variants = _call([ESPEAK, "--voices=variant"]).splitlines()[1:]
    names = {line.split()[1] for line in accents}
    return names | {line.partition("!v/")[2].split()[0] for line in variants if "!v/" in line}


def _flite_voices() -> set[str]:
    return set(_call([FLITE, "-lv"]).partition(":")[2].split())


def _festival_voices() -> set[str]:
    return set(_call([FESTIVAL, "-b", "(print (voice.list))"]).strip("()\n ").split())


def _rhvoice_voices() -> set[str]:
    _call([RHVOICE, "--version"])
    names = (voice.name for voices in FURTHER.known.values() for voice in voices)
    return {name for name in names if (_RHVOICE_FOLDER / name).is_dir()}


def _pico_voices() -> set[str]:
    _call([PICO, "--usage"])
    return {voice.name for voice in FURTHER.known[PICO]}


_SPEAK: dict[str, Callable[[Sequence[tuple[Request, Path]]], None]] = {
    ESPEAK: _speak_espeak,
    FLITE: _speak_flite,
    FESTIVAL: _speak_festival,
    RHVOICE: _speak_rhvoice,
    PICO: _speak_pico,
}
_INSTALLED: dict[str, Callable[[], set[str]]] = {
    ESPEAK: _espeak_voices,
    FLITE: _flite_voices,
    FESTIVAL: _festival_voices,
    RHVOICE: _rhvoice_voices,
    PICO: _pico_voices,
}
