"""Audio as commands take it: the flags, standard input as a file, and log-probabilities of it."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from tqdm import tqdm

from wfst_bias.cli.inputs import FILE
from wfst_bias.errors import InputError
from wfst_bias.formats.log_probs import create_log_probs

if TYPE_CHECKING:
    from wfst_bias.acoustic.recognizer import Recognizer
    from wfst_bias.cli.decode_lists import RunLists
    from wfst_bias.formats.audio_inputs import AudioInputs

Command = TypeVar("Command", bound=Callable[..., Any])

AUDIO_HELP = (
    "audio files of any format, rate and number of channels, folders of them, Kaldi data "
    "directories (with wav.scp), Lhotse manifests of cuts (.jsonl, .jsonl.gz); - is a file on stdin"
)
STDIN = "-"

log = logging.getLogger(__name__)


def model_flag(command: Command) -> Command:
    """Add `--model`."""
    return click.option(
        "--model",
        type=FILE,
        metavar="FOLDER",
        help="trained model: config.json, weights.pt, bpe.model, tokens.txt, phones.txt, and "
        "perhaps lm.arpa.gz and decode.toml [default: the small one that comes with the project]",
    )(command)


def adapter_flag(command: Command) -> Command:
    """Add `--adapter`."""
    return click.option(
        "--adapter",
        type=FILE,
        metavar="FOLDER",
        help="trained adapter of the model: the list also changes what is heard; see "
        "`wfst-bias train-adapter` [default: none]",
    )(command)


def load_recognizer(model: Path, adapter: Path | None) -> Recognizer:
    """Read a model's folder, and that of its adapter where there is one.

    Raises:
      InputError: a file is missing or broken, or the adapter belongs to another model.
    """
    from wfst_bias.acoustic.recognizer import Recognizer

    recognizer = Recognizer.load(model)
    if adapter is None:
        return recognizer
    from wfst_bias.adapter.listening import AdaptedRecognizer

    return AdaptedRecognizer.attach(recognizer, adapter)


def with_lists(recognizer: Recognizer, lists: RunLists, *others: RunLists) -> Recognizer:
    """Return a recognizer that listens for lists, and besides for others, if it has an adapter."""
    from wfst_bias.adapter.listening import AdaptedRecognizer

    if not isinstance(recognizer, AdaptedRecognizer):
        return recognizer
    recognizer = recognizer.listening_for(lists.shared, lists.own_lists())
    for other in others:
        recognizer = recognizer.listening_also_for(other.shared, other.own_lists())
    return recognizer


def fill_from_model(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return flags with the files and the frame shift of `--model` where none is given.

    Its options ask for phones, perhaps; with log-probabilities alone there are none, and phones
    have no say then. Options that a user names are taken at their word.

    Raises:
      InputError: the model's folder or its language model is not there.
    """
    from wfst_bias.acoustic.model_folder import ModelFolder
    from wfst_bias.acoustic.windows import FRAME_SHIFT_MS

    model = ModelFolder.find(flags["model"])
    filled = {
        "model": model.path,
        "tokens": model.tokens,
        "options_file": model.options,
        "phones": model.phones,
        "confusions": model.confusions,
        "frame_shift_ms": FRAME_SHIFT_MS,
    }
    filled |= {name: value for name, value in flags.items() if value is not None}
    own = (*flags.get("lexicon", ()), *model.lexicons)  # those given go before the model's
    has_phones = bool(flags["audio"]) or flags.get("phone_log_probs") is not None
    filled["is_deaf"] = not has_phones and flags.get("options_file") is None
    return {**flags, **filled, "lm": filled.get("lm") or model.lm, "lexicon": own}


@contextmanager
def stdin_as_file(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Give the paths with a file named `stdin` in place of `-`.

    Raises:
      InputError: `-` is there twice.
    """
    if Path(STDIN) not in paths:
        yield list(paths)
        return
    if paths.count(Path(STDIN)) > 1:
        raise InputError("standard input can be read once", value=STDIN)
    with TemporaryDirectory(prefix="wfst_bias.") as folder:
        copied = Path(folder) / "stdin"
        with copied.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream)
        yield [copied if path == Path(STDIN) else path for path in paths]


def encode_inputs(
    recognizer: Recognizer,
    inputs: AudioInputs,
    out: Path,
    phones_out: Path | None = None,
    n_threads: int = 1,
    also_out: Sequence[Path] = (),
) -> dict[str, str]:
    """Write the log-probabilities of utterances, in their order, and show those that fail.

    Args:
      recognizer: the model.
      inputs: the utterances.
      out: the `.npz` for those of subwords.
      phones_out: the `.npz` for those of phones, None for none.
      n_threads: how many batches are encoded at once.
      also_out: the `.npz` for each of `Heard.also`.

    Returns:
      why utterances are not in the files, by id.
    """
    from wfst_bias.acoustic.encode import encode
    from wfst_bias.acoustic.sounds import sound_of_cut

    faults = {name: str(fault) for name, fault in inputs.faults.items()}
    for name, fault in faults.items():
        _show(name, fault)
    with ExitStack() as stack:
        add, *add_also = [stack.enter_context(create_log_probs(path)) for path in (out, *also_out)]
        add_phones = (
            None if phones_out is None else stack.enter_context(create_log_probs(phones_out))
        )
        bar = stack.enter_context(_progress_bar(sum(cut.duration for cut in inputs.cuts)))
        sounds = map(sound_of_cut, inputs.cuts)
        for name, found in encode(recognizer, sounds, n_threads, bar.update):
            if isinstance(found, InputError):
                faults[name] = str(found)
                _show(name, faults[name])
                continue
            add(name, found.log_probs)
            for add_other, log_probs in zip(add_also, found.also, strict=True):
                add_other(name, log_probs)
            if add_phones is not None:
                add_phones(name, found.phone_log_probs)
    return faults


def _show(utterance_id: str, fault: str) -> None:
    log.error("utterance %s: %s", utterance_id, fault)


def _progress_bar(seconds: float) -> tqdm[NoReturn]:
    """Count seconds of audio."""
    return tqdm(
        total=round(seconds, 1), desc="encode", unit="s", unit_scale=True, delay=2, leave=False,
        disable=None, file=sys.stderr,
    )  # fmt: skip
