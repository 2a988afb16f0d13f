"""The command `train`: cuts to a model that is used at once, and bad input as one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from cli_calls import Called

for _package in ("torch", "lhotse", "soundfile", "tensorboard"):
    pytest.importorskip(_package)

from model_folders import SENTENCES, tiny_config  # noqa: E402
from tones import LEXICON, PHONE_TABLE, tones, write_utterances  # noqa: E402

from wfst_bias.acoustic.config import write_config  # noqa: E402
from wfst_bias.acoustic.recognizer import Recognizer  # noqa: E402
from wfst_bias.acoustic.subwords import MODEL_FILE, learn_subwords  # noqa: E402
from wfst_bias.acoustic.train import LAST_FILE  # noqa: E402
from wfst_bias.acoustic.training_log import LOG_FILE  # noqa: E402

Call = Callable[..., Called]
CONTENT = {
    "bpe.model", "config.json", LAST_FILE, LOG_FILE, "phones.txt", "tensorboard", "tokens.txt",
    "weights.pt",
}  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """Hold the paths of everything that `train` reads and writes."""

    folder: Path

    @property
    def cuts(self) -> Path:
        return self.folder / "train.cuts.jsonl.gz"

    @property
    def subwords(self) -> Path:
        return self.folder / "subwords"

    @property
    def lexicon(self) -> Path:
        return self.folder / "lexicon.txt"

    @property
    def phones(self) -> Path:
        return self.folder / "phones.txt"

    @property
    def config(self) -> Path:
        return self.folder / "tiny.json"

    @property
    def out(self) -> Path:
        return self.folder / "run"

    def train(self, *more: object) -> list[str]:
        """Return the arguments of a call of one epoch; what is in `more` comes last."""
        fixed = (
            "train", "--cuts", self.cuts, "--dev-cuts", self.cuts, "--subwords", self.subwords,
            "--lexicon", self.lexicon, "--phones", self.phones, "--config", self.config,
            "--out", self.out, "--epochs", 1, "--workers", 0,
        )  # fmt: skip
        return [str(argument) for argument in (*fixed, *more)]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    made = Sources(tmp_path)
    write_utterances(tmp_path).to_file(made.cuts)
    learn_subwords(SENTENCES, 40, made.subwords)
    LEXICON.write(made.lexicon)
    PHONE_TABLE.write(made.phones)
    # Sizes of the heads are those of the tables, whatever the configuration says.
    write_config(made.config, replace(tiny_config(), n_tokens=7, n_phones=9))
    return made


def test_cuts_become_a_model_and_a_second_call_goes_on(call: Call, sources: Sources) -> None:
    called = call(*sources.train())
    assert called.status == 0, called.err
    assert called.out.splitlines()[-1] == f"{sources.out}: trained 1 epochs"
    names = {path.name for path in sources.out.iterdir()}
    assert {name for name in names if not name.startswith("step-")} == CONTENT
    (heard,) = Recognizer.load(sources.out).hear([tones("anna said yes")])
    assert heard.log_probs.shape == (23, 40)
    assert call(*sources.train("--epochs", 2)).status == 0
    entries = (sources.out / LOG_FILE).read_text().splitlines()
    assert [json.loads(entry)["epoch"] for entry in entries] == [1, 2]


def test_subwords_and_phones_may_lie_in_the_folder_of_the_run(call: Call, sources: Sources) -> None:
    learn_subwords(SENTENCES, 40, sources.out)
    PHONE_TABLE.write(sources.out / "phones.txt")
    own = ("--subwords", sources.out, "--phones", sources.out / "phones.txt")
    assert call(*sources.train(*own)).status == 0
    assert call(*sources.train(*own, "--epochs", 2)).status == 0


def test_help_shows_every_option(call: Call) -> None:
    called = call("train", "--help")
    assert called.status == 0
    for flag in ("--cuts FILE...", "--max-duration", "--intermediate-weight", "[default: 0.3]"):
        assert flag in called.out


MISSING = [
    ("cuts", "train.cuts.jsonl.gz: cannot be read"),
    ("lexicon", "lexicon.txt: cannot be read (No such file"),
    ("phones", "phones.txt: cannot be read (No such file"),
    ("config", "neither small nor base nor a file: "),
]


@pytest.mark.parametrize(("name", "message"), MISSING)
def test_a_missing_file_is_one_line(call: Call, sources: Sources, name: str, message: str) -> None:
    getattr(sources, name).unlink()
    assert message in call(*sources.train()).complaint
    assert not sources.out.exists()


@pytest.mark.parametrize("name", ["bpe.model", "tokens.txt"])
def test_a_missing_file_of_the_subwords_is_one_line(
    call: Call, sources: Sources, name: str
) -> None:
    (sources.subwords / name).unlink()
    complaint = call(*sources.train()).complaint
    assert str(sources.subwords / name) in complaint
    assert "No such file" in complaint


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--config", "medium"), "neither small nor base nor a file: 'medium'"),
        (("--epochs", "0"), "epochs must be positive: 0"),
        (("--phone-weight", "-1"), "phone_weight must be zero or more: -1.0"),
        (("--precision", "int8"), "Invalid value for '--precision'"),
        (("--dev-cuts", "gone.jsonl"), "gone.jsonl: cannot be read"),
    ],
)
def test_a_bad_flag_is_one_line(
    call: Call, sources: Sources, flags: tuple[str, ...], message: str
) -> None:
    assert message in call(*sources.train(*flags)).complaint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"widht": 8}, "tiny.json: not a model configuration: unknown: widht; known: dropout, "),
        ({"width": "8"}, "tiny.json: not a model configuration: width must be a positive whole"),
        ({**asdict(tiny_config()), "n_mels": 40}, "n_mels must be 80"),
        ([], "tiny.json: not a model configuration: expected a JSON object"),
    ],
)
def test_a_bad_configuration_is_one_line(
    call: Call, sources: Sources, content: object, message: str
) -> None:
    sources.config.write_text(json.dumps(content))
    assert message in call(*sources.train()).complaint


def test_a_word_that_the_lexicon_lacks_is_one_line_with_its_cut(
    call: Call, sources: Sources
) -> None:
    sources.lexicon.write_text("anna  AA\nsaid  B\n")
    complaint = call(*sources.train()).complaint
    assert "the transcript of cut tone-0: a word that the pronunciation lexicon lacks" in complaint


def test_a_checkpoint_cut_off_is_one_line(call: Call, sources: Sources) -> None:
    assert call(*sources.train()).status == 0
    path = sources.out / LAST_FILE
    path.write_bytes(path.read_bytes()[:-100])
    complaint = call(*sources.train("--epochs", 2)).complaint
    assert complaint == f"{path}: cut off, or not a checkpoint"


def test_a_run_keeps_the_files_it_was_begun_with(call: Call, sources: Sources) -> None:
    assert call(*sources.train()).status == 0
    begun_with = (sources.out / MODEL_FILE).read_bytes()
    learn_subwords(SENTENCES, 42, sources.subwords)
    complaint = call(*sources.train("--epochs", 2)).complaint
    assert f"{sources.out / MODEL_FILE}: the run in this folder was begun with another" in complaint
    assert (sources.out / MODEL_FILE).read_bytes() == begun_with
    learn_subwords(SENTENCES, 40, sources.subwords)
    write_config(sources.config, tiny_config(n_heads=4))
    complaint = call(*sources.train("--epochs", 2)).complaint
    assert "config.json: the run in this folder has another configuration" in complaint


def test_a_model_to_begin_with_has_the_same_symbols(
    call: Call, sources: Sources, tmp_path: Path
) -> None:
    assert call(*sources.train()).status == 0
    model = sources.out.rename(tmp_path / "model")
    assert call(*sources.train("--begin-with", model)).status == 0
    learn_subwords(SENTENCES, 42, sources.subwords)
    complaint = call(*sources.train("--begin-with", model)).complaint
    assert "tokens.txt: not the symbols of the model to begin with; give --subwords" in complaint
    missing = call(*sources.train("--begin-with", tmp_path / "none")).complaint
    assert "none/tokens.txt: cannot be read" in missing


def test_a_file_in_place_of_the_folder_is_one_line(call: Call, sources: Sources) -> None:
    sources.out.touch()
    assert f"{sources.out}: cannot be made a folder" in call(*sources.train()).complaint


def test_sound_that_is_gone_ends_with_one_line_after_the_warnings(
    call: Call, sources: Sources
) -> None:
    for path in sources.folder.glob("tone-*.wav"):
        path.write_text("no sound")
    called = call(*sources.train())
    assert called.status == 2
    assert "Traceback" not in called.err
    assert called.err.splitlines()[-1].startswith("wfst-bias: none of 6 cuts can be read")
    assert "wfst-bias: warning: cut tone-5 is left out: " in called.err
