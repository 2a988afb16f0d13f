"""What the heads are to say of a cut, and which cut is at fault."""

from __future__ import annotations

import pytest

for _package in ("torch", "lhotse", "sentencepiece"):
    pytest.importorskip(_package)

from dataclasses import replace  # noqa: E402

from lhotse import MonoCut, SupervisionSegment  # noqa: E402
from tones import LEXICON, PHONE_TABLE, silent_cuts  # noqa: E402

from wfst_bias.acoustic.subwords import Subwords  # noqa: E402
from wfst_bias.acoustic.targets import Target, targets_of  # noqa: E402
from wfst_bias.errors import InputError  # noqa: E402
from wfst_bias.phones.lexicon import PhoneTable  # noqa: E402


def cut(*texts: str | None, name: str = "cut-0") -> MonoCut:
    """Return a cut with a transcript, in parts."""
    (bare,) = silent_cuts([1.0])
    parts = [SupervisionSegment(f"s{i}", "r", 0, 1.0, text=text) for i, text in enumerate(texts)]
    return replace(bare, id=name, supervisions=parts)


def test_a_target_has_the_normalized_text_its_tokens_and_its_phones(subwords: Subwords) -> None:
    cuts = [cut("Anna said: “Yes!”"), cut("we", None, "", "Mét", name="other")]
    targets = targets_of(cuts, subwords, LEXICON, PHONE_TABLE)
    phones = PHONE_TABLE.ids_of(LEXICON.phones_of(["anna", "said", "yes"]))
    tokens = tuple(subwords.encode("anna said yes"))
    assert targets["cut-0"] == Target("anna said yes", tokens, tuple(phones))
    assert targets["other"].text == "we met"
    assert 0 not in targets["cut-0"].phones


@pytest.mark.parametrize("texts", [(), (None,), ("", " "), ("...", "?"), ("'",)])
def test_a_cut_without_words_is_named(subwords: Subwords, texts: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="a cut without a transcript: 'cut-0'; leave it out"):
        targets_of([cut(*texts)], subwords, LEXICON, PHONE_TABLE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "anna said 7 жуки",
            "the transcript of cut cut-0 has characters that the tokens lack: '7ж",
        ),
        ("7", "the transcript of cut cut-0 has characters that the tokens lack: '7'"),
        ("anna sang", "the transcript of cut cut-0: a word that the .*lexicon lacks: 'sang'; add"),
    ],
)
def test_a_transcript_that_cannot_be_learnt_is_named(
    subwords: Subwords, text: str, message: str
) -> None:
    cuts = [cut("anna", name="fine"), cut(text)]
    with pytest.raises(InputError, match=message):
        targets_of(cuts, subwords, LEXICON, PHONE_TABLE)


def test_a_phone_that_the_table_lacks_is_named_with_its_cut(subwords: Subwords) -> None:
    table = PhoneTable(("<blk>", "AA"))
    with pytest.raises(InputError, match="cut cut-0: a phone that the phone table lacks: 'B'"):
        targets_of([cut("anna")], subwords, LEXICON, table)


def test_two_transcripts_of_one_id_are_refused(subwords: Subwords) -> None:
    same = [cut("anna"), cut("anna")]
    assert len(targets_of(same, subwords, LEXICON, PHONE_TABLE)) == 1
    with pytest.raises(InputError, match="two cuts have the same id: 'cut-0'; rename one"):
        targets_of([cut("anna"), cut("yes")], subwords, LEXICON, PHONE_TABLE)
