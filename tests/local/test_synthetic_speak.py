"""Speaking a corpus: files, manifests, what is kept, and bad input."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from lhotse import load_manifest

from local.synthetic import recording, speak
from local.synthetic.recording import num_samples, plan, record
from local.synthetic.sentences import Sentence
from local.synthetic.speak import SpokenSet, check_sentences, read_plain
from local.synthetic.synthesizers import SAMPLE_RATE, Request, Samples
from local.synthetic.voices import CASTS, FURTHER, TEST, TRAIN
from wfst_bias.errors import InputError

ENTITY = ("Zoë O'Hara", "person")


def sentences(count: int) -> tuple[Sentence, ...]:
    with_entity = Sentence("toy-e-0", "thank you Zoë O'Hara", "thank you zoe o'hara", (ENTITY,))
    others = (Sentence(f"toy-f-{i}", f"{'so ' * i}yes", f"{'so ' * i}yes", ()) for i in range(9))
    return (with_entity, *others)[:count]


@pytest.fixture
def spoken_texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace synthesizers by a tone of 0.1 s a word; return the list of what they are given."""
    given_texts: list[str] = []

    def tones(requests: list[Request]) -> list[Samples]:
        given_texts.extend(request.text for request in requests)
        lengths = [SAMPLE_RATE // 10 * len(request.text.split()) for request in requests]
        return [0.5 * np.sin(np.arange(length)).astype(np.float32) for length in lengths]

    def in_this_process(jobs: Any, num_jobs: int) -> Any:
        return ((job, record(job)) for job in ([job] for job in jobs))

    monkeypatch.setattr(recording, "synthesize", tones)
    monkeypatch.setattr(speak, "_record_all", in_this_process)
    recording.talkers.cache_clear()
    recording.talkers()
    given_texts.clear()
    yield given_texts
    recording.talkers.cache_clear()


def make(out: Path, count: int = 4, name: str = "test", codec: str = "opus") -> None:
    speak.speak(SpokenSet(name, sentences(count), CASTS[name], codec), out, 1)


@given(st.text("abc-", min_size=1), st.sampled_from(sorted(CASTS)))
def test_the_same_id_has_the_same_plan(utterance_id: str, name: str) -> None:
    first, second = (plan(utterance_id, "yes", CASTS[name]) for _ in range(2))
    assert first == second
    assert first.key == second.key
    assert first.key != plan(utterance_id, "no", CASTS[name]).key


def test_a_plan_is_the_same_on_every_machine() -> None:
    drawn = plan("parliament-test-e-0001", "yes", TEST)
    assert drawn.key == "2ec5a0a49aba4db79fce048b5c0daa19"


@pytest.mark.parametrize("codec", ["opus", "flac"])
def test_manifests_lead_to_the_audio(tmp_path: Path, spoken_texts: list[str], codec: str) -> None:
    make(tmp_path, codec=codec)
    assert sorted(spoken_texts) == sorted(sentence.spoken for sentence in sentences(4))
    cuts = list(load_manifest(tmp_path / "test.cuts.jsonl.gz"))
    assert [cut.id for cut in cuts] == [sentence.utterance_id for sentence in sentences(4)]
    for cut in cuts:
        assert cut.load_audio().shape == (1, cut.num_samples)
        assert Path(cut.recording.sources[0].source).suffix == f".{codec}"
    recordings = load_manifest(tmp_path / "test.recordings.jsonl.gz")
    supervisions = load_manifest(tmp_path / "test.supervisions.jsonl.gz")
    assert {r.id for r in recordings} == {s.id for s in supervisions} == {c.id for c in cuts}


def test_a_supervision_says_how_it_was_made(tmp_path: Path, spoken_texts: list[str]) -> None:
    make(tmp_path)
    (supervision,) = next(iter(load_manifest(tmp_path / "test.cuts.jsonl.gz"))).supervisions
    drawn = plan("toy-e-0", sentences(1)[0].spoken, TEST)
    assert supervision.text == "thank you Zoë O'Hara"
    assert supervision.speaker == drawn.speaking.voice.speaker
    custom = supervision.custom
    assert custom["entities"] == [{"text": ENTITY[0], "kind": ENTITY[1]}]
    assert custom["voice_is_held_out"] == (drawn.speaking.voice not in TRAIN.voices)
    assert (custom["room"], custom["noise"]) == (drawn.place.room, drawn.place.noise)
    assert custom["snr_db"] == drawn.place.snr_db


def test_a_second_run_speaks_nothing_and_writes_the_same(
    tmp_path: Path, spoken_texts: list[str]
) -> None:
    make(tmp_path)
    before = gzip.decompress((tmp_path / "test.cuts.jsonl.gz").read_bytes())
    spoken_texts.clear()
    make(tmp_path)
    assert spoken_texts == []
    assert gzip.decompress((tmp_path / "test.cuts.jsonl.gz").read_bytes()) == before


def test_a_run_goes_on_where_one_ended(tmp_path: Path, spoken_texts: list[str]) -> None:
    make(tmp_path, 2)
    spoken_texts.clear()
    make(tmp_path, 4)
    assert spoken_texts == [sentence.spoken for sentence in sentences(4)[2:]]
    assert len(list(load_manifest(tmp_path / "test.cuts.jsonl.gz"))) == 4


@pytest.mark.parametrize("damage", ["cut", "empty", "other text"])
def test_a_file_that_is_not_whole_or_of_another_text_is_made_again(
    tmp_path: Path, spoken_texts: list[str], damage: str
) -> None:
    make(tmp_path, 1, codec="flac")
    path = tmp_path / "test/audio/toy-e-0.flac"
    if damage == "other text":
        record([(plan("toy-e-0", "another text", TEST), path)])
    else:
        path.write_bytes(path.read_bytes()[:20] if damage == "cut" else b"")
    spoken_texts.clear()
    make(tmp_path, 1, codec="flac")
    assert spoken_texts == [sentences(1)[0].spoken]
    assert num_samples(plan("toy-e-0", spoken_texts[0], TEST), path) == soundfile.info(path).frames


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path, spoken_texts: list[str]) -> None:
    folder = tmp_path / "test/audio"
    folder.mkdir(parents=True)
    with speak._locked(folder), pytest.raises(InputError, match="another run is writing here"):
        make(tmp_path)
    make(tmp_path)
    assert len(spoken_texts) == 4


def test_nothing_unfinished_is_left(tmp_path: Path, spoken_texts: list[str]) -> None:
    make(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if ".part" in path.name]


def test_paths_inside_the_repository_are_seen_from_its_root(repository: Path) -> None:
    assert speak._shown(repository / "data/toy/a.opus") == "data/toy/a.opus"
    assert Path(speak._shown(repository.parent / "elsewhere/a.opus")).is_absolute()


def test_plain_text_is_a_sentence_a_line(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("it is  late\n\nlet's go\n", encoding="utf-8")
    read = read_plain(path, "more")
    assert [(s.utterance_id, s.text, s.spoken) for s in read] == [
        ("more-000001", "it is late", "it is late"),
        ("more-000003", "let's go", "let's go"),
    ]


@pytest.mark.parametrize("line", ["Late", "at 5", "zoë", "no.", '")(quit)"', "'"])
def test_what_cannot_be_spoken_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "plain.txt"
    path.write_text(f"fine\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"plain\.txt:2: expected letters a to z"):
        read_plain(path, "more")
    with pytest.raises(InputError, match=r"dev\.tsv:1: expected letters a to z"):
        check_sentences([Sentence("a-1", line, line, ())], Path("dev.tsv"))


def test_an_empty_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="no sentence"):
        read_plain(tmp_path / "plain.txt", "more")


@pytest.mark.parametrize("utterance_id", ["a-1", "../a", "", "a b", "a/b"])
def test_an_id_must_be_new_and_name_a_file(utterance_id: str) -> None:
    first = Sentence("a-1", "yes", "yes", ())
    second = Sentence(utterance_id, "no", "no", ())
    with pytest.raises(InputError, match="2: expected an id of its own"):
        check_sentences([first, second], Path("dev.tsv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give either TEXT_DIR or --text FILE"),
        (["nowhere"], "nowhere/train.tsv: cannot be read"),
        (["nowhere", "--sets", "dev,trial"], "--sets: trial: expected some of train, dev, test"),
        (["nowhere", "--nj", "0"], "--nj and --limit: expected 1 or more"),
        (["nowhere", "--skip", "-1"], "--skip: expected 0 or more"),
        (["nowhere", "--further"], "--further: the further voices speak for training only"),
        (["--text", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["--text", "yes.txt", "--skip", "2"], "yes.txt: no sentence is left after the first 2"),
    ],
)
def test_a_wrong_call_ends_with_status_2_and_a_line(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "yes.txt").write_text("yes\nno\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["speak", "--out", str(tmp_path), *options])
    with pytest.raises(SystemExit) as ended:
        speak.main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_further_voices_speak_what_is_left_of_training(
    tmp_path: Path, spoken_texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(sentence.line() for sentence in sentences(9))
    (tmp_path / "train.tsv").write_text(lines, encoding="utf-8")
    monkeypatch.setattr(speak, "check_installed", lambda voices: None)
    options = ["--sets", "train", "--further", "--skip", "2", "--limit", "4"]
    monkeypatch.setattr(sys, "argv", ["speak", str(tmp_path), "--out", str(tmp_path), *options])
    speak.main()
    cuts = list(load_manifest(tmp_path / "train.cuts.jsonl.gz"))
    assert [cut.id for cut in cuts] == [each.utterance_id for each in sentences(6)[2:]]
    speakers = {voice.speaker for voice in FURTHER.voices}
    assert all(cut.supervisions[0].speaker in speakers for cut in cuts)
    assert not any(cut.supervisions[0].custom["voice_is_held_out"] for cut in cuts)


@pytest.mark.slow
def test_the_program_speaks_a_small_corpus(tmp_path: Path, repository: Path) -> None:
    for name in ("espeak-ng", "flite", "festival"):
        if subprocess.run(["which", name], capture_output=True).returncode:
            pytest.skip(f"{name} is not installed")
    (tmp_path / "test.tsv").write_text(
        "".join(sentence.line() for sentence in sentences(9)), encoding="utf-8"
    )
    command = [sys.executable, "-m", "local.synthetic.speak", str(tmp_path), "--sets", "test"]
    subprocess.run([*command, "--out", str(tmp_path / "out")], check=True, cwd=repository)
    cuts = list(load_manifest(tmp_path / "out/test.cuts.jsonl.gz"))
    assert len(cuts) == 9
    assert all(cut.load_audio().std() > 0.01 for cut in cuts)
    assert (
        json.loads(sentences(1)[0].line().split("\t")[3])
        == cuts[0].supervisions[0].custom["entities"]
    )


@pytest.mark.slow
def test_no_process_is_left_when_the_first_is_killed(tmp_path: Path, repository: Path) -> None:
    script = (
        "import multiprocessing, os, signal, sys, time\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from local.synthetic.speak import _watch_parent\n"
        "if __name__ == '__main__':\n"
        "    spawn = multiprocessing.get_context('spawn')\n"
        "    pool = ProcessPoolExecutor(1, spawn, initializer=_watch_parent)\n"
        "    print(pool.submit(os.getpid).result(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "start.py").write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    started = [sys.executable, str(tmp_path / "start.py")]
    killed = subprocess.run(started, stdout=subprocess.PIPE, env=environment, timeout=60)
    worker = int(killed.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
