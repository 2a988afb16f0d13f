"""How well entities of several kinds are found: of one word or more, of common or rare subwords.

    python -m local.entity_groups EXP --tokens TOKENS --training TRAIN.tsv... [--list list100]

EXP is a folder that run.sh has filled; every condition that was decoded with that list gets rows,
and no list. TRAIN.tsv are the sentences of an adapter's training (local.synthetic.invent): a
subword is rare that fewer than 30 of their entities have. Rates are in %, with 95 % bootstrap
intervals over utterances.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from local.synthetic.entities import spoken_form
from local.synthetic.sentences import read_sentences
from wfst_bias.entities.list_file import UtteranceList, read_entities_tsv
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller
from wfst_bias.errors import InputError
from wfst_bias.formats.kaldi_text import read_kaldi_text
from wfst_bias.score.score_files import score_utterance
from wfst_bias.score.scores import Scores
from wfst_bias.tokens import TokenTable

FEWEST = 30  # entities of training that a common subword is in

IsOfGroup = Callable[[str], bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exp", type=Path, help="folder of an experiment")
    parser.add_argument("--tokens", type=Path, required=True, help="token table of the model")
    parser.add_argument("--training", type=Path, nargs="+", required=True, metavar="TRAIN.tsv")
    parser.add_argument("--list", default="list100")
    arguments = parser.parse_args()
    try:
        groups = groups_of(TokenTable.read(arguments.tokens), arguments.training)
        rows = list(rows_of(arguments.exp, arguments.list, groups))
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    print(row("set", "condition", "entities", "said", "precision", "recall", "F1"))
    print(row(*["---"] * 7))
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
        references = read_entities_tsv(path)
        for text in sorted((exp / "decode").glob(f"{name}.*/text")):
            condition = text.parent.name.removeprefix(f"{name}.")
            if condition == "none" or condition.endswith(list_name):
                texts = read_kaldi_text(text)
                for group, is_of_group in groups.items():
                    yield row(name, condition, group, *rates(references, texts, is_of_group))


def groups_of(tokens: TokenTable, training: Sequence[Path]) -> dict[str, IsOfGroup]:
    """Return what tells whether an entity is of a group, by the group's name."""
    speller, normalizer = Speller(tokens), Normalizer(tokens)

    def subwords(name: str) -> set[int]:
        spelled = speller.segmentations(normalizer.normalize(name).form)
        return set(spelled[0]) if spelled else set()

    names = {
        name for path in training for each in read_sentences(path) for name, _ in each.entities
    }
    counts = Counter(token for name in sorted(names) for token in subwords(name))

    def is_rare(name: str) -> bool:
        return any(counts[token] < FEWEST for token in subwords(name))

    def is_long(name: str) -> bool:
        return " " in spoken_form(name)

    return {
        "of one word": lambda name: not is_long(name),
        "of several words": is_long,
        "of common subwords": lambda name: not is_rare(name),
        "with a rare subword": is_rare,
    }


def rates(
    references: Mapping[str, UtteranceList], texts: Mapping[str, str], is_of_group: IsOfGroup
) -> Iterator[str]:
    """Yield how often entities of a group are said, and how well they are found."""
    known: dict[str, bool] = {}

    def only(names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            if name not in known:
                known[name] = is_of_group(name)
        return tuple(name for name in names if known[name])

    scores = Scores(
        tuple(
            score_utterance(
                replace(each, rare=only(each.rare), entities=only(each.entities)), texts[name]
            )
            for name, each in references.items()
        )
    )
    counts = scores.total.entities
    yield str(counts.hits + counts.misses)
    for metric in ("precision", "recall", "F1"):
        low, high = scores.metrics[metric].interval
        yield f"{100 * scores.metrics[metric].rate:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def row(*cells: str) -> str:
    """Return a row of a table of Markdown."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
