"""Decoding by sound: ranks by enumeration, times, entities that take the place of words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from factories import (
    CHARACTERS,
    EXHAUSTIVE,
    LETTERS,
    SCALES,
    decoder,
    entity_line,
    entity_list,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
    token_table,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import best_alignment, by_letters, log_probs, one_way, saying

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions, OutputOptions
from wfst_bias.decode.search import SearchOptions
from wfst_bias.decode.sounding import HeardPiece
from wfst_bias.errors import InputError
from wfst_bias.formats.results import LookedUp, Result
from wfst_bias.graph.load import compile_graph
from wfst_bias.phones.lexicon import PhoneTable
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.knowledge import PhoneKnowledge
from wfst_bias.sound.options import LexiconLookupOptions, PhoneRescoreOptions, PhoneSpotOptions
from wfst_bias.tokens import TokenTable

PHONES = PhoneTable(("<blk>", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
SMALL = PhoneTable(("<blk>", "A", "B"))
LM = small_lm(["we met sol", "we met kim", "anna met sol", "we said yes"] * 2)
SHARP = SearchOptions(15.0, 8.0, blank_threshold=None)
FRAME = 0.02


def knowledge(table: PhoneTable = PHONES) -> PhoneKnowledge:
    """Say words letter by letter."""
    return PhoneKnowledge(by_letters(table), ConfusionCosts.uniform(table))


def small_decoder(scale: float, power: float, n_best: int) -> Decoder:
    options = DecodeOptions(
        scales=SCALES,
        search=EXHAUSTIVE,
        output=OutputOptions(n_best=n_best),
        phone_rescore=PhoneRescoreOptions(scale, power, 12),
    )
    return Decoder(compile_graph(token_table(CHARACTERS), small_lm()), options, knowledge(SMALL))


def speaker(
    tokens: TokenTable | None = None, longest_piece: int = 1500, **lookup: float
) -> Decoder:
    options = DecodeOptions(
        search=SHARP,
        output=OutputOptions(longest_piece=longest_piece),
        lexicon_lookup=LexiconLookupOptions(**{"lookup_words": 3, **lookup}),  # type: ignore[arg-type]
    )
    return Decoder(compile_graph(tokens or token_table(LETTERS), LM), options, knowledge())


PLAIN = decoder(CHARACTERS, n_best=12)
RESCORING = {
    (scale, power): small_decoder(scale, power, 12) for scale, power in ((3.0, 0.0), (20.0, 1.0))
}
SPEAKER = speaker()


def columns(text: str) -> list[int]:
    """Return a column of PHONES by frame: each letter, and a blank after it; `_` is a blank."""
    return [column for c in text for column in (PHONES.ids.get(c.upper(), 0), 0)]


def said(text: str) -> np.ndarray:
    """Return phone log-probabilities in which a text is said, a letter in two frames."""
    return saying(columns(text), PHONES.size)


def decode(of: Decoder, text: str, phones: str, names: list[str] | None = None) -> Result:
    """Decode tokens that spell a text and phones that say another."""
    tokens = planted_log_probs(of.tokens, spoken(text))
    entities = None if names is None else of.compile_list(names)
    (result,) = of.decode({"u": tokens}, entities, phone_log_probs={"u": said(phones)})
    return result


def text_of(result: Result) -> str:
    assert result.error is None, result.error
    return " ".join(word.text for word in result.words)


@settings(max_examples=15)
@given(
    st.sampled_from(sorted(RESCORING)),
    st.integers(2, 6),
    st.floats(0.5, 2.0),
    st.booleans(),
    st.integers(0, 10_000),
)
def test_texts_rank_as_their_own_scores_and_alignments_say(how, n_frames, ratio, biased, seed):
    tokens = random_log_probs(seed, n_frames, len(CHARACTERS))
    phones = log_probs(seed, max(1, round(ratio * n_frames)), SMALL.size)
    # What is written is not what is said.
    lines = [entity_line("ab", 3.0, "X")] if biased else []
    plain = PLAIN.decode({"u": tokens}, entity_list(PLAIN, lines))[0]
    of = RESCORING[how]
    result = of.decode({"u": tokens}, entity_list(of, lines), None, {"u": phones})[0]

    scale, power = how
    free = phones.max(axis=1).sum(dtype=float)
    found = {}
    for entry in plain.nbest:
        spoken_words = [word.replace("X", "ab") for word in entry.words]
        text = [(one_way([SMALL.ids[c.upper()] for c in word]),) for word in spoken_words]
        best = best_alignment(text, phones)
        n_phones = max(1, sum(map(len, spoken_words)))
        found[entry.words] = None if best is None else scale * (free - best[0]) / n_phones**power
    worst = max((loss for loss in found.values() if loss is not None), default=0.0)
    losses = {words: worst if loss is None else loss for words, loss in found.items()}
    assert {e.words for e in result.nbest} == set(losses)
    for before in plain.nbest:
        (after,) = (e for e in result.nbest if e.words == before.words)
        assert after.phone_nats == pytest.approx(-losses[before.words], abs=2e-3)
        assert after.score == pytest.approx(before.score - losses[before.words], abs=2e-3)
        assert after.boost_nats == pytest.approx(before.boost_nats, abs=1e-4)
    assert list(result.nbest) == sorted(result.nbest, key=lambda e: -e.score)
    assert tuple(word.text for word in result.words) == result.nbest[0].words
    assert result.score == result.nbest[0].score


def test_phones_choose_among_texts_that_tokens_leave_open():
    table = token_table(LETTERS)
    options = DecodeOptions(search=SHARP, phone_rescore=PhoneRescoreOptions(phone_scale=30.0))
    of = Decoder(compile_graph(table, LM), options, knowledge())
    tokens = planted_log_probs(table, spoken("we met sol"))
    doubtful = tokens.copy()
    for k, s in zip("kim", "sol", strict=True):
        at = 2 * (7 + "sol".index(s))
        doubtful[at, [table.ids[k], table.ids[s]]] = np.log([0.44, 0.46])
    for phones in ("we met kim", "we met sol"):
        (result,) = of.decode({"u": doubtful}, None, None, {"u": said(phones)})
        assert text_of(result) == phones
    with pytest.raises(InputError, match="no phone log-probabilities"):
        of.decode({"u": tokens})


def test_words_have_the_times_of_their_phones():
    # The phone of a letter begins as its token does, and words end before the blank after them.
    result = decode(SPEAKER, "we met sol", "we met sol")
    times = [(w.text, w.start_seconds, w.end_seconds) for w in result.words]
    frames = [("we", 0, 3), ("met", 6, 11), ("sol", 14, 19)]
    assert times == [
        (text, pytest.approx(a * FRAME), pytest.approx(b * FRAME)) for text, a, b in frames
    ]


def test_a_word_that_sounds_like_an_entity_becomes_it_and_says_why():
    result = decode(SPEAKER, "we met zoi", "we met zoee", ["Zoë Kim :0 ~zoee"])
    assert text_of(result) == "we met Zoë Kim"
    (span,) = result.entities
    assert (span.written, span.first_word, span.n_words, span.boost_nats) == ("Zoë Kim", 2, 2, 0.0)
    why = span.looked_up
    assert why == LookedUp(("zoi",), tuple("ZOEE"), tuple("ZOEE"), 0.0, why.loss_nats)
    # Two phones are the entity's own and not the word's, each over its frame of sure phones.
    assert why.loss_nats < 0
    assert span.confidence == pytest.approx(0.9, abs=0.01)
    first, second = result.words[2:]
    assert first.end_seconds == pytest.approx(second.start_seconds)
    assert span.start_seconds == first.start_seconds < span.end_seconds == second.end_seconds
    assert result.nbest[0].words == ("we", "met", "Zoë", "Kim")


def test_words_of_the_language_model_stay_where_the_phones_are_not_clear():
    assert text_of(decode(SPEAKER, "we met sol", "we met soll", ["Soll :0"])) == "we met sol"
    # Three phones that are not of the word, some 5.5 nats each.
    assert text_of(decode(SPEAKER, "we met sol", "we met shaoul", ["Shaoul :0"])) == "we met Shaoul"
    wary = speaker(lookup_margin=20.0)
    assert text_of(decode(wary, "we met sol", "we met shaoul", ["Shaoul :0"])) == "we met sol"


def limited(limit: float | None) -> Decoder:
    options = DecodeOptions(
        search=SHARP,
        phone_rescore=PhoneRescoreOptions(phone_limit=limit),
        lexicon_lookup=LexiconLookupOptions(lookup_words=3),
    )
    return Decoder(compile_graph(token_table(LETTERS), LM), options, knowledge())


def test_an_entity_whose_phones_are_not_those_heard_is_not_written():
    # Tokens say it, with the boost of the list; of its five phones two are not heard, 11 nats.
    for limit, expected in ((None, "Zobel"), (2.5, "Zobel"), (2.0, "zobel")):
        result = decode(limited(limit), "we met zobel", "we met zabal", ["Zobel"])
        assert text_of(result) == f"we met {expected}"
    sure = limited(2.0)
    assert text_of(decode(sure, "we met zobel", "we met zobel", ["Zobel"])) == "we met Zobel"
    # A score of the list is the user's word.
    assert text_of(decode(sure, "we met zobel", "we met zabal", ["Zobel :20"])) == "we met Zobel"


def spotting(table: PhoneTable = PHONES) -> Decoder:
    options = DecodeOptions(search=SHARP, phone_spot=PhoneSpotOptions(spot_entities=5))
    return Decoder(compile_graph(token_table(LETTERS), LM), options, knowledge(table))


def test_an_entity_is_decoded_with_only_where_its_phones_may_be_heard():
    # Tokens say nearly "zobel"; phones once too, and once nothing like it.
    of, names = spotting(), ["Zobel", "Sidon"]
    assert text_of(decode(of, "we met zobl", "we met zobel", names)) == "we met Zobel"
    assert text_of(decode(of, "we met zobl", "we met siidn", names)) == "we met zobl"
    assert text_of(decode(of, "we met zobel", "we met zobel")) == "we met zobel"
    assert text_of(decode(of, "we met zobel", "we met zobel", [])) == "we met zobel"


def test_of_what_sound_does_not_decide_stays():
    of = spotting()
    table = PhoneTable(PHONES.symbols[:-1])
    without_z = spotting(table)
    # A score of the list is the user's word; without a Z nobody can say the other.
    for by, name, heard in (
        (of, "Zobel :20", said("we met")),
        (without_z, "Zobel", saying(columns("we met"), table.size)),
    ):
        assert by.sounding is not None
        names = by.compile_list([name, "Sidon"])
        assert by.sounding.heard_of([HeardPiece(heard, FRAME)], [names]) == [{"Zobel"}]
    assert text_of(decode(of, "we met zobel", "we met kim", ["Zobel :20"])) == "we met Zobel"
    assert decode(of, "we met sol", "we met kim", ["sol :-40"]).nbest[0].boost_nats == -40


def test_lists_of_utterances_are_shortened_each_by_its_own_phones():
    of = spotting()
    names = of.compile_list(["Zobel", "Sidon"])
    tokens = {n: planted_log_probs(of.tokens, spoken(f"we met {n}")) for n in ("zobl", "sidn")}
    phones = {"zobl": said("we met zobel"), "sidn": said("we met zobel")}
    first, second = of.decode(tokens, names, None, phones)
    assert (text_of(first), text_of(second)) == ("we met Zobel", "we met sidn")


def test_a_spotted_entity_is_looked_up_where_it_was_heard():
    options = DecodeOptions(
        search=SHARP,
        phone_spot=PhoneSpotOptions(spot_entities=5),
        lexicon_lookup=LexiconLookupOptions(lookup_words=3),
    )
    of = Decoder(compile_graph(token_table(LETTERS), LM), options, knowledge())
    # The letters are another's; look-up by the phones heard alone does not find it.
    result = decode(of, "we met xxzq", "we met shaobkul", ["Shaobkuul"])
    assert text_of(result) == "we met Shaobkuul"
    (span,) = result.entities
    assert span.looked_up is not None
    assert (span.looked_up.replaced, span.looked_up.cost) == (("xxzq",), 1.0)
    assert (
        text_of(decode(SPEAKER, "we met xxzq", "we met shaobkul", ["Shaobkuul"])) == "we met xxzq"
    )


def test_an_entity_that_is_spelled_out_is_written_whatever_phones_say():
    of = spotting()
    result = decode(of, "we met zo bel anna", "we met kim", ["Zo Bel", "Anna", "Sidon"])
    assert text_of(result) == "we met Zo Bel anna"  # "anna" is a word of the model
    assert [span.written for span in result.entities] == ["Zo Bel"]
    # It is not doubted either, as what is only boosted is: of Zobel two phones are not heard.
    strict = Decoder(
        compile_graph(token_table(LETTERS), LM),
        DecodeOptions(
            search=SHARP,
            phone_spot=PhoneSpotOptions(spot_entities=5),
            phone_rescore=PhoneRescoreOptions(phone_limit=0.1),
        ),
        knowledge(),
    )
    for phones in ("we met kim", "we met zokil"):  # left out at first, or doubted
        assert text_of(decode(strict, "we met zobel", phones, ["Zobel"])) == "we met Zobel"


def test_what_sounds_too_unlike_is_not_looked_up():
    # Two phones of six are not heard, and two of the word's are not either.
    names, phones = ["Zoelan :0"], "we met zoekim"
    near = {"lookup_words": 3, "lookup_cost": 0.5, "lookup_nats": 20.0}
    for limit, expected in ((None, "Zoelan"), (1.0, "zoxxxx")):
        options = DecodeOptions(
            search=SHARP,
            phone_rescore=PhoneRescoreOptions(phone_limit=limit),
            lexicon_lookup=LexiconLookupOptions(**near),  # type: ignore[arg-type]
        )
        of = Decoder(compile_graph(token_table(LETTERS), LM), options, knowledge())
        assert text_of(decode(of, "we met zoxxxx", phones, names)) == f"we met {expected}"


def test_with_no_list_or_an_empty_one_nothing_is_looked_up():
    for names in (None, []):
        assert text_of(decode(SPEAKER, "we met zoi", "we met zoee", names)) == "we met zoi"


def test_entities_of_the_search_stay_and_those_with_a_penalty_are_not_looked_up():
    result = decode(SPEAKER, "we met zoi", "we met zoee", ["Zoi :20", "Zoee :20"])
    assert text_of(result) == "we met Zoi"
    assert [span.looked_up for span in result.entities] == [None]
    assert text_of(decode(SPEAKER, "we met zoi", "we met zoee", ["Zoee :-1"])) == "we met zoi"


def test_frames_of_phones_may_be_longer_and_pieces_shorter():
    text = "we met sol anna met kim we said yes anna met zoi"
    tokens = planted_log_probs(SPEAKER.tokens, spoken(text), blanks=3)
    phones = said(text.replace("zoi", "zoe"))
    assert len(tokens) == 2 * len(phones)
    results = []
    for of in (SPEAKER, speaker(longest_piece=60, lookup_phones=3)):
        entities = of.compile_list(["Zoe :0"])
        (result,) = of.decode({"u": tokens}, entities, None, {"u": phones})
        results.append(result)
    whole, pieces = results
    assert text_of(whole) == text
    assert text_of(pieces) == text.replace("zoi", "Zoe")
    # A piece may begin half a frame of the phones before or after one of theirs.
    starts = [[word.start_seconds for word in result.words] for result in results]
    assert starts[0] == pytest.approx(starts[1], abs=1.01 * FRAME)


@pytest.mark.parametrize(
    ("phones", "complaint"),
    [
        ({}, "no phone log-probabilities"),
        (
            {"u": np.zeros((20, 5), np.float32)},
            "phone log-probabilities: 5 columns, expected 27 as",
        ),
        ({"u": np.zeros((20, 27), np.float32)}, "phone log-probabilities: the probabilities of"),
        ({"u": said("a")[:1]}, "1 frames of phone log-probabilities for 20 of tokens"),
        ({"u": said("a")[:0]}, "0 frames of phone log-probabilities for 20 of tokens"),
    ],
)
def test_phones_that_cannot_be_used_fail_their_utterance_alone(
    phones: Mapping[str, np.ndarray], complaint: str
) -> None:
    tokens = planted_log_probs(SPEAKER.tokens, spoken("we met sol"))
    good = said("we met sol")
    failed, fine = SPEAKER.decode({"u": tokens, "v": tokens}, None, None, {**phones, "v": good})
    assert complaint in str(failed.error)
    assert text_of(fine) == "we met sol"


def test_utterances_of_no_frames():
    nothing = np.zeros((0, len(LETTERS)), np.float32)
    (result,) = SPEAKER.decode({"u": nothing}, None, None, {"u": said("a")[:0]})
    assert text_of(result) == ""
