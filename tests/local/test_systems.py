"""Systems beside the tuned one: their options and their language models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tomli
from factories import small_lm
from small_experiment import write_experiment

from local.systems import options_of, read_systems, without_contexts
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.lm.arpa import read_arpa, write_arpa
from wfst_bias.report.experiment import Experiment

TUNED = """
[boost]
per_word_nats = 20.0
[adaptive]
gap_scale = 0.4
[phone_spot]
spot_entities = 20
[phone_rescore]
phone_scale = 0.3
[lexicon_lookup]
lookup_words = 3
"""


def call(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.systems", *map(str, arguments)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", read_systems())
def test_a_system_differs_from_the_tuned_one(name: str, tmp_path: Path) -> None:
    tuned = tmp_path / "tuned.toml"
    tuned.write_text(TUNED)
    system = read_systems()[name]
    options = options_of(system, tuned)
    has_all_parts = system.search and system.adapter and system.list and system.contexts
    assert options != DecodeOptions.read(tuned) or not has_all_parts
    wanted = system.options.get("adaptive.gap_scale", 0.4)
    assert options.adaptive.gap_scale == wanted
    if not system.phones:
        sections = {option.split(".")[0] for option in system.options}
        asked = sections & {"phone_spot", "phone_rescore", "lexicon_lookup"}
        assert options.needs_phones == bool(asked)


def test_every_system_has_a_name_of_its_own() -> None:
    says = [system.says for system in read_systems().values()]
    assert len(set(says)) == len(says)


def test_parts_are_read_off_the_table_and_the_options(repository: Path, tmp_path: Path) -> None:
    tuned, options = tmp_path / "tuned.toml", tmp_path / "options.toml"
    tuned.write_text(TUNED)
    parts = {}
    for name in ("greedy-adapter", "adapter", "lexicon-lookup", "no-adaptive-boost"):
        call(repository, "options", name, "--tuned", tuned, "--out", options)
        parts[name] = call(repository, "parts", name, options).stdout.split()
    assert parts == {
        "greedy-adapter": ["false", "true", "false", "false"],
        "adapter": ["true", "true", "false", "false"],
        "lexicon-lookup": ["true", "false", "true", "true"],
        "no-adaptive-boost": ["true", "true", "true", "true"],
    }


def test_every_system_is_compared_with_one_that_is_there(repository: Path, tmp_path: Path) -> None:
    assert call(repository, "against", "g2g").stdout == "unigram-boost\n"
    assert call(repository, "against", "no-constant").stdout == "all\n"
    assert call(repository, "against", "all").stdout == "decoder\n"
    table = tmp_path / "systems.toml"
    table.write_text('[one]\nsays = "one"\nagainst = "two"\n')
    with pytest.raises(InputError, match="no system to compare with: 'two'"):
        read_systems(table)


def test_contexts_say_nothing_of_the_class() -> None:
    lm = small_lm()
    flat = without_contexts(lm)
    assert lm.class_word is not None
    number = lm.word_ids[lm.class_word]
    for before, after in zip(lm.ngrams[1:], flat.ngrams[1:], strict=True):
        is_class = before.ids[:, -1] == number
        assert np.isneginf(after.log_probs[is_class]).all()
        assert np.array_equal(after.log_probs[~is_class], before.log_probs[~is_class])
    assert np.array_equal(flat.ngrams[0].log_probs, lm.ngrams[0].log_probs)
    assert any((table.ids[:, -1] == number).any() for table in lm.ngrams[1:])


def test_a_model_is_written_only_for_a_system_that_reads_another(
    repository: Path, tmp_path: Path
) -> None:
    write_arpa(small_lm(), tmp_path / "lm.arpa")
    for name in ("constant", "unigram-boost"):
        done = call(repository, "lm", name, tmp_path / "lm.arpa", "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / "unigram-boost").exists()
    (tmp_path / "left").write_text("of a system that read another once")
    call(repository, "lm", "unigram-boost", tmp_path / "lm.arpa", "--out", tmp_path / "left")
    assert not (tmp_path / "left").exists()
    written = read_arpa(tmp_path / "constant")
    assert len(written.ngrams[1]) == len(small_lm().ngrams[1])


def test_names_are_checked(repository: Path) -> None:
    assert call(repository, "names").stdout.split() == list(read_systems())
    assert call(repository, "names", "constant").stdout == "constant\n"
    done = call(repository, "names", "constant", "magic")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such system: 'magic'; give some of greedy" in done.stderr


def test_titles_are_read_by_the_report(repository: Path, tmp_path: Path) -> None:
    exp = write_experiment(tmp_path)
    titles = call(repository, "titles", "adapter", "constant").stdout
    write_text(exp / "systems/titles.toml", titles.replace('"adapter"\n', '"the adapter"\n'))
    labels = [each.condition.label for each in Experiment.read(exp).sets[0].decoded]
    assert labels[-1] == "the adapter, list of 100"
    assert tomli.loads(titles)["constant"] == "constant boost"
    assert call(repository, "titles", "magic").returncode == 2


def test_a_table_with_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "systems.toml"
    path.write_text('[a]\nsays = "a"\nspeed = 2\n')
    with pytest.raises(InputError, match=r"systems\.toml: not a system: .*'speed'"):
        read_systems(path)
