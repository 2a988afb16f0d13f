"""Pronunciations of any words by espeak-ng, called through phonemizer.

espeak-ng says every word, names and terms that no dictionary has included, in the same way on
every machine; it reads 25,000 words in about a second on one CPU core, and the same set of phones
serves all of them. It comes with the package espeakng-loader, so that nothing need be installed
beside Python. espeak-ng and phonemizer are under the GPL, version 3, so they are an optional extra
that this package calls where it is installed; the licence applies to those programs and not to
what they put out, so lexicons made by them can be shipped under any licence.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence

import espeakng_loader
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper
from phonemizer.separator import Separator

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import LANGUAGES, WEAK_FORMS, to_phones
from wfst_bias.phones.lexicon import PhoneLexicon, Pronunciation

_SEPARATOR = Separator(phone=" ", syllable="", word="|")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘", "'"))
# Of letters above, and of these two below, espeak-ng reads the Unicode number.
_LAST_LETTER = "\u017f"
_UNREAD = "ŉſ"


def pronounce(words: Iterable[str], language: str = "en-us") -> PhoneLexicon:
    """Return pronunciations of words, each said alone, in the order of the words.

    Args:
      words: any words; one given twice counts once.
      language: a key of `LANGUAGES`.

    Raises:
      InputError: a language without a table of symbols, or a word that cannot be pronounced.
    """
    if language not in LANGUAGES:
        raise InputError(
            f"no phones are known for this language, expected one of {', '.join(LANGUAGES)}",
            value=language,
        )
    wanted = list(dict.fromkeys(words))
    found = read_aloud([readable(word, language) for word in wanted], language)
    entries = {}
    for word, symbols in zip(wanted, found, strict=True):
        entries[word] = _variants(word, _to_phones(word, symbols))
    return PhoneLexicon(entries)


def readable(word: str, language: str) -> str:
    """Return a word in letters that a voice of espeak-ng reads.

    Voices of English are given the plain letter for one that they would read as its number.

    Raises:
      InputError: a character that is read as its number all the same.
    """
    composed = unicodedata.normalize("NFC", word)
    if language not in LANGUAGES:
        letters, unread = composed.translate(_APOSTROPHES), _is_foreign
    else:
        letters, unread = "".join(map(_fold, composed)).translate(_APOSTROPHES), _is_unread
    found = next((letter for letter in letters if unread(letter)), None)
    if found is not None:
        raise InputError(
            f"a character of {word!r} that cannot be pronounced",
            value=found,
            remedy="write the word in Latin letters",
        )
    return letters


def _is_foreign(letter: str) -> bool:
    """Say whether a character is a letter of another script, which no voice is asked to read."""
    return letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN")


def _fold(letter: str) -> str:
    if not _is_unread(letter):
        return letter
    decomposed = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in decomposed if not unicodedata.combining(part))


def _is_unread(letter: str) -> bool:
    return letter > _LAST_LETTER or letter in _UNREAD


def read_aloud(words: Sequence[str], language: str) -> list[list[str]]:
    """Return how a voice of espeak-ng says words, each alone, in its symbols without stress.

    Raises:
      InputError: espeak-ng has no voice of this language.
    """
    if not words:
        return []
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    switch = "keep-flags" if language in LANGUAGES else "remove-flags"
    try:
        backend = EspeakBackend(
            language, language_switch=switch, words_mismatch="ignore", logger=_silent()
        )
    except RuntimeError as error:
        raise InputError("espeak-ng has no voice of this language", value=language) from error
    found = backend.phonemize(words, separator=_SEPARATOR, strip=True, njobs=1)
    return [symbols.replace(_SEPARATOR.word, " ").split() for symbols in found]


def _silent() -> logging.Logger:
    logger = logging.Logger("phonemizer")
    logger.addHandler(logging.NullHandler())
    return logger


def _to_phones(word: str, symbols: Sequence[str]) -> Pronunciation:
    try:
        phones = to_phones(symbols)
    except InputError as error:
        raise InputError(f"{word!r} cannot be pronounced: {error}") from None
    if not phones:
        raise InputError("a word without letters, which cannot be pronounced", value=word)
    return phones


def _variants(word: str, phones: Pronunciation) -> tuple[Pronunciation, ...]:
    return tuple(dict.fromkeys((*WEAK_FORMS.get(word, ()), phones)))
