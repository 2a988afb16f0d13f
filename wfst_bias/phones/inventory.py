"""The phones of English, and which of them each symbol of espeak-ng becomes.

PHONES       the 40 phones, each with a word in which it is heard
ESPEAK       symbol of espeak-ng (IPA) -> phones
LANGUAGES    the languages of espeak-ng whose symbols are in that table
WEAK_FORMS   words that running speech reduces -> how they are said there
phone_table  the table of the phone head: the blank and the phones
fitted       a phone of a lexicon -> that of a table which stands for it
to_phones    a pronunciation in symbols of espeak-ng -> phones

The phones are those of the CMU dictionary without stress digits, and AX, the vowel of unstressed
syllables, which the CMU dictionary writes AH0. What the table merges and why is told in
data/phones/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from wfst_bias.errors import InputError
from wfst_bias.phones.lexicon import BLANK, PhoneTable, Pronunciation

# Language of espeak-ng -> what it is.
LANGUAGES = {"en-us": "English as spoken in America", "en-gb": "English as spoken in Britain"}

PHONES = {
    # vowels
    "AA": "odd", "AE": "at", "AH": "hut", "AO": "ought", "AX": "about", "EH": "ed",
    "ER": "hurt", "IH": "it", "IY": "eat", "UH": "hood", "UW": "two",
    # diphthongs
    "AW": "cow", "AY": "hide", "EY": "ate", "OW": "oat", "OY": "toy",
    # stops and affricates
    "B": "be", "CH": "cheese", "D": "dee", "G": "green", "JH": "gee", "K": "key", "P": "pee",
    "T": "tea",
    # fricatives
    "DH": "thee", "F": "fee", "HH": "he", "S": "sea", "SH": "she", "TH": "theta", "V": "vee",
    "Z": "zee", "ZH": "seizure",
    # nasals and approximants
    "L": "lee", "M": "me", "N": "knee", "NG": "ping", "R": "read", "W": "we", "Y": "yield",
}  # fmt: skip

_ONE_PHONE = {
    "ɑ": "AA", "ɑː": "AA", "ɒ": "AA",
    "æ": "AE", "a": "AE", "aː": "AE",
    "ʌ": "AH",
    "ɔ": "AO", "ɔː": "AO", "oː": "AO",
    "ə": "AX", "ɐ": "AX",
    "ɛ": "EH", "e": "EH", "ɛː": "EH",
    "ɚ": "ER", "ɜː": "ER", "ɜ": "ER",
    "ɪ": "IH", "ᵻ": "IH",
    "i": "IY", "iː": "IY",
    "ʊ": "UH",
    "u": "UW", "uː": "UW",
    "aʊ": "AW", "aɪ": "AY", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY",
    "b": "B", "tʃ": "CH", "d": "D", "ɡ": "G", "dʒ": "JH", "k": "K", "p": "P",
    "t": "T", "ɾ": "T", "ʔ": "T",
    "ð": "DH", "f": "F", "h": "HH", "s": "S", "ʃ": "SH", "θ": "TH", "v": "V", "z": "Z", "ʒ": "ZH",
    "l": "L", "m": "M", "n": "N", "ŋ": "NG", "ɹ": "R", "r": "R", "w": "W", "j": "Y",
}  # fmt: skip

# What espeak-ng says in words from other languages: the nearest phone of English.
_FOREIGN = {
    "x": "K", "χ": "K", "q": "K", "ɣ": "G", "ħ": "HH", "ç": "SH", "ɕ": "SH", "ʂ": "SH",
    "ʑ": "ZH", "ʐ": "ZH", "β": "V", "ʋ": "V", "ʁ": "R", "ʀ": "R", "ɬ": "L", "ʝ": "Y",
    "ɲ": "N Y", "ʎ": "L Y",
    "y": "UW", "yː": "UW", "ʉ": "UW", "ɯ": "UW", "ɨ": "IH", "o": "OW", "eː": "EY",
    "ø": "ER", "øː": "ER", "œ": "ER",
    "\u0303": "N", "ʲ": "Y",  # marks: a nasal vowel, a palatal consonant
}  # fmt: skip

_SEVERAL_PHONES = {
    "əl": "AX L", "n̩": "AX N", "m̩": "AX M",
    "ɑːɹ": "AA R", "ɔːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R",
    "aɪɚ": "AY ER", "aɪə": "AY AX", "aʊə": "AW AX",
    "iə": "IY AX", "eə": "EH AX", "ʊə": "UH AX",
}  # fmt: skip

ESPEAK: dict[str, Pronunciation] = {
    symbol: tuple(phones.split())
    for symbol, phones in (_ONE_PHONE | _FOREIGN | _SEVERAL_PHONES).items()
}
_ONE_SOUND = {("ER", "R"), ("R", "R")}
_WEAK_FORMS = {
    "a": ("AX",), "an": ("AX N",), "and": ("AX N D",), "of": ("AX V",),
    "the": ("DH AX", "DH IY"), "to": ("T AX",), "than": ("DH AX N",),
}  # fmt: skip

# Words that are hardly ever said in speech as they are said alone: how they are said, the usual
# way first.
WEAK_FORMS: dict[str, tuple[Pronunciation, ...]] = {
    word: tuple(tuple(form.split()) for form in forms) for word, forms in _WEAK_FORMS.items()
}
# As the CMU dictionary writes vowels: with a digit of stress.
_STRESSED = re.compile("(AA|AE|AH|AO|AW|AX|AY|EH|ER|EY|IH|IY|OW|OY|UH|UW)[012]")


def phone_table() -> PhoneTable:
    """Return the table of the phone head: the blank, then the phones in alphabetical order."""
    return PhoneTable((BLANK, *sorted(PHONES)))


def fitted(phone: str, table: PhoneTable) -> str:
    """Return the phone of a table that stands for a phone of a lexicon.

    It is the phone itself if the table has it. Digits of stress are taken off, AH0 becomes AX, and
    AX becomes AH for a table without AX.

    Raises:
      InputError: the table has none for it.
    """
    found = next((each for each in _forms_of(phone) if each in table.ids), None)
    if found is None:
        raise InputError(
            "a phone that the phone table lacks",
            value=phone,
            remedy="make the lexicon with the phones of this table",
        )
    return found


def _forms_of(phone: str) -> Iterator[str]:
    yield phone
    stressed = _STRESSED.fullmatch(phone)
    if phone == "AH0":
        yield "AX"
    if stressed is not None:
        yield stressed[1]
    if phone.rstrip("012") == "AX":
        yield "AH"


def to_phones(symbols: Iterable[str], table: Mapping[str, Pronunciation] = ESPEAK) -> Pronunciation:
    """Map a pronunciation in symbols of espeak-ng, without stress marks, to phones.

    A symbol that is not in the table is split into the longest ones that are, from its left. An R
    after ER or R is heard as one with it and left out, as in the CMU dictionary's `HH ER IY`.

    Raises:
      InputError: a symbol that cannot be split so.
    """
    phones = tuple(phone for symbol in symbols for phone in _phones_of(symbol, table))
    before = ("", *phones)
    return tuple(p for last, p in zip(before, phones, strict=False) if (last, p) not in _ONE_SOUND)


def _phones_of(symbol: str, table: Mapping[str, Pronunciation]) -> Pronunciation:
    phones: Pronunciation = ()
    rest = symbol
    while rest:
        size = next((n for n in range(len(rest), 0, -1) if rest[:n] in table), None)
        if size is None:
            raise InputError("a symbol of espeak-ng that stands for no phone", value=symbol)
        phones += table[rest[:size]]
        rest = rest[size:]
    return phones
