"""The preparation of a corpus that was downloaded, from its annotations to its manifests."""

from __future__ import annotations

from pathlib import Path

import click

from local.corpora.audio import Audio, open_audio
from local.corpora.manifests import write_manifests
from local.corpora.options import SelectionOptions
from local.corpora.report import Outcome, write_report
from local.corpora.segments import SPLITS, Corpus, LeftOut
from local.corpora.selection import (
    Utterance,
    check_lengths,
    check_letters,
    check_overlaps,
    check_times,
    join,
)
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError


def prepare(
    corpus: Corpus,
    folder: Path,
    out: Path,
    normalizer: Normalizer,
    options: SelectionOptions,
) -> Outcome:
    """Write manifests of each split, `report.txt` and `left_out.jsonl`; see `selection`.

    Raises:
      InputError: nothing is left; the report is written all the same.
    """
    audio = open_audio(corpus.audio, (segment.recording_id for segment in corpus.segments))
    left_out = list(corpus.malformed)
    utterances = _select(corpus, audio, normalizer, options, left_out)
    used = {utterance.first.recording_id for utterance in utterances}
    several = sum(len(audio.recordings[name].channel_ids) > 1 for name in used)
    outcome = Outcome(corpus, folder, options, utterances, left_out, several)
    out.mkdir(parents=True, exist_ok=True)
    write_report(outcome, out)
    if not utterances:
        raise InputError("no segment could be used", path=folder, remedy=f"see {out}/report.txt")
    for split in SPLITS:
        write_manifests(out, corpus.name, split, outcome.of_split(split), audio.recordings)
    return outcome


def _select(
    corpus: Corpus,
    audio: Audio,
    normalizer: Normalizer,
    options: SelectionOptions,
    left_out: list[LeftOut],
) -> list[Utterance]:
    segments = check_times(corpus.segments, audio, options, left_out)
    segments = check_lengths(segments, options, left_out)
    segments = check_overlaps(segments, options, left_out)
    segments = check_letters(segments, normalizer, left_out)
    return join(segments, options, left_out)


def announce(outcome: Outcome, out: Path) -> None:
    """Say in one line what was made."""
    kept = ", ".join(f"{split} {len(outcome.of_split(split))}" for split in SPLITS)
    click.echo(f"{out}: utterances: {kept}; segments left out: {len(outcome.left_out)}", err=True)
