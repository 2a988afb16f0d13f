"""Draw, for some utterances whose names only the list brings out, what the list did to them.

    python -m local.plots EXP --tokens TOKENS [--model MODEL [--adapter ADAPTER]] [--utterances N]

EXP is a folder that run.sh has filled. For each SET, N utterances are drawn with their lists of
100: those that say a name which is found with that list and not without, in the order of the set.
EXP/plots/ID.boost.png is where the boosts of decoding came from, and EXP/plots/ID.attention.png,
with an adapter, what that attends to.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from wfst_bias.acoustic.model_folder import ModelFolder
from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.acoustic.sounds import sound_of_cut
from wfst_bias.adapter.attention_plot import plot_attention
from wfst_bias.adapter.listening import AdaptedRecognizer
from wfst_bias.decode.boost_picture import Heard, find_boosts
from wfst_bias.decode.boost_plot import plot_boosts
from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.formats.cuts import iterate_cuts
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.formats.log_probs import FloatArray, open_log_probs
from wfst_bias.score.score_files import score_utterance
from wfst_bias.sound.knowledge import PhoneFiles

LIST = "list100"
MOST_SHOWN = 8  # entities of an image

Chosen = Mapping[str, UtteranceList]
Item = TypeVar("Item")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of an experiment")
    parser.add_argument("--tokens", type=Path, required=True, help="token table of the model")
    parser.add_argument("--model", type=Path, help="the acoustic model, if there is audio")
    parser.add_argument("--adapter", type=Path, help="its adapter")
    parser.add_argument("--utterances", type=int, default=4, help="of each set")
    arguments = parser.parse_args()
    if arguments.adapter is not None and arguments.model is None:
        parser.error("--adapter needs --model")
    try:
        draw_all(arguments)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def draw_all(arguments: argparse.Namespace) -> None:
    """Draw some utterances of each set of an experiment.

    Raises:
      InputError: not an experiment, or something of it is missing or broken.
    """
    exp, plots = arguments.exp, arguments.exp / "plots"
    lists = sorted((exp / "data").glob(f"*.{LIST}.tsv"))
    if not lists:
        raise InputError("not a folder that run.sh has filled", path=exp)
    shutil.rmtree(plots, ignore_errors=True)  # of an earlier run
    plots.mkdir()
    recognizer = None
    if arguments.adapter is not None:
        recognizer = AdaptedRecognizer.attach(Recognizer.load(arguments.model), arguments.adapter)
    for path in lists:
        name = path.name.removesuffix(f".{LIST}.tsv")
        some = islice(brought_out(exp, name), arguments.utterances)
        chosen = {each.utterance_id: each for each in some}
        if not chosen:
            continue
        draw_boosts(exp, name, arguments, chosen)
        if recognizer is not None:
            draw_attention(recognizer, exp / f"data/{name}.cuts.jsonl.gz", chosen, plots)


def brought_out(exp: Path, name: str) -> Iterator[UtteranceList]:
    """Yield the utterances of a set with more names found with their list than without."""
    without, listed = (
        read_kaldi_text(exp / f"decode/{name}.{condition}/text") for condition in ("none", LIST)
    )
    for utterance_id, each in read_entities_tsv(exp / f"data/{name}.{LIST}.tsv").items():
        before, after = (score_utterance(each, texts[utterance_id]) for texts in (without, listed))
        if after.entities.hits > before.entities.hits:
            yield each


def draw_boosts(exp: Path, name: str, arguments: argparse.Namespace, chosen: Chosen) -> None:
    """Draw the boosts of utterances, decoded as run.sh has decoded them."""
    options = DecodeOptions.read(exp / f"decode/{name}.{LIST}/options.toml")
    lm = _first(exp / f"data/{name}.lm.arpa.gz", exp / "lm.arpa")
    knowledge, phones = None, None
    if options.needs_phones:
        if arguments.model is not None:
            model = ModelFolder(arguments.model)
            knowledge = PhoneFiles(model.phones, model.lexicons, model.confusions).read()
        phones = _arrays(exp / f"log_probs/{name}.phones.npz", chosen)
    decoder = Decoder.load(arguments.tokens, lm, options, exp / f"graph/{name}", knowledge)
    encoded = exp / f"log_probs/{name}.adapted.{LIST}.npz"
    if arguments.adapter is None:
        encoded = _first(exp / f"data/{name}.npz", exp / f"log_probs/{name}.npz")
    log_probs = _arrays(encoded, chosen)
    for utterance_id, of in _progress(chosen.items(), "boosts"):
        heard = Heard(utterance_id, log_probs[utterance_id], phones and phones[utterance_id])
        found = find_boosts(decoder, heard, decoder.compile_list(of.entities))
        plot_boosts(found.picture, exp / f"plots/{utterance_id}.boost.png")


def draw_attention(recognizer: AdaptedRecognizer, cuts: Path, chosen: Chosen, out: Path) -> None:
    """Draw what the adapter attends to in those utterances of a manifest that were chosen."""
    wanted = [cut for cut in iterate_cuts(cuts) if cut.id in chosen]
    for cut in _progress(wanted, "attention"):
        sound = sound_of_cut(cut)
        samples = sound.read(0, sound.n_samples)
        attended = recognizer.attend(samples, list(chosen[cut.id].entities))
        path = out / f"{cut.id}.attention.png"
        plot_attention(attended, recognizer.tokens, path, MOST_SHOWN)


def _arrays(path: Path, chosen: Chosen) -> dict[str, FloatArray]:
    with open_log_probs(path) as archive:
        return {utterance_id: archive[utterance_id] for utterance_id in chosen}


def _first(*paths: Path) -> Path:
    """Return the first file that is there, or the last name."""
    return next((path for path in paths if path.is_file()), paths[-1])


def _progress(items: Iterable[Item], what: str) -> Iterable[Item]:
    return tqdm(items, desc=what, delay=2, leave=False, disable=None, file=sys.stderr)


if __name__ == "__main__":
    main()
