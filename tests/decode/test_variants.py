"""Decoding with variants is decoding with a list that has them as further spoken forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import (
    CHARACTERS,
    LETTERS,
    PIECES,
    decoder,
    entity_line,
    entity_list,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
    token_table,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.g2g.options import G2gOptions
from wfst_bias.graph import compiled_list
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.load import compile_graph

N_FRAMES = 5
RULES = "a\tb\t0.5\tx\nb\taa\t1\tx\nab\ta_b\t0.75\tx\nb\tAA\t0.25\tx\nAA\ta\t0.5\tx\n"
SEEDS = st.integers(0, 10_000)
NAMES = st.dictionaries(
    st.sampled_from(["a", "ab", "ba", "b", "a b"]), st.floats(2, 20, width=16), min_size=1,
    max_size=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Decoder, Decoder]]:
    """Return for each token table a decoder with variants and one without."""
    path = tmp_path_factory.mktemp("g2g") / "rules.tsv"
    path.write_text(RULES)
    g2g = G2gOptions(str(path), most_variants=3, variant_nats=0.25)
    return {
        name: (decoder(symbols, n_best=10_000, g2g=g2g), decoder(symbols, n_best=10_000))
        for name, symbols in (("characters", CHARACTERS), ("pieces", PIECES))
    }


def scores(of: Decoder, seed: int, names: CompiledList) -> dict[tuple[str, ...], float]:
    log_probs = random_log_probs(seed, N_FRAMES, of.tokens.size)
    (result,) = of.decode({"u": log_probs}, names)
    return {entry.words: entry.score for entry in result.nbest}


@settings(max_examples=25)
@given(st.sampled_from(["characters", "pieces"]), NAMES, SEEDS)
def test_variants_are_spoken_forms_that_gain_less(decoders, table, names, seed):
    varied, plain = decoders[table]
    lines = [entity_line(phrase, score, phrase.upper()) for phrase, score in names.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_list, "VARIANT_SEGMENTATIONS", 4)  # all, as for forms of a list
        compiled = entity_list(varied, lines)
    spoken_lines = []
    for number, text in enumerate(compiled.form_text):
        boost = float(compiled.form_boost_nats[number])
        own = compiled.form_text[int(compiled.form_own[number])]
        assert boost == names[own] if text == own else 0 <= boost < names[own]
        spoken_lines.append(entity_line(text, boost, own.upper()))
    # A list has a form once, but entities may share a variant.
    assume(len(set(compiled.form_text)) == len(compiled.form_text))
    listed = entity_list(plain, spoken_lines)
    assert scores(varied, seed, compiled) == pytest.approx(scores(plain, seed, listed), abs=2e-3)


def test_a_form_of_the_list_is_no_variant_of_another(decoders):
    varied, _ = decoders["characters"]
    compiled = entity_list(varied, [entity_line("a", 20.0, "A"), entity_line("b", 2.0, "B")])
    own = compiled.form_text[: len(compiled.entities)]
    assert set(own) == {"a", "b"}
    assert not {"a", "b"} & set(compiled.form_text[len(own) :])


def test_a_penalty_has_no_variants_and_no_variant_costs_more_than_it_gains(decoders):
    varied, _ = decoders["characters"]
    compiled = entity_list(varied, [entity_line("ab", -3.0), entity_line("ba", 0.5)])
    assert compiled.form_text == ("ba",)
    assert list(compiled.penalties.forms) == [("ab",)]


@pytest.fixture(scope="module")
def speaker(repository: Path) -> Decoder:
    lm = small_lm(["the plan of marsh is a plan", "a march of the man", "the marsh"] * 3)
    options = DecodeOptions(g2g=G2gOptions(str(repository / "data/g2g/english.tsv")))
    return Decoder(compile_graph(token_table(LETTERS), lm), options)


def test_what_sounds_like_the_name_is_written_as_the_name(speaker):
    names = speaker.compile_list(["Łukasz Nyght", "Kalina"])
    for said, written in (
        ("the plan of calina", "the plan of Kalina"),
        ("the plan of wukash night", "the plan of Łukasz Nyght"),
    ):
        log_probs = planted_log_probs(speaker.tokens, spoken(said), 0.99)
        plain, biased = (speaker.decode({"u": log_probs}, n)[0] for n in (None, names))
        assert " ".join(w.text for w in plain.words) == said
        assert " ".join(w.text for w in biased.words) == written
        own = biased.entities[0].boost_nats
        assert own < max(names.form_boost_nats)


def test_words_of_the_language_model_are_dearer_variants(repository: Path):
    lm = small_lm(["the plan of marsh is a plan", "a march of the man", "the marsh"] * 3)
    graph = compile_graph(token_table(LETTERS), lm)
    tables = str(repository / "data/g2g/english.tsv")
    gains = {}
    for scale in (0.0, 1.0):
        options = G2gOptions(tables, most_variants=30, known_word_scale=scale)
        compiled = Decoder(graph, DecodeOptions(g2g=options)).compile_list(["Marche :30"])
        boosts = compiled.form_boost_nats.tolist()
        gains[scale] = dict(zip(compiled.form_text, boosts, strict=True))
    log_probs = dict(graph.unigrams)
    assert "march" in gains[0.0].keys() & log_probs.keys()
    for text in gains[0.0].keys() & gains[1.0].keys():
        dearer = max(0.0, log_probs[text] + 12.0) if text in log_probs else 0.0
        assert gains[0.0][text] - gains[1.0][text] == pytest.approx(dearer, abs=1e-3)


def test_a_table_that_is_none_is_refused(tmp_path: Path):
    (tmp_path / "rules.tsv").write_text("nonsense\n")
    with pytest.raises(InputError, match=r"rules.tsv:1: expected LEFT"):
        decoder(g2g=G2gOptions(str(tmp_path / "rules.tsv")))


def test_options_of_variants_are_written_and_read(tmp_path: Path):
    options = DecodeOptions(g2g=G2gOptions("a 'b' \"c\".tsv,d.tsv", 3, 2.5))
    options.write(tmp_path / "options.toml")
    assert DecodeOptions.read(tmp_path / "options.toml") == options
    (tmp_path / "options.toml").write_text("[g2g]\ntables = 3\n")
    with pytest.raises(InputError, match=r"g2g.tables must be a text: 3"):
        DecodeOptions.read(tmp_path / "options.toml")
