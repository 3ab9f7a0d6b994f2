"""Message catalogues: a language is one file in gettext's PO format, checked against English.

A catalogue holds the report's own messages by key, and the sentences of stages by their English template.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from raudit.doors import Door, folders
from raudit.errors import TemplateError
from raudit.record import StageRecord
from raudit.report.numbers import Numbers
from raudit.resources import resource_dir
from raudit.sentences import CAPITAL, Sentence, formatted, has_words
from raudit.yamltext import nearest

ENGLISH = "en"


class _Words(str):
    """A sentence within another."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        text = "".join((self,))
        return text[:1].upper() + text[1:] if spec == CAPITAL else format(text, spec)


@dataclass(frozen=True, slots=True)
class _Marked:
    """A number that takes the marks of a language once it is written."""

    value: float
    numbers: Numbers

    def __format__(self, spec: str) -> str:
        return self.numbers.marked(formatted(self.value, spec))


_PLACE = r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}"
_SPACING = re.compile(rf"(?P<place>{_PLACE})|(?<=[\d}}]) ?%(?!\w)|(?<![\w{{])n = |(?<=§) ")


@functools.cache
def typeset(template: str) -> str:
    """Space a template as its numbers are: ``95 %`` and ``n = 12`` in one way, and never broken at a line's end.

    What fills its places is not touched: it may be a name.
    """

    def spaced(found: re.Match[str]) -> str:
        if found["place"]:
            return found[0]
        return {"%": "\u202f%", "n": "n\u00a0=\u00a0"}.get(found[0].strip()[:1], "\u00a0")

    return _SPACING.sub(spaced, template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Words and number marks of a language."""

    code: str
    """BCP 47 tag, such as ``en``."""
    messages: Mapping[str, str]
    numbers: Numbers

    def __call__(self, key: str, /, **values: object) -> str:
        """Say a message; ``{name}`` in it takes the value of that name.

        Raises
        ------
        TemplateError
            If the catalogue has no such message.
        """
        message = self.messages.get(key)
        if message is None:
            raise TemplateError(
                f"no message '{key}' in language '{self.code}'",
                reference="unknown-message",
                hint=nearest(key, sorted(self.messages)),
            )
        message = typeset(message)
        return (
            message.format_map({name: str(value) for name, value in values.items()})
            if values
            else message
        )

    def knows(self, template: str) -> bool:
        """Tell whether a sentence of a stage can be said in this language."""
        return self.code == ENGLISH or not has_words(template) or template in self.messages

    def sentence(self, sentence: Sentence) -> str:
        """Say a sentence of a stage; in English where the catalogue has none or its places do not fit."""
        values = {name: self._part(value) for name, value in sentence.parameters.items()}
        template = self.messages.get(sentence.template, sentence.template)
        try:
            return typeset(template).format_map(values)
        except (KeyError, IndexError, ValueError):
            return typeset(sentence.template).format_map(values)

    def sentences_in(self, sentence: Sentence) -> Iterator[str]:
        """Every template that a sentence is made of."""
        yield sentence.template
        for value in sentence.parameters.values():
            if isinstance(value, Sentence):
                yield from self.sentences_in(value)

    def _part(self, value: object) -> object:
        match value:
            case Sentence():
                return _Words(self.sentence(value))
            case int() | float():
                return _Marked(value, self.numbers)
            case _:
                return value

    def has(self, key: str) -> bool:
        """Tell whether there is such a message."""
        return key in self.messages

    def metric(self, name: str) -> str:
        """A metric in words; the words of its name where the catalogue has none."""
        key = f"metric-{name}"
        return self(key) if self.has(key) else self.term(name.replace("_", " "))

    def word(self, name: str) -> str:
        """A key of the record as a word, such as the role of a file."""
        key = f"word-{name}"
        return self(key) if self.has(key) else self.term(name.replace("_", " "))

    def term(self, text: str) -> str:
        """A word of the program or of a shipped checklist, such as a decision; another's stays as it is."""
        return text if self.code == ENGLISH else self.messages.get(text, text)

    def stage_title(self, stage: StageRecord) -> str:
        """What a stage looks at; its own title where the catalogue has none."""
        key = f"title-{stage.name}"
        return self(key) if self.has(key) else stage.title

    def stage(self, stage: StageRecord) -> str:
        """A stage that did not run, and how it ended."""
        return f"{self.stage_title(stage)} ({self(f'outcome-{stage.outcome}')})"

    def date(self, clock: str) -> str:
        """Write the date of an RFC 3339 time in words."""
        year, month, day = clock[:10].split("-")
        return self("date", day=int(day), month=self.messages[f"month-{int(month)}"], year=year)


def load_language(code: str, catalogues: Sequence[Path]) -> Language:
    """Read a language from the first folder that has it; what a template's own file lacks comes from the next.

    Raises
    ------
    TemplateError
        If no folder has the language, or a message lacks one of English's placeholders or is missing.
    """
    found = [
        folder / f"{code}.po"
        for folder in reversed(catalogues)
        if (folder / f"{code}.po").is_file()
    ]
    if not found or not code.replace("-", "").isalnum():
        known = sorted({file.stem for folder in catalogues for file in folder.glob("*.po")})
        raise TemplateError(
            f"no message catalogue for language '{code}'",
            reference="unknown-language",
            expected=", ".join(known),
            hint="add a languages folder with such a file to your template, or choose one of these",
        )
    messages: dict[str, str] = {}
    for file in (*_of_checklists(code), *found):
        messages |= _read(file)
    english = _read(next(f / "en.po" for f in reversed(catalogues) if (f / "en.po").is_file()))
    _check(code, messages, english)
    numbers = Numbers(
        decimal=messages["decimal-mark"],
        group=messages["group-mark"],
        to=messages["from-to"].format(low="", high="").strip(),
        points_word=messages["points-word"],
    )
    return Language(code=code, messages=messages, numbers=numbers)


def _of_checklists(code: str) -> Iterator[Path]:
    """Catalogues beside the checklists, shipped or of installed packages; the report's own go before them."""
    places = [resource_dir("checklists"), *(folder for _, folder in folders(Door.CHECKLISTS))]
    for place in places:
        if (file := place / "languages" / f"{code}.po").is_file():
            yield file


@functools.cache
def _read(file: Path) -> Mapping[str, str]:
    from babel.messages.pofile import PoFileError, read_po

    try:
        with file.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise TemplateError(
            "a catalogue is a file in gettext's PO format",
            reference="bad-catalogue",
            where=file.name,
        ) from error
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }


def _check(code: str, messages: Mapping[str, str], english: Mapping[str, str]) -> None:
    for key, text in english.items():
        if key not in messages:
            raise TemplateError(
                f"language '{code}' lacks the message '{key}'",
                reference="missing-message",
                expected=text[:80],
            )
        if _fields(messages[key]) != _fields(text):
            raise TemplateError(
                f"message '{key}' of language '{code}' has other placeholders than English",
                reference="bad-message",
                got=", ".join(sorted(_fields(messages[key]))),
                expected=", ".join(sorted(_fields(text))),
            )


def _fields(text: str) -> frozenset[str]:
    try:
        return frozenset(
            name for _, name, _, _ in string.Formatter().parse(text) if name is not None
        )
    except ValueError:
        return frozenset({"?"})
