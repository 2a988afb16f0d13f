"""Sentence templates with alternatives, phrase classes and entity slots; random sentences of them.

- Grammar.read: parse a file of templates.
- Grammar.draw: one sentence of a template, its slots still open.
- Grammar.has_slots, Grammar.words_of, Grammar.words: what templates may ask for and may say.

    we (all |)met {person} <when>          a template
    <when> = today | on <weekday>          a phrase class, before or after its use
    # ...                                  a comment
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

_DEFINITION = re.compile(r"\s*<([^<>|(){}]*)>\s*=(.*)")
_TOKEN = re.compile(r"[()|]|<[^<>|(){}]*>|\{[^<>|(){}]*\}|[a-z' ]+")
_SLOT_IN_WORD = re.compile(r"[a-z'}>]\{|\}[a-z'{<]")
_LETTERS = "write lower-case letters a to z, apostrophes and spaces, and numbers in words"


@dataclass(frozen=True)
class Words:
    """Hold plain text, which may begin or end within a word."""

    text: str


@dataclass(frozen=True)
class Slot:
    """Ask for an entity of a kind."""

    kind: str


@dataclass(frozen=True)
class ClassUse:
    """Stand for any phrase of a class."""

    name: str


@dataclass(frozen=True)
class Choice:
    """Hold alternatives, each a sequence of parts; one of them is drawn, all equally likely."""

    alternatives: tuple[tuple[Part, ...], ...]


Part = Words | Slot | ClassUse | Choice


@dataclass(frozen=True)
class Template:
    """Hold one template: its text, its line in the file, and what it parses to."""

    text: str
    line: int
    root: Choice


@dataclass(frozen=True)
class Grammar:
    """Hold the templates of a file in its order, and its phrase classes by name."""

    path: Path
    templates: tuple[Template, ...]
    classes: Mapping[str, Template]

    @classmethod
    def read(cls, path: Path, kinds: Collection[str]) -> Grammar:
        """Read templates whose slots are of the given kinds.

        Raises:
          InputError: a line that cannot be parsed, a class or template given twice, an unknown
            class or kind, a class that needs itself, or no template (the line is named).
        """
        templates: dict[str, Template] = {}
        classes: dict[str, Template] = {}
        for number, line in enumerate(read_lines(path), start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            definition = _DEFINITION.fullmatch(text)
            name, body = definition.groups() if definition else (text, text)
            into = classes if definition else templates
            if name in into:
                raise InputError("given twice", path=path, line=number, value=name)
            into[name] = Template(body, number, _Parser(body, path, number).parse(bool(definition)))
        if not templates:
            raise InputError("no template", path=path, remedy="write one sentence a line")
        grammar = cls(path, tuple(templates.values()), classes)
        _check_uses(grammar, kinds)
        return grammar

    def draw(self, template: Template, rng: random.Random) -> tuple[str, ...]:
        """Draw a sentence: its words, each slot standing as the word `{kind}`.

        Raises:
          InputError: a slot that touches a word.
        """
        words = tuple("".join(self._expand(template.root, rng)).split())
        for word in words:
            if "{" in word.removeprefix("{") or "}" in word.removesuffix("}"):
                raise _slot_in_word(self.path, template.line, word)
        return words

    def has_slots(self, template: Template) -> bool:
        """Tell whether any sentence of a template has a slot."""
        return any(
            isinstance(part, Slot)
            or (isinstance(part, ClassUse) and self.has_slots(self.classes[part.name]))
            for part in _parts(template.root)
        )

    def words(self) -> frozenset[str]:
        """Return all words that stand in templates and the classes that they use."""
        return frozenset(word for template in self.templates for word in self.words_of(template))

    def words_of(self, template: Template) -> frozenset[str]:
        """Return the words that stand in a template and the classes that it uses."""
        words: set[str] = set()
        for part in _parts(template.root):
            if isinstance(part, Words):
                words.update(part.text.split())
            elif isinstance(part, ClassUse):
                words |= self.words_of(self.classes[part.name])
        return frozenset(words)

    def _expand(self, part: Part, rng: random.Random) -> Iterator[str]:
        if isinstance(part, Words):
            yield part.text
        elif isinstance(part, Slot):
            yield f"{{{part.kind}}}"
        elif isinstance(part, ClassUse):
            yield from self._expand(self.classes[part.name].root, rng)
        else:
            for chosen in rng.choice(part.alternatives):
                yield from self._expand(chosen, rng)


class _Parser:
    """Parse one line by recursive descent."""

    def __init__(self, text: str, path: Path, line: int) -> None:
        self._text, self._path, self._line = text, path, line
        self._tokens = list(self._split())
        self._next = 0

    def parse(self, is_class: bool) -> Choice:
        """Parse the line; only a class has alternatives outside parentheses."""
        if touching := _SLOT_IN_WORD.search(self._text):
            raise _slot_in_word(self._path, self._line, touching.group())
        choice = self._choice()
        if self._next < len(self._tokens):
            raise self._fault("a closing parenthesis too many", "remove it or open one before")
        if len(choice.alternatives) > 1 and not is_class:
            raise self._fault("alternatives outside parentheses", "write (this|that)")
        if all(not sequence for sequence in choice.alternatives):
            raise self._fault("nothing is said", "write at least one word")
        return choice

    def _split(self) -> Iterator[str]:
        position = 0
        while position < len(self._text):
            token = _TOKEN.match(self._text, position)
            if token is None:
                raise self._misplaced(self._text[position])
            yield token.group()
            position = token.end()

    def _misplaced(self, character: str) -> InputError:
        if character in "<>{}":
            return self._fault(f"a {character} without its partner", "write <class> or {kind}")
        return self._fault(f"the character {character!r} cannot stand here", _LETTERS)

    def _choice(self) -> Choice:
        alternatives = [self._sequence()]
        while self._peek() == "|":
            self._next += 1
            alternatives.append(self._sequence())
        return Choice(tuple(alternatives))

    def _sequence(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        while (token := self._peek()) not in ("", "|", ")"):
            self._next += 1
            parts.append(self._group() if token == "(" else _leaf(token))
        return tuple(parts)

    def _group(self) -> Choice:
        choice = self._choice()
        if self._peek() != ")":
            raise self._fault("a parenthesis is not closed", "close it")
        self._next += 1
        return choice

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _fault(self, message: str, remedy: str) -> InputError:
        return InputError(
            message, path=self._path, line=self._line, value=self._text.strip(), remedy=remedy
        )


def _leaf(token: str) -> Part:
    if token.startswith("<"):
        return ClassUse(token[1:-1])
    return Slot(token[1:-1]) if token.startswith("{") else Words(token)


def _parts(choice: Choice) -> Iterator[Part]:
    """Walk through all that a choice may come to, classes not followed."""
    for part in (part for sequence in choice.alternatives for part in sequence):
        yield part
        if isinstance(part, Choice):
            yield from _parts(part)


def _check_uses(grammar: Grammar, kinds: Collection[str]) -> None:
    for template in (*grammar.templates, *grammar.classes.values()):
        for part in _parts(template.root):
            if isinstance(part, ClassUse):
                known = (f"<{name}>" for name in grammar.classes)
                _check_known(grammar, template, f"<{part.name}>", known, "class")
            elif isinstance(part, Slot):
                known = (f"{{{kind}}}" for kind in kinds)
                _check_known(grammar, template, f"{{{part.kind}}}", known, "slot")
    for name in grammar.classes:
        _check_acyclic(grammar, (name,))


def _check_known(
    grammar: Grammar, template: Template, name: str, known: Iterable[str], what: str
) -> None:
    names = sorted(known)
    if name not in names:
        remedy = f"there are {', '.join(names) or 'none'}; correct it or define it"
        raise InputError(
            f"unknown {what}", path=grammar.path, line=template.line, value=name, remedy=remedy
        )


def _check_acyclic(grammar: Grammar, chain: tuple[str, ...]) -> None:
    definition = grammar.classes[chain[-1]]
    for part in _parts(definition.root):
        if isinstance(part, ClassUse):
            if part.name in chain:
                raise InputError(
                    "a class that needs itself",
                    path=grammar.path,
                    line=definition.line,
                    value=" ".join(f"<{name}>" for name in (*chain, part.name)),
                    remedy="take one of these uses out",
                )
            _check_acyclic(grammar, (*chain, part.name))


def _slot_in_word(path: Path, line: int, word: str) -> InputError:
    remedy = "separate them by a space; an entity takes no ending"
    return InputError("a slot that touches a word", path=path, line=line, value=word, remedy=remedy)
