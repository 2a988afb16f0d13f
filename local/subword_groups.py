"""How well entities of several kinds are found: of one word or more, of common or rare subwords.

    python -m local.subword_groups EXP --tokens TOKENS --training TRAIN.tsv... [--list list100]

EXP is a folder that run.sh has filled; every condition that was decoded with that list gets rows,
and no list. Entities are told apart by their length, as `wfst-bias score` does, and by their
subwords: TRAIN.tsv are the sentences of an adapter's training (local.synthetic.invent), and a
subword is rare that fewer than 30 of their entities have. Rates are in %, with 95 % bootstrap
intervals over utterances.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.markdown import rate, row, rule
from local.synthetic.sentences import read_sentences
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.score.entity_groups import by_length
from wfst_bias.score.entity_score import Entity, IsOfGroup
from wfst_bias.score.score_files import score_files
from wfst_bias.score.scores import GROUP_METRICS
from wfst_bias.tokens import TokenTable

FEWEST = 30  # entities of training that a common subword is in


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of an experiment")
    parser.add_argument("--tokens", type=Path, required=True, help="token table of the model")
    parser.add_argument("--training", type=Path, nargs="+", required=True, metavar="TRAIN.tsv")
    parser.add_argument("--list", default="list100")
    arguments = parser.parse_args()
    try:
        groups = by_length() | by_subwords(TokenTable.read(arguments.tokens), arguments.training)
        rows = list(rows_of(arguments.exp, arguments.list, groups))
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    print(row("set", "condition", "entities of", "said", *GROUP_METRICS))
    print(rule(7))
    print(*rows, sep="\n")


def rows_of(exp: Path, list_name: str, groups: Mapping[str, IsOfGroup]) -> Iterator[str]:
    """Yield a row for each set, condition and group.

    Raises:
      InputError: no set has such a list, or a file is missing or broken.
    """
    paths = sorted((exp / "data").glob(f"*.{list_name}.tsv"))
    if not paths:
        raise InputError(f"no data with {list_name}: run run.sh first", path=exp)
    for path in paths:
        name = path.name.removesuffix(f".{list_name}.tsv")
        for text in sorted((exp / "decode").glob(f"{name}.*/text")):
            condition = text.parent.name.removeprefix(f"{name}.")
            if condition == "none" or condition.endswith(list_name):
                scores = score_files(path, text, groups=groups)
                for group, found in scores.groups.items():
                    counts = scores.total.of_group(group)
                    said = str(counts.hits + counts.misses)
                    yield row(name, condition, group, said, *(rate(s) for s in found.values()))


def by_subwords(tokens: TokenTable, training: Sequence[Path]) -> dict[str, IsOfGroup]:
    """Tell apart entities whose subwords are all common in training, and those with a rare one."""
    speller, normalizer = Speller(tokens), Normalizer(tokens)

    def subwords(name: str) -> set[int]:
        spelled = speller.segmentations(normalizer.normalize(name).form)
        return set(spelled[0]) if spelled else set()

    names = {
        name for path in training for each in read_sentences(path) for name, _ in each.entities
    }
    counts = Counter(token for name in sorted(names) for token in subwords(name))

    def is_rare(entity: Entity) -> bool:
        return any(counts[token] < FEWEST for token in subwords(" ".join(entity)))

    return {"common subwords": lambda entity: not is_rare(entity), "a rare subword": is_rare}


if __name__ == "__main__":
    main()
