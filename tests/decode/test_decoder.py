"""Batches and bad input: an utterance's result depends on nothing but itself and its list."""

from __future__ import annotations

import numpy as np
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
    write_inputs,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.search import SearchOptions
from wfst_bias.errors import InputError
from wfst_bias.graph import join
from wfst_bias.graph.load import compile_graph

PRUNED = SearchOptions(search_beam=6.0, output_beam=4.0, max_active_states=60)
LISTS = (None, ["ab"], ["aba", "b b"], [], ["a"], ["bab", "ab", "a b"])


class TestBatches:
    @settings(max_examples=12, deadline=None)
    @given(
        st.sampled_from([CHARACTERS, PIECES]),
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(0, len(LISTS) - 1)), min_size=1, max_size=7
        ),
        st.integers(1, 7),
        st.sampled_from([PRUNED, None]),
        st.integers(0, 10_000),
    )
    def test_a_batch_gives_what_each_utterance_gives_alone(
        self, symbols, utterances, batch_size, search, seed
    ):
        settings = {} if search is None else {"search": search}
        of = decoder(symbols, batch_size=batch_size, **settings)
        compiled = [
            None
            if phrases is None
            else entity_list(of, [entity_line(p, 4.0, p.upper()) for p in phrases])
            for phrases in LISTS
        ]
        log_probs = {
            str(i): random_log_probs(seed + i, n_frames, len(symbols))
            for i, (n_frames, _) in enumerate(utterances)
        }
        lists = {
            str(i): compiled[own]
            for i, (_, own) in enumerate(utterances)
            if compiled[own] is not None
        }
        together = of.decode(log_probs, lists)
        alone = [of.decode({u: log_probs[u]}, lists.get(u))[0] for u in log_probs]
        assert together == alone
        backwards = of.decode(dict(reversed(log_probs.items())), lists)
        assert together == backwards[::-1]

    def test_lists_of_ids_that_are_not_in_the_batch_do_not_matter(self):
        of = decoder()
        names = entity_list(of, [entity_line("ab", 4.0)])
        log_probs = {"u": random_log_probs(1, 5, 4)}
        assert of.decode(log_probs, {"other": names}) == of.decode(log_probs)

    def test_decoding_with_one_list_leaves_no_trace_of_it(self):
        of = decoder()
        log_probs = {"u": random_log_probs(1, 5, 4)}
        before = of.decode(log_probs)
        of.decode(log_probs, entity_list(of, [entity_line("ab", 9.0), entity_line("b a", 9.0)]))
        assert of.decode(log_probs) == before

    def test_no_utterances_give_no_results(self):
        assert decoder().decode({}) == []


GOOD = random_log_probs(0, 6, len(CHARACTERS))


def changed(frame: int, column: int | slice, value: float) -> np.ndarray:
    log_probs = GOOD.copy()
    log_probs[frame, column] = value
    return log_probs


BAD = {
    "not a number": changed(2, 1, np.nan),
    "plus infinity": changed(3, 0, np.inf),
    "every token is impossible": changed(4, slice(None), -np.inf),
    "columns, expected 4": GOOD[:, :3],
    "two axes": GOOD[0],
    "sum to": GOOD - 3.0,
    "at most 0": GOOD + 3.0,
}


class TestBadUtterances:
    @pytest.mark.parametrize("reason", BAD)
    def test_a_bad_utterance_is_reported_and_the_rest_decoded(self, reason):
        of = decoder()
        one, bad, two = of.decode({"1": GOOD, "bad": BAD[reason], "2": GOOD[:3]})
        assert bad.utterance_id == "bad"
        assert reason in bad.error
        assert (bad.words, bad.nbest, bad.score) == ((), (), 0.0)
        assert [one, two] == of.decode({"1": GOOD, "2": GOOD[:3]})

    def test_only_bad_utterances(self):
        results = decoder().decode(BAD)
        assert [result.utterance_id for result in results] == list(BAD)
        assert all(result.error for result in results)

    def test_zero_frames_give_an_empty_hypothesis(self):
        for symbols in (CHARACTERS, PIECES):
            of = decoder(symbols)
            (result,) = of.decode({"u": np.zeros((0, len(symbols)), np.float32)})
            assert (result.error, result.words, len(result.nbest)) == (None, (), 1)
            assert result.nbest[0].words == ()

    def test_one_frame(self):
        of = decoder()
        (result,) = of.decode({"u": planted_log_probs(of.tokens, ["a"], 0.99, blanks=0)})
        assert [word.text for word in result.words] == ["a"]

    def test_only_blank(self):
        of = decoder()
        (result,) = of.decode({"u": planted_log_probs(of.tokens, ["<blk>"] * 9, 0.99, blanks=0)})
        assert (result.words, result.error) == ((), None)

    @pytest.mark.parametrize("kind", [np.float16, np.float64])
    def test_other_precisions(self, kind):
        of = decoder()
        (result,) = of.decode({"u": GOOD.astype(kind)})
        (expected,) = of.decode({"u": GOOD.astype(kind).astype(np.float32)})
        assert result.nbest == expected.nbest
        assert [w.text for w in result.words] == [w.text for w in expected.words]

    def test_an_array_that_is_not_contiguous(self):
        of = decoder()
        assert of.decode({"u": np.asfortranarray(GOOD)}) == of.decode({"u": GOOD})
        assert of.decode({"u": GOOD[::2]}) == of.decode({"u": GOOD[::2].copy()})

    def test_the_input_is_not_changed(self):
        of, before = decoder(), GOOD.copy()
        of.decode({"u": GOOD}, entity_list(of, [entity_line("ab", 3.0)]))
        assert np.array_equal(before, GOOD)

    def test_where_no_path_survives_the_result_says_so(self):
        """A word of this table cannot begin with `b`, and nothing else is possible."""
        of = decoder(PIECES)
        log_probs = np.full((3, len(PIECES)), -np.inf, np.float32)
        log_probs[:, PIECES.index("b")] = 0.0
        good = random_log_probs(0, 4, len(PIECES))
        bad, fine = of.decode({"bad": log_probs, "good": good})
        assert bad.error is not None
        assert bad.words == ()
        assert [fine] == of.decode({"good": good})

    def test_a_word_that_is_cut_off_still_comes_out(self):
        of = decoder(LETTERS, small_lm(["announce it"] * 2), search=SearchOptions())
        (result,) = of.decode({"u": planted_log_probs(of.tokens, spoken("it annou"), 0.99)})
        assert [word.text for word in result.words] == ["it", "annou"]


class TestLoading:
    def test_files_give_what_the_inputs_give(self, tmp_path):
        tokens, arpa = write_inputs(tmp_path)
        log_probs = {"u": GOOD}
        loaded = Decoder.load(tokens, arpa, decoder().options)
        assert loaded.decode(log_probs)[0].nbest[0].words == (
            decoder().decode(log_probs)[0].nbest[0].words
        )

    def test_a_list_file(self, tmp_path):
        of = decoder()
        path = tmp_path / "names.txt"
        path.write_text("# names\nab :3.5\n\nb a @B-A\n7\n", encoding="utf-8")
        names = of.read_list(path)
        assert [(e.written, e.score) for e in names.entities] == [("B-A", None), ("ab", 3.5)]
        assert [entry.status for entry in names.entities.report][-1] == "rejected"
        with pytest.raises(InputError, match=r"names\.txt:5"):
            of.read_list(path, strict=True)

    def test_tokens_and_lm_that_do_not_belong_together(self, tmp_path):
        tokens, arpa = write_inputs(tmp_path, CHARACTERS, small_lm(["xyz zy", "yx yx xx"] * 2))
        with pytest.raises(InputError, match="do not belong together"):
            Decoder.load(tokens, arpa)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("▁ 0\na 1\nb 2\n", "blank"),
            ("<blk> 0\n▁ 1\na 9\n", "without a gap"),
            ("<blk> 0\na 1\n", "no token begins with"),
            ("", "blank"),
        ],
    )
    def test_token_tables_that_cannot_be_used(self, tmp_path, content, reason):
        _, arpa = write_inputs(tmp_path)
        tokens = tmp_path / "bad.txt"
        tokens.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=reason):
            Decoder.load(tokens, arpa)

    @pytest.mark.parametrize("unknown", ["", "-99 <unk>\n"], ids=["no class", "never predicted"])
    def test_an_lm_without_a_class_of_unknown_words(self, tmp_path, unknown):
        tokens, arpa = write_inputs(tmp_path)
        count = 3 + bool(unknown)
        arpa.write_text(
            f"\\data\\\nngram 1={count}\n\n\\1-grams:\n-99 <s>\n-0.3 </s>\n{unknown}-0.3 a\n\n"
            "\\end\\\n",
            encoding="utf-8",
        )
        of = Decoder.load(tokens, arpa)
        said = {"u": planted_log_probs(of.tokens, spoken("a abba a"))}
        (result,) = of.decode(said, of.compile_list(["Abba :9"]))
        assert [word.text for word in result.words] == ["a", "Abba", "a"]

    @pytest.mark.parametrize(
        "unigrams",
        [
            "-99 <s>\n-0.3 </s>\n-0.3 <unk>",
            "-99 <s>\n-99 </s>\n-0.3 <unk>\n-0.3 a",
        ],
        ids=["no words", "end never predicted"],
    )
    def test_an_lm_that_cannot_be_used(self, tmp_path, unigrams):
        tokens, arpa = write_inputs(tmp_path)
        count = unigrams.count("\n") + 1
        text = f"\\data\\\nngram 1={count}\n\n\\1-grams:\n{unigrams}\n\n\\end\\\n"
        arpa.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="language model"):
            Decoder.load(tokens, arpa)

    def test_an_arpa_with_an_empty_section(self, tmp_path):
        tokens, arpa = write_inputs(tmp_path)
        arpa.write_text(
            "\\data\\\nngram 1=4\nngram 2=0\n\n\\1-grams:\n-99 <s>\n-0.6 </s>\n-0.6 <unk>\n-0.6 a\n"
            "\n\\2-grams:\n\n\\end\\\n",
            encoding="utf-8",
        )
        of = Decoder.load(tokens, arpa)
        (result,) = of.decode({"u": planted_log_probs(of.tokens, ["a"], 0.99)})
        assert [word.text for word in result.words] == ["a"]


def test_a_boost_far_above_the_beam_does_not_push_its_own_best_path_out():
    """Of the ways to read an entity, one that ends a frame early must not win for that."""
    sentences = ["anna said yes", "we said yes", "we met sol", "we met kim", "they met"]
    tokens = token_table(LETTERS)
    decoder = Decoder(compile_graph(tokens, small_lm(sentences, order=2, min_word_count=1)))
    said = {"u": planted_log_probs(tokens, spoken("we met anna kovac"))}
    plain, forced = (
        decoder.decode(said, decoder.compile_list([f"Anna Kovač :{boost}"]))[0]
        for boost in (20, 60)
    )
    assert [w.text for w in forced.words] == ["we", "met", "Anna", "Kovač"]
    assert forced.score - plain.score == pytest.approx(40, abs=1e-3)


def test_what_no_path_survives_is_searched_again_with_a_wider_beam(monkeypatch):
    narrow = decoder(search=SearchOptions(0.2, min_active_states=0, blank_threshold=None))
    said = {str(seed): random_log_probs(seed, 6, len(CHARACTERS)) for seed in range(40)}
    twice = {r.utterance_id: r for r in narrow.decode(said)}
    monkeypatch.setattr(SearchOptions, "wider", lambda options: options)
    once = {r.utterance_id: r for r in narrow.decode(said)}
    lost = [name for name, result in once.items() if result.error]
    assert sum(twice[name].error is None for name in lost) > 0
    assert all(twice[name] == once[name] for name in said if name not in lost)


def test_what_lists_add_is_kept_while_they_are_and_there_is_room(monkeypatch):
    of = decoder(CHARACTERS)
    log_probs = {"u": random_log_probs(3, 9, of.tokens.size)}
    first, second = (of.compile_list([f"{name} :6"]) for name in ("abba", "baab"))
    expected = of.decode(log_probs, first)
    alone = of.graph.kept_rows
    of.decode(log_probs, second)
    assert of.graph.kept_rows > alone
    del second  # the decoder itself keeps the last lists
    assert of.decode(log_probs, first) == expected
    assert of.graph.kept_rows == alone
    monkeypatch.setattr(join, "MOST_KEPT_ROWS", alone)
    assert of.decode(log_probs, of.compile_list(["ab :6"]))
    assert of.graph.kept_rows == alone
    assert of.decode(log_probs, first) == expected
