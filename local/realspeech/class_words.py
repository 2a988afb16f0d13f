"""Compare which words of a text a language model counts as its class word, on a development set.

    python -m local.realspeech.class_words --exp exp/realspeech --options OPTIONS.toml

For each rule a model is estimated of the text of the experiment, and the set of tune.sh (clear and
with mishearings) is decoded without a list and with lists of 100 and 1,000. Prints a table of
Markdown. Rules go by how often the text has a word: once what the vocabulary lacks is the class,
then words seen fewer than 2, 3, 5 or 10 times too, though the vocabulary has them; and whether
a history looks back beyond a class word.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.entities.list_file import read_entities_tsv
from wfst_bias.formats.log_probs import open_log_probs
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions
from wfst_bias.score.score_files import score_utterance
from wfst_bias.score.scores import Scores

SET = "ljspeech_lj001"
LISTS = ("list100", "list1000")

RULES = {
    "not in the vocabulary": LmOptions(min_word_count=1),
    "seen fewer than 2 times": LmOptions(min_word_count=2),
    "seen fewer than 3 times": LmOptions(min_word_count=3),
    "seen fewer than 5 times": LmOptions(min_word_count=5),
    "seen fewer than 10 times": LmOptions(min_word_count=10),
    "fewer than 2 times, histories reach beyond": LmOptions(min_word_count=2, class_history="full"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exp", type=Path, required=True, help="folder of the experiment")
    parser.add_argument("--options", type=Path, help="options of decoding; the defaults without")
    arguments = parser.parse_args()
    options = DecodeOptions.read(arguments.options) if arguments.options else DecodeOptions()
    conditions = ("no list", *LISTS)
    print(row("words counted as the class", *(f"{c}: U-WER / B-WER" for c in conditions)))
    print(row(*["---"] * (1 + len(conditions))))
    for rule, lm_options in tqdm(RULES.items(), disable=None):
        lm = arguments.exp / "tune/class_words.arpa"
        data = arguments.exp / "data"
        estimate_from_files([data / "text.txt"], data / "word_counts.tsv", lm_options, lm)
        decoder = Decoder.load(data / "tokens.txt", lm, options)
        print(row(rule, *rates(decoder, arguments.exp / "tune")), flush=True)


def rates(decoder: Decoder, folder: Path) -> Iterator[str]:
    """Yield U-WER and B-WER in % without a list and with each of LISTS."""
    with open_log_probs(folder / f"{SET}.npz") as archive:
        log_probs = {name: archive[name] for name in archive}
    for condition in (None, *LISTS):
        references = read_entities_tsv(folder / f"{SET}.{condition or LISTS[0]}.tsv")
        lists = condition and {
            name: decoder.compile_list(list(each.entities)) for name, each in references.items()
        }
        results = decoder.decode(log_probs, lists)
        texts = {r.utterance_id: " ".join(word.text for word in r.words) for r in results}
        scores = (score_utterance(each, texts[name]) for name, each in references.items())
        words = Scores(tuple(scores)).total.words
        yield f"{100 * words.unbiased.rate:.2f} / {100 * words.biased.rate:.2f}"


def row(*cells: str) -> str:
    """Return a row of a table of Markdown."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
