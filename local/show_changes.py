"""Print, side by side, some utterances of each set that a list has changed.

python local/show_changes.py EXP [--most 4]
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

from wfst_bias.entities.list_file import read_entities_tsv
from wfst_bias.formats.kaldi_text import read_kaldi_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of the experiment")
    parser.add_argument("--most", type=int, default=4, help="utterances shown of each set")
    arguments = parser.parse_args()
    for reference in sorted((arguments.exp / "data").glob("*.list100.tsv")):
        name = reference.name.removesuffix(".list100.tsv")
        print(f"\n{name}: some of what the lists of 100 change")
        for change in itertools.islice(changes(arguments.exp, name), arguments.most):
            print(change)
    print()


def changes(exp: Path, name: str) -> Iterator[str]:
    """Yield utterances whose text differs with a list: id, then the text without and with it."""
    without = read_kaldi_text(exp / f"decode/{name}.none/text")
    biased = read_kaldi_text(exp / f"decode/{name}.list100/text")
    for utterance_id in read_entities_tsv(exp / f"data/{name}.list100.tsv"):
        if without[utterance_id] != biased[utterance_id]:
            yield (
                f"  {utterance_id}\n"
                f"    no list  {without[utterance_id]}\n"
                f"    list     {biased[utterance_id]}"
            )


if __name__ == "__main__":
    main()
