"""An experiment of two sets in small, with names that a careless page would take for markup."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from wfst_bias.files import write_text
from wfst_bias.formats.outputs import write_outputs
from wfst_bias.formats.results import EntitySpan, NbestEntry, Result, Word
from wfst_bias.misses.causes import Cause, Miss
from wfst_bias.misses.explain import MissOptions
from wfst_bias.misses.report import MissReport
from wfst_bias.score.score_files import score_files
from wfst_bias.score.scores import write_scores

HOSTILE = "O'Hara</script><b>"  # a name, of three words where words are compared
QUOTED = '"Quick" & Sons'
HOSTILE_ID = 'c<&">'
WORD_SECONDS = 0.5

DATASET = """\
title = "Birds & <trees>"
note = "**The speech is synthetic**: made by `nobody` & no <one>."
shared = "all names"
[sets]
first = "Said in the <morning>"
second = "Said at night"
"""

REFERENCES = {
    "a": ("we met Anna Kovač in Bled", ["Anna Kovač", "Bled"]),
    "b": (f"then {HOSTILE} joined {QUOTED} there", [HOSTILE, QUOTED]),
    HOSTILE_ID: ("nobody said a name", []),
}
DISTRACTORS = ["Nob Ody", "Ptuj", "Piran"]

# Hypotheses of the first set by condition and utterance. Of the second, the same without `shared`.
HYPOTHESES = {
    "none": {
        "a": "we met a kovac in bled",
        "b": "then o joined quick and",
        HOSTILE_ID: "nobody said a name",
    },
    "list100": {
        "a": "we met Anna Kovač in Bled",
        "b": f"then {HOSTILE} joined quick sand there",
        HOSTILE_ID: "nobody said a name",
    },
    "list1000": {
        "a": "we met Anna Kovač in Ptuj",
        "b": f"then {HOSTILE} joined {QUOTED} there",
        HOSTILE_ID: "Nob Ody said a name",
    },
    "shared": {
        "a": "we met a novak in Bled",
        "b": "then joined there",
        HOSTILE_ID: "nobody said a name",
    },
    "adapter.list100": {
        "a": "we met Anna Kovač in Bled",
        "b": f"then {HOSTILE} joined {QUOTED} there",
        HOSTILE_ID: "nobody said a name",
    },
}
SPANS = {"Anna Kovač": 2, "Bled": 1, "Ptuj": 1, "Nob Ody": 2, HOSTILE: 1, QUOTED: 3}
MISSES = (  # under `list100`; of the second utterance one of each kind, though it misses none
    Miss("b", "quick sons", 6, Cause.OUTRANKED, rank=2),
    Miss("a", "bled", 5, Cause.IN_LATTICE, behind_nats=2.0),
    Miss("a", "bled", 5, Cause.PRUNED, behind_nats=math.inf, lost_nats=-0.5),
    Miss("a", "bled", 5, Cause.NOT_HEARD, lost_nats=math.inf),
    Miss("a", "bled", 5, Cause.UNKNOWN),
)
NBEST = {"b": [f"then {HOSTILE} joined {QUOTED} there"]}  # the second of each n-best list

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def write_experiment(folder: Path) -> Path:
    """Write the experiment as run.sh would."""
    write_text(folder / "data/dataset.toml", DATASET)
    for name in ("first", "second"):
        for size in (100, 1000):
            write_text(folder / f"data/{name}.list{size}.tsv", lists(DISTRACTORS))
        names = [entity for _, rare in REFERENCES.values() for entity in rare]
        write_text(folder / f"data/{name}.shared.txt", "".join(f"{n}\n" for n in [*names, "Ptuj"]))
        for condition, hypotheses in HYPOTHESES.items():
            if (name, condition) != ("second", "shared"):
                write_condition(folder, name, condition, hypotheses)
    misses = MissReport(3, MISSES, MissOptions())
    write_text(folder / "score/first.list100.misses.json", misses.to_json())
    return folder


def lists(distractors: Sequence[str]) -> str:
    rows = (
        (name, text, json.dumps(rare), json.dumps([*rare, *distractors]))
        for name, (text, rare) in REFERENCES.items()
    )
    return "".join("\t".join(row) + "\n" for row in rows)


def write_condition(folder: Path, name: str, condition: str, hypotheses: Mapping[str, str]) -> None:
    """Write what decoding and scoring a set under a condition leaves."""
    out = folder / f"decode/{name}.{condition}"
    results = [result(utterance_id, text) for utterance_id, text in hypotheses.items()]
    write_outputs(results, out, ("text", "hyp.ctm", "entities.jsonl", "nbest.jsonl"))
    shared = folder / f"data/{name}.shared.txt" if condition == "shared" else None
    scores = score_files(folder / f"data/{name}.list100.tsv", out / "text", shared)
    write_scores(scores, folder / f"score/{name}.{condition}.json")
    rate = {"count": 1, "of": 0.5, "rate": 2.0, "interval": [0.5, None]}
    alarms = {"utterances": 1, "false_alarms": rate, "wer": rate}
    write_text(folder / f"score/{name}.{condition}.alarms.json", json.dumps(alarms))


def result(utterance_id: str, text: str) -> Result:
    """Return a result whose words take half a second each."""
    words = tuple(
        Word(word, place * WORD_SECONDS, (place + 0.8) * WORD_SECONDS, 0.9)
        for place, word in enumerate(text.split())
    )
    texts = [text, *NBEST.get(utterance_id, [])]
    nbest = tuple(NbestEntry(tuple(each.split()), -7.0, 2.0) for each in texts)
    spans = [
        EntitySpan(
            written=entity,
            start_seconds=words[first].start_seconds,
            end_seconds=words[first + length - 1].end_seconds,
            confidence=0.9,
            boost_nats=9.0,
            first_word=first,
            n_words=length,
        )
        for entity, length in SPANS.items()
        for first in range(len(words))
        if [word.text for word in words[first : first + length]] == entity.split()
    ]
    return Result(utterance_id, words, tuple(spans), nbest, -7.0)


def write_images(folder: Path) -> Path:
    """Write images of two utterances, and one of none."""
    folder.mkdir(parents=True)
    for name in ("a.attention.png", f"{HOSTILE_ID}.png", "nobody.png"):
        (folder / name).write_bytes(PNG)
    return folder


def write_audio(folder: Path, utterance_ids: Sequence[str]) -> None:
    """Write the manifest of the first set's audio, and a tone for each utterance."""
    import numpy as np
    import soundfile
    from lhotse import CutSet

    from wfst_bias.formats.recordings import open_recording

    cuts = []
    for number, utterance_id in enumerate(utterance_ids):
        path = folder / f"audio/{number}.wav"
        path.parent.mkdir(exist_ok=True)
        seconds = np.arange(16000 * 3) / 16000
        soundfile.write(path, 0.1 * np.sin(2 * np.pi * 300 * seconds), 16000)
        cuts.append(open_recording(path, utterance_id).to_cut())
    CutSet.from_cuts(cuts).to_file(folder / "data/first.cuts.jsonl.gz")
