"""From text files to an ARPA file: what the command `lm` does, without its flags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.lm.arpa import NgramLm, write_arpa
from wfst_bias.lm.classes import ClassPhrases, NamedClass, read_class_phrases
from wfst_bias.lm.estimate import LmOptions, estimate_lm, is_reserved, own_word_ids
from wfst_bias.lm.vocabulary import count_words, read_word_counts


@dataclass(frozen=True)
class LmReport:
    """Report what a language model was made from and how large it is.

    Attributes:
      sentences: sentences of the text, empty lines not counted.
      words: words of the text.
      class_tokens: those of them that were counted as the class word.
      vocabulary: words that the model knows, without class words and sentence marks.
      ngrams: n-grams of each order.
      named: class words of named classes, with how many phrases of the text were counted as each.
    """

    sentences: int
    words: int
    class_tokens: int
    vocabulary: int
    ngrams: tuple[int, ...]
    named: tuple[tuple[str, int], ...] = ()

    @property
    def class_share(self) -> float:
        """Return the share of the text's words that were counted as the class word."""
        return self.class_tokens / self.words


def estimate_from_files(
    text_paths: Sequence[Path | str],
    word_counts_path: Path | str | None,
    options: LmOptions,
    out: Path | str,
    classes: Sequence[NamedClass] = (),
) -> LmReport:
    """Estimate a language model from text files and write it as an ARPA file.

    Args:
      text_paths: files with a sentence on each line.
      word_counts_path: a file of `WORD<TAB>COUNT` lines, or None.
      options: how to estimate.
      out: the ARPA file; compressed if its name ends in `.gz`.
      classes: named classes, with files of phrases that are counted as them.

    Raises:
      InputError: a file that cannot be used, or a text without words.
    """
    class_words = (options.class_word, *(named.word for named in classes))
    sentences = _read_sentences(text_paths, class_words)
    phrases = read_class_phrases(classes, sentences)
    word_counts = None if word_counts_path is None else read_word_counts(word_counts_path)
    lm = estimate_lm(sentences, options, word_counts, phrases)
    write_arpa(lm, out)
    return _report(lm, sentences, phrases, options)


def _report(
    lm: NgramLm, sentences: Sequence[str], phrases: ClassPhrases, options: LmOptions
) -> LmReport:
    n_words = sum(len(sentence.split()) for sentence in sentences)
    counts = count_words(map(phrases.mark, sentences))
    own = own_word_ids(lm.words, counts, options)
    return LmReport(
        sentences=len(sentences),
        words=n_words,
        class_tokens=sum(count for word, count in counts.items() if word not in own),
        vocabulary=len(lm.words) - 3 - len(phrases.words),
        ngrams=tuple(len(table) for table in lm.ngrams),
        named=tuple((word, counts.get(word, 0)) for word in phrases.words),
    )


def _read_sentences(text_paths: Sequence[Path | str], class_words: Collection[str]) -> list[str]:
    sentences = []
    for path in text_paths:
        lines = read_lines(path)
        if not any(map(str.strip, lines)):
            raise InputError("the text has no words", path=path)
        shown = tqdm(lines, desc=str(path), unit=" lines", delay=2, leave=False, disable=None)
        for number, line in enumerate(shown, start=1):
            _check_line(line, class_words, path, number)
            sentences.append(line)
    return [sentence for sentence in sentences if sentence.strip()]


def _check_line(line: str, class_words: Collection[str], path: Path | str, number: int) -> None:
    for word in line.split():
        if is_reserved(word, class_words):
            raise InputError(
                "a reserved word in the text",
                path=path,
                line=number,
                value=word,
                remedy="take it out, or declare its class; sentence marks are added by themselves",
            )
