"""Sentences that remember how they were made, so that another language can make them again.

A stage writes ``say("{n:,} of {rows:,} rows lack an identifier.", n=n, rows=rows)`` and gets English text. The text
remembers its template and what fills it; the record keeps both (``messages_in``), and a language's catalogue holds one
entry for each template. A name from the data fills a place as it is: it is never looked up in a catalogue.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

JsonObject = Mapping[str, Any]

_FIELD = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
CAPITAL = "capital"
"""Format of a place whose sentence begins with a capital letter there."""


class Sentence(str):
    """English text with its template and what fills it."""

    __slots__ = ("parameters", "template")

    template: str
    parameters: Mapping[str, object]

    def __new__(cls, template: str, parameters: Mapping[str, object]) -> Self:
        """Fill a template."""
        made = super().__new__(cls, template.format_map(_shown(parameters)))
        made.template = template
        made.parameters = parameters
        return made

    def __format__(self, spec: str) -> str:
        """Write it inside another sentence."""
        text = str(self)
        return text[:1].upper() + text[1:] if spec == CAPITAL else format(text, spec)

    def __str__(self) -> str:
        """Its text and nothing else."""
        return "".join((self,))

    def __add__(self, other: str) -> str:
        """Follow it by another."""
        return say("{first}{second}", first=self, second=other)

    def __radd__(self, other: str) -> str:
        """Let it follow another."""
        return say("{first}{second}", first=other, second=self)

    def __reduce__(self) -> tuple[type[Sentence], tuple[str, dict[str, object]]]:
        """Copy it whole, as a process that runs a stage does."""
        return Sentence, (self.template, dict(self.parameters))


def formatted(value: float, spec: str) -> str:
    """Write a number; one that rounds to zero has no minus.

    Examples
    --------
    >>> formatted(-0.04, ".1f"), formatted(-0.06, ".1f")
    ('0.0', '-0.1')
    """
    text = format(value, spec)
    return text if any("1" <= c <= "9" for c in text) else text.replace("-", "", 1)


class _Small(float):
    """A number just under zero, for a template to write."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return formatted(float(self), spec)


def _shown(parameters: Mapping[str, object]) -> Mapping[str, object]:
    return {
        name: _Small(value) if isinstance(value, float) and -1 < value < 0 else value
        for name, value in parameters.items()
    }


def say(template: str, /, **parameters: object) -> str:
    """Fill a template, whose places are those of ``str.format``.

    Parameters
    ----------
    template
        English, and the key under which catalogues hold other languages.
    parameters
        Numbers, names from the data, or sentences; what is neither number nor text is written as text.

    Examples
    --------
    >>> say("{n:,} of {rows:,} rows", n=1234, rows=48842)
    '1,234 of 48,842 rows'
    """
    return Sentence(template, {name: _parameter(value) for name, value in parameters.items()})


def term(text: str) -> str:
    """A word of the program, a checklist or a rule book that is kept in a table: looked up as it stands."""
    return text if isinstance(text, Sentence) else say(text.replace("{", "{{").replace("}", "}}"))


def metric_words(name: str) -> str:
    """A metric as people say it: its name without underscores, as the reports write one that has no other words."""
    return term(name.replace("_", " "))


ROLES = {
    "dpo": "data protection officer",
    "owner": "system owner",
    "risk": "risk officer",
    "security": "security officer",
    "legal": "legal counsel",
}
"""Roles of the shipped checklists as people say them."""


def role_words(role: str) -> str:
    """A role in which somebody decides as people say it; one of a checklist of their own as it is named there."""
    return term(ROLES.get(role, role))


def n_rows(n: int) -> str:
    """How many rows, for a sentence that may be about one."""
    return say("{n:,} row", n=n) if n == 1 else say("{n:,} rows", n=n)


def n_columns(n: int) -> str:
    """How many columns."""
    return say("{n:,} column", n=n) if n == 1 else say("{n:,} columns", n=n)


def joined(separator: str, parts: Iterable[str]) -> str:
    """Join sentences; a separator with words in it is itself a sentence of the catalogue."""
    found = list(parts)
    if not found:
        return ""
    mark = say(separator)
    places = {f"p{i}": part for i, part in enumerate(found)}
    between = "{mark}" if has_words(separator) else separator.replace("{", "{{").replace("}", "}}")
    return say(between.join(f"{{{name}}}" for name in places), **places, mark=mark)


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return (
        say("{text:capital}", text=text)
        if isinstance(text, Sentence)
        else text[:1].upper() + text[1:]
    )


def full_sentence(text: str) -> str:
    """Text with a capital letter at its beginning and a stop at its end; empty stays empty."""
    text = text.rstrip()
    return capital(text) + ("" if text[-1:] in {"", ".", "!", "?", "…"} else ".")


def has_words(template: str) -> bool:
    """Whether anything of a template but its places needs translating."""
    return any(c.isalpha() for c in _FIELD.sub("", template))


def _parameter(value: object) -> object:
    match value:
        case Sentence():
            return value
        case bool():
            return str(value)
        case str():
            return str(value)
        case int():
            return value
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return _plain(float(value))
        case _:
            return str(value)


def _plain(value: float) -> float:
    """Canonical JSON writes 3.0 as 3 and -0.0 as 0 (RFC 8785), so that is how a sentence has them."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """How a sentence was made."""

    template: str
    """English with places, such as ``{n:,} rows``."""
    parameters: JsonObject
    """What fills them: numbers, text as it is, or an object ``{"template", "parameters"}`` for a sentence."""


def messages_in(value: object) -> dict[str, Message]:
    """Collect how every sentence in a value was made, by its text; the first of two equal texts counts."""
    found: dict[str, Message] = {}
    _collect(value, found)
    return dict(sorted(found.items()))


def _collect(value: object, found: dict[str, Message]) -> None:
    match value:
        case Sentence():
            if has_words(value.template) or value.parameters:
                found.setdefault(str(value), message_of(value))
        case str() | int() | float() | None:
            return
        case Mapping():
            for item in value.values():
                _collect(item, found)
        case tuple() | list() | frozenset():
            for item in value:
                _collect(item, found)
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                _collect(getattr(value, field.name), found)


def message_of(sentence: Sentence) -> Message:
    """Template and parameters as JSON."""
    return Message(
        template=sentence.template,
        parameters={name: _as_json(value) for name, value in sentence.parameters.items()},
    )


def _as_json(value: object) -> object:
    if isinstance(value, Sentence):
        inner = message_of(value)
        return {"template": inner.template, "parameters": dict(inner.parameters)}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    return value


_PLAIN_SPEC = re.compile(r"\+?[,.0-9]{0,6}[%a-z]?|capital")


def rebuilt(text: str, message: Message) -> Sentence | None:
    """Make the sentence of a stored message again.

    Returns
    -------
    Sentence or None
        None where the message does not give this very text, or its template reaches for more than its parameters:
        a record may come from anybody.
    """
    try:
        made = _sentence(message.template, message.parameters)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return made if made == text else None


def _sentence(template: str, parameters: JsonObject) -> Sentence:
    for _, name, spec, conversion in string.Formatter().parse(template):
        if name is None:
            continue
        plain = re.sub(r"\{([a-zA-Z]\w*)\}", "1", spec or "")
        if not name.isidentifier() or conversion or not _PLAIN_SPEC.fullmatch(plain):
            raise ValueError(name)
    return Sentence(
        template,
        {
            name: _sentence(str(value["template"]), value["parameters"])
            if isinstance(value, Mapping)
            else value
            for name, value in parameters.items()
        },
    )
