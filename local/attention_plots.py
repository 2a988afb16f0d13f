"""Draw what the adapter attends to, for some utterances whose names only the list brings out.

    python -m local.attention_plots EXP --model MODEL --adapter ADAPTER [--utterances N]

EXP is a folder that run.sh has filled. For each SET with audio, N utterances are drawn as
EXP/plots/ID.attention.png, with their lists of 100: those that say a name which is found with that
list and not without, in the order of the set.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.acoustic.sounds import sound_of_cut
from wfst_bias.adapter.attention_plot import plot_attention
from wfst_bias.adapter.listening import AdaptedRecognizer
from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.errors import InputError
from wfst_bias.formats.cuts import iterate_cuts
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.score.score_files import score_utterance

LIST = "list100"
MOST_SHOWN = 8  # entities of an image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of an experiment")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=4, help="of each set")
    arguments = parser.parse_args()
    plots = arguments.exp / "plots"
    try:
        if not (arguments.exp / "data").is_dir():
            raise InputError("not a folder that run.sh has filled", path=arguments.exp)
        shutil.rmtree(plots, ignore_errors=True)  # of an earlier run
        plots.mkdir()
        recognizer = AdaptedRecognizer.attach(Recognizer.load(arguments.model), arguments.adapter)
        for cuts in sorted((arguments.exp / "data").glob("*.cuts.jsonl.gz")):
            name = cuts.name.removesuffix(".cuts.jsonl.gz")
            chosen = {
                each.utterance_id: each
                for each in islice(brought_out(arguments.exp, name), arguments.utterances)
            }
            draw(recognizer, cuts, chosen, plots)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def brought_out(exp: Path, name: str) -> Iterator[UtteranceList]:
    """Yield the utterances of a set with more names found with their list than without."""
    without, listed = (
        read_kaldi_text(exp / f"decode/{name}.{condition}/text") for condition in ("none", LIST)
    )
    for utterance_id, each in read_entities_tsv(exp / f"data/{name}.{LIST}.tsv").items():
        before, after = (score_utterance(each, texts[utterance_id]) for texts in (without, listed))
        if after.entities.hits > before.entities.hits:
            yield each


def draw(
    recognizer: AdaptedRecognizer, cuts: Path, chosen: dict[str, UtteranceList], out: Path
) -> None:
    """Draw those utterances of a manifest that were chosen."""
    wanted = [cut for cut in iterate_cuts(cuts) if cut.id in chosen]
    for cut in tqdm(wanted, desc="attention", delay=2, leave=False, disable=None, file=sys.stderr):
        sound = sound_of_cut(cut)
        samples = sound.read(0, sound.n_samples)
        attended = recognizer.attend(samples, list(chosen[cut.id].entities))
        path = out / f"{cut.id}.attention.png"
        plot_attention(attended, recognizer.tokens, path, MOST_SHOWN)


if __name__ == "__main__":
    main()
