"""Say how well a model's heads hear, without any decoder: greedy errors on cuts.

    python local/heads.py MODEL --cuts CUTS... --lexicon LEXICON... [--out FILE.json] \
      [--pairs FILE.tsv]

For each file of cuts: WER of the final head and of those at intermediate layers, PER of the phone
head over all words, and over the words of entities PER beside the letter error rate (LER) of the
final head. Cuts of the synthetic corpora say which words are entities, and whether training has
the voice: the WER is also given apart for voices that it has and for those held out. --pairs
writes the phones that were said and heard in each utterance, for `wfst-bias phone-costs`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kaldialign
import torch
from tqdm import tqdm

from wfst_bias.acoustic.batches import epoch_of_batches, load_batches
from wfst_bias.acoustic.evaluate import greedy, words_of
from wfst_bias.acoustic.recognizer import Recognizer
from wfst_bias.acoustic.subwords import MODEL_FILE, Subwords
from wfst_bias.acoustic.targets import targets_of
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.formats.cuts import read_cuts
from wfst_bias.phones.lexicon import PhoneLexicon
from wfst_bias.score.fraction import Fraction

BATCH_SECONDS = 120.0
_GAP = "*"


@dataclass
class Tally:
    """Errors and reference units by measure, summed over utterances; and phones of each."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    phones: list[tuple[list[str], list[str]]] = field(default_factory=list)  # said, heard

    def add(self, measure: str, errors: int, units: int) -> None:
        """Count what one utterance has."""
        total = self.counts.setdefault(measure, [0, 0])
        total[0] += errors
        total[1] += units

    def fractions(self) -> dict[str, Fraction]:
        """Return the rates."""
        return {measure: Fraction(*counts) for measure, counts in self.counts.items()}

    def by_measure(self) -> dict[str, dict[str, Any]]:
        """Return the rates as they go into JSON."""
        return {measure: rate._asdict() for measure, rate in self.fractions().items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder of a model")
    parser.add_argument("--cuts", type=Path, nargs="+", required=True)
    parser.add_argument("--lexicon", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, help="JSON with the counts")
    parser.add_argument("--pairs", type=Path, help="TSV of the phones said and heard")
    arguments = parser.parse_args()
    try:
        tallies = errors_of_files(arguments.model, arguments.cuts, arguments.lexicon)
    except InputError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    if arguments.out:
        found = {path: tally.by_measure() for path, tally in tallies.items()}
        write_text(arguments.out, json.dumps(found, indent=2) + "\n")
    if arguments.pairs:
        pairs = (pair for tally in tallies.values() for pair in tally.phones)
        lines = (f"{' '.join(said)}\t{' '.join(heard)}\n" for said, heard in pairs)
        write_text(arguments.pairs, "".join(lines))


def errors_of_files(
    model: Path, cuts: Sequence[Path], lexicons: Sequence[Path]
) -> dict[str, Tally]:
    """Print the rates of each file of cuts as they come, and return what was counted by file."""
    recognizer = Recognizer.load(model)
    subwords = Subwords.read(model / MODEL_FILE)
    read = [PhoneLexicon.read(path).pronunciations for path in lexicons]
    lexicon = PhoneLexicon({word: phones for each in read for word, phones in each.items()})
    found = {}
    for path in cuts:
        tally = found[str(path)] = head_errors(recognizer, subwords, lexicon, read_cuts(path))
        shown = (
            f"{m} {100 * r.value:.2f} % ({r.numerator}/{r.denominator})"
            for m, r in tally.fractions().items()
        )
        print(path, *shown, sep="\n  ")
    return found


@torch.no_grad()
def head_errors(
    recognizer: Recognizer, subwords: Subwords, lexicon: PhoneLexicon, cuts: Any
) -> Tally:
    """Count the errors of every head on cuts."""
    targets = targets_of(cuts, subwords, lexicon, recognizer.phones)
    batches = epoch_of_batches(cuts, BATCH_SECONDS, seed=0, epoch=0, shuffle=False)
    normalizer, tally = Normalizer(recognizer.tokens), Tally()
    entities = {
        targets[cut.id]: entity_words(cut, targets[cut.id].text, normalizer) for cut in cuts
    }
    voices = {targets[cut.id]: voice_is_held_out(cut) for cut in cuts}
    for batch in tqdm(load_batches(batches, targets), total=len(batches), unit="batch"):
        encoded = recognizer.model(batch.features, batch.lengths)
        heads = {"WER": encoded.log_probs}
        heads |= {f"WER of head {i}": p for i, p in enumerate(encoded.intermediate_log_probs, 1)}
        for measure, log_probs in heads.items():
            for target, ids in zip(batch.targets, greedy(log_probs, encoded.lengths), strict=True):
                written, text = words_of(ids, recognizer.tokens), target.text.split()
                tally.add(measure, sum(errors_by_place(text, written)), len(text))
                if measure == "WER":
                    _add_voice(tally, voices[target], text, written)
                    _add_letters(tally, text, written, entities[target])
        for target, ids in zip(
            batch.targets, greedy(encoded.phone_log_probs, encoded.lengths), strict=True
        ):
            phones = [recognizer.phones.symbols[i] for i in ids]
            _add_phones(tally, target.text.split(), phones, entities[target], lexicon)
    return tally


def entity_words(cut: Any, text: str, normalizer: Normalizer) -> frozenset[int]:
    """Return the places of the words of a cut's entities in its normalized text."""
    words, places = text.split(), set()
    for entity in (cut.supervisions[0].custom or {}).get("entities", ()):
        sought = normalizer.normalize(entity["text"]).form.split()
        for start in range(len(words) - len(sought) + 1):
            if words[start : start + len(sought)] == sought:
                places.update(range(start, start + len(sought)))
    return frozenset(places)


def voice_is_held_out(cut: Any) -> bool | None:
    """Say whether training lacks the voice of a cut; None where that is not known."""
    return (cut.supervisions[0].custom or {}).get("voice_is_held_out")


def errors_by_place(reference: Sequence[str], hypothesis: Sequence[str]) -> list[int]:
    """Count errors at each unit of the reference; what is inserted counts at the unit before."""
    errors = [0] * len(reference)
    place = -1
    for expected, found in kaldialign.align(list(reference), list(hypothesis), _GAP):
        place += expected != _GAP
        errors[max(place, 0)] += expected != found
    return errors


def _add_voice(
    tally: Tally, is_held_out: bool | None, text: Sequence[str], written: Sequence[str]
) -> None:
    if is_held_out is not None:
        which = "held out" if is_held_out else "of training"
        tally.add(f"WER of voices {which}", sum(errors_by_place(text, written)), len(text))


def _add_letters(
    tally: Tally, text: Sequence[str], written: Sequence[str], entities: frozenset[int]
) -> None:
    letters = list(_letters(text))
    errors = errors_by_place([letter for _, letter in letters], [x for _, x in _letters(written)])
    of_entities = [e for e, (place, _) in zip(errors, letters, strict=True) if place in entities]
    tally.add("LER of entities", sum(of_entities), len(of_entities))


def _add_phones(
    tally: Tally,
    text: Sequence[str],
    heard: Sequence[str],
    entities: frozenset[int],
    lexicon: PhoneLexicon,
) -> None:
    expected = [(i, phone) for i, word in enumerate(text) for phone in lexicon.phones_of([word])]
    said = [phone for _, phone in expected]
    tally.phones.append((said, list(heard)))
    errors = errors_by_place(said, heard)
    tally.add("PER", sum(errors), len(errors))
    of_entities = [e for e, (place, _) in zip(errors, expected, strict=True) if place in entities]
    tally.add("PER of entities", sum(of_entities), len(of_entities))


def _letters(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield place and letter, with a space between words that belongs to the word before."""
    for place, word in enumerate(words):
        yield from ((place, letter) for letter in word)
        if place + 1 < len(words):
            yield place, "_"


if __name__ == "__main__":
    main()
