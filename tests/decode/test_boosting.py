"""What boosting means: the six statements, as properties of the real decoder."""

from __future__ import annotations

import random

import numpy as np
import pytest
from factories import (
    CHARACTERS,
    LETTERS,
    PIECES,
    decoder,
    entity_line,
    entity_list,
    planted_frame,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.search import SearchOptions
from wfst_bias.entities.entity_list import compile_list
from wfst_bias.entities.list_file import ListLine, RejectedLine
from wfst_bias.errors import InputError
from wfst_bias.formats.results import Result
from wfst_bias.graph.compiled_list import CompiledList

SEEDS = st.integers(0, 10_000)
SCORES = st.floats(0, 20, width=16)
# Shared prefixes, prefixes of others, overlaps of an end with a beginning, several words.
PHRASES = st.lists(
    st.sampled_from(["a", "ab", "aba", "abab", "b", "ba", "bab", "a b", "ab a", "b ab", "a a b"]),
    min_size=1,
    max_size=6,
    unique=True,
)
DECODERS = {s: decoder(s, n_best=10_000) for s in (CHARACTERS, PIECES)}
TABLES = st.sampled_from(list(DECODERS))
N_FRAMES = 5

SPEAKER_LM = small_lm(
    ["they announce a new plan", "they announce the new man", "a man and a plan", "the plan"] * 2
)
SPEAKER = decoder(LETTERS, SPEAKER_LM, search=SearchOptions(search_beam=25.0, output_beam=12.0))


def scores(of: Decoder, seed: int, names: CompiledList | None) -> dict[tuple[str, ...], float]:
    """Return every text of random log-probabilities with its score."""
    log_probs = random_log_probs(seed, N_FRAMES, of.tokens.size)
    (result,) = of.decode({"u": log_probs}, names)
    return {entry.words: entry.score for entry in result.nbest}


def say(text: str, names: CompiledList | None, probability: float = 0.999) -> Result:
    """Decode a text said clearly."""
    (result,) = SPEAKER.decode(
        {"u": planted_log_probs(SPEAKER.tokens, spoken(text), probability)}, names
    )
    return result


def text_of(result: Result) -> str:
    return " ".join(word.text for word in result.words)


class TestGains:
    """1. Completing an entity gains its declared score, and nothing else gains anything."""

    @settings(max_examples=25, deadline=None)
    @given(TABLES, PHRASES, st.data(), SEEDS)
    def test_a_text_gains_the_scores_of_its_entities(self, table, phrases, data, seed):
        of = DECODERS[table]
        declared = {f"E{i}": data.draw(SCORES) for i in range(len(phrases))}
        names = dict(zip(declared, phrases, strict=True))
        free = entity_list(of, [entity_line(p, 0.0, e) for e, p in names.items()])
        boosted = entity_list(of, [entity_line(p, declared[e], e) for e, p in names.items()])
        before, after = scores(of, seed, free), scores(of, seed, boosted)
        gains = {text: sum(declared.get(word, 0.0) for word in text) for text in before}
        assert after == pytest.approx({t: before[t] + gains[t] for t in before}, abs=1e-3)

    @settings(max_examples=15, deadline=None)
    @given(TABLES, PHRASES, st.floats(0, 200, width=16), SEEDS)
    def test_a_text_without_entity_scores_as_without_list(self, table, phrases, score, seed):
        of = DECODERS[table]
        lines = [entity_line(p, score, f"E{i}") for i, p in enumerate(phrases)]
        plain, biased = scores(of, seed, None), scores(of, seed, entity_list(of, lines))
        same = {text: s for text, s in biased.items() if not any(w[0] == "E" for w in text)}
        assert same == pytest.approx(plain, abs=1e-3)

    @settings(max_examples=15, deadline=None)
    @given(TABLES, PHRASES, SCORES, SEEDS)
    def test_the_boost_is_reported(self, table, phrases, score, seed):
        of = DECODERS[table]
        names = entity_list(of, [entity_line(p, score, f"E{i}") for i, p in enumerate(phrases)])
        log_probs = random_log_probs(seed, N_FRAMES, of.tokens.size)
        (result,) = of.decode({"u": log_probs}, names)
        for entry in result.nbest:
            count = sum(word[0] == "E" for word in entry.words)
            assert entry.boost_nats == pytest.approx(count * score, abs=1e-3)
        assert [s.boost_nats for s in result.entities] == [score] * len(result.entities)


class TestOrder:
    """2. Order and duplicates change nothing; an empty list gives the unbiased result."""

    @settings(max_examples=15, deadline=None)
    @given(TABLES, PHRASES, st.randoms(use_true_random=False), SEEDS)
    def test_order_and_duplicates_change_nothing(
        self, table: tuple[str, ...], phrases: list[str], chance: random.Random, seed: int
    ):
        of = DECODERS[table]
        lines = [entity_line(p, 1.0 + len(p), p.title()) for p in phrases]
        shuffled = [*lines, *chance.choices(lines, k=3)]
        chance.shuffle(shuffled)
        log_probs = {"u": random_log_probs(seed, N_FRAMES, of.tokens.size)}
        once = of.decode(log_probs, entity_list(of, lines))
        again = of.decode(log_probs, entity_list(of, shuffled, strict=False))
        assert once == again

    @settings(max_examples=10, deadline=None)
    @given(TABLES, SEEDS)
    def test_an_empty_list_gives_the_unbiased_result(self, table, seed):
        of = DECODERS[table]
        log_probs = {"u": random_log_probs(seed, N_FRAMES, of.tokens.size)}
        assert of.decode(log_probs, of.compile_list([])) == of.decode(log_probs)

    def test_an_empty_list_gives_the_unbiased_result_of_a_pruned_search(self):
        log_probs = {
            text: planted_log_probs(SPEAKER.tokens, spoken(text), 0.9)
            for text in ("they announce a plan", "the man")
        }
        assert SPEAKER.decode(log_probs, SPEAKER.compile_list([])) == SPEAKER.decode(log_probs)

    def test_a_list_of_rejected_lines_gives_the_unbiased_result(self):
        names = SPEAKER.compile_list(["1984", "  "])
        assert not names.entities.entities
        assert say("a plan", names) == say("a plan", None)


class TestWordBoundaries:
    """3. An entity starts at a word start and ends at a word end."""

    @pytest.mark.parametrize("part", ["ann", "nounce", "noun", "announc", "nnounce", "e a", "y an"])
    def test_a_part_of_a_word_is_no_entity(self, part):
        names = entity_list(SPEAKER, [entity_line(part, 8.0, "ENTITY")])
        said = "they announce a plan"
        log_probs = planted_log_probs(SPEAKER.tokens, spoken(said), 0.999)
        space = SPEAKER.tokens.separator_id
        gaps = log_probs.argmax(axis=1) == space
        log_probs[~gaps, space] = -np.inf  # no space but where one is said
        biased, plain = (SPEAKER.decode({"u": log_probs}, n)[0] for n in (names, None))
        assert text_of(biased) == said
        assert not biased.entities
        assert biased.score == pytest.approx(plain.score, abs=1e-3)

    def test_the_same_part_as_a_word_is_one(self):
        names = entity_list(SPEAKER, [entity_line("ann", 8.0, "Ann")])
        assert text_of(say("they ann announce", names)) == "they Ann announce"

    def test_a_piece_inside_a_word_does_not_begin_an_entity(self):
        of = DECODERS[PIECES]
        names = entity_list(of, [entity_line("b", 30.0, "ENTITY")])
        log_probs = planted_log_probs(of.tokens, ["▁ab", "b"])
        log_probs[:, of.tokens.symbols.index("▁")] = -np.inf
        (result,) = of.decode({"u": log_probs}, names)
        assert not any("ENTITY" in entry.words for entry in result.nbest)


class TestScores:
    """4. Scores are per entity, may be negative, and are exact for short and long ones."""

    def test_the_higher_score_wins_between_two_forms_equally_said(self):
        m, i, a, r = (SPEAKER.tokens.symbols.index(s) for s in "miar")
        frames = [{m: 0.9}, {i: 0.45, a: 0.45}, {r: 0.9}]
        log_probs = np.stack([planted_frame(SPEAKER.tokens, frame) for frame in frames])
        for (mir, mar), expected in (((6.0, 9.0), "MAR"), ((9.0, 6.0), "MIR")):
            lines = [entity_line("mir", mir, "MIR"), entity_line("mar", mar, "MAR")]
            (result,) = SPEAKER.decode({"u": log_probs}, entity_list(SPEAKER, lines))
            assert text_of(result) == expected

    @settings(max_examples=15, deadline=None)
    @given(TABLES, PHRASES, SCORES, SEEDS)
    def test_a_negative_score_costs_every_occurrence(self, table, phrases, cost, seed):
        of = DECODERS[table]
        names = entity_list(of, [entity_line(p, -cost - 0.5) for p in phrases])
        before, after = scores(of, seed, None), scores(of, seed, names)
        for text, score in after.items():
            spoken_forms = [p.split() for p in phrases]
            count = sum(
                list(text[i : i + len(form)]) == form
                for form in spoken_forms
                for i in range(len(text))
            )
            assert score == pytest.approx(before[text] - count * (cost + 0.5), abs=1e-3)

    def test_a_penalty_makes_room_for_the_next_best(self):
        log_probs = planted_log_probs(SPEAKER.tokens, spoken("the plan"), 0.999)
        n, m = (SPEAKER.tokens.symbols.index(s) for s in "nm")
        log_probs[-2] = planted_frame(SPEAKER.tokens, {n: 0.5, m: 0.45})
        (plain,) = SPEAKER.decode({"u": log_probs})
        assert text_of(plain) == "the plan"
        names = entity_list(SPEAKER, [entity_line("plan", -40.0)])
        (result,) = SPEAKER.decode({"u": log_probs}, names)
        assert text_of(result) == "the plam"
        assert result.score == result.nbest[0].score == max(e.score for e in result.nbest)

    def test_the_declared_score_of_a_phrase_given_as_a_string(self):
        """`Decoder.compile_list` takes phrases in any form that a line of a file may have."""
        names = SPEAKER.compile_list(["zelensky :5", "zork"])
        assert [(e.written, e.score) for e in names.entities] == [("zelensky", 5.0), ("zork", None)]


class TestWrittenForms:
    """5. The written form is the user's; what is matched is normalized, or the spoken form."""

    @pytest.mark.parametrize(
        ("line", "said", "written"),
        [
            (entity_line("Łukasz Kohut", 9.0), "lukasz kohut", "Łukasz Kohut"),
            (entity_line("Jean-Luc Ponty", 9.0), "jean luc ponty", "Jean-Luc Ponty"),
            (entity_line("nine inch nails", 9.0, "9″ Nails"), "nine inch nails", "9″ Nails"),
            (entity_line("O'Brien", 9.0), "obrien", "O'Brien"),
            (ListLine(1, "x", "NHS", ("en aitch es", "nhs"), 9.0), "the en aitch es", "the NHS"),
            (ListLine(1, "x", "NHS", ("en aitch es", "nhs"), 9.0), "the nhs", "the NHS"),
        ],
    )
    def test_what_is_said_and_what_is_written(self, line, said, written):
        result = say(said, entity_list(SPEAKER, [line]))
        assert text_of(result) == written
        assert [span.written for span in result.entities] == [line.written]
        (span,) = result.entities
        covered = result.words[span.first_word : span.first_word + span.n_words]
        assert " ".join(word.text for word in covered) == line.written


class TestReport:
    """6. Every line is accepted, changed or rejected, with the reason."""

    LINES = st.lists(
        st.sampled_from(
            ["abba", "Åbba", "a-b", "1984", "", "  ", "b b", "x\x00y", "ß", "日本", "A"]
        )
    )

    @settings(max_examples=25, deadline=None)
    @given(LINES)
    def test_the_report_covers_every_line(self, phrases):
        report = SPEAKER.compile_list(phrases).entities.report
        assert [entry.line for entry in report] == list(range(1, len(phrases) + 1))
        for entry in report:
            assert entry.status in ("accepted", "changed", "rejected")
            assert entry.reason or entry.status == "accepted"

    def test_what_is_accepted_takes_part(self):
        of = SPEAKER
        lines = [entity_line("zork", 9.0), RejectedLine(2, "?", "broken"), entity_line("1984")]
        found = compile_list(lines, of.normalizer, speller=of.speller)
        assert text_of(say("zork", of.compile_list(found))) == "zork"
        assert [entry.status for entry in found.report] == ["accepted", "rejected", "rejected"]

    def test_a_strict_list_refuses(self):
        with pytest.raises(InputError, match="digits"):
            entity_list(SPEAKER, [entity_line("1984")], strict=True)
