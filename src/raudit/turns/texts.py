"""Texts of messages in the layouts that tools use, and labels made harmless to print."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from raudit.turns.front import Unreadable, strict_json

LABEL = 120
"""Characters of a label that are kept."""
_BIDI = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
ROLES = frozenset(
    {"system", "developer", "user", "human", "assistant", "gpt", "model", "ai", "tool", "function"}
)
_ASKED = frozenset({"user", "human"})
_ANSWERED = frozenset({"assistant", "gpt", "model", "ai"})
_TOLD = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Said:
    """The texts of one call."""

    prompt: str | None = None
    """What people wrote."""
    output: str | None = None
    """The last answer with text; None if there is none."""
    system: str | None = None
    """The standing instructions."""
    context: str | None = None
    """What tools were asked and gave, and earlier answers."""


def label(value: object) -> str:
    """A value as a label that is safe to print anywhere: control and direction characters are written out.

    A long one is cut and ends in a part of its digest, so that two that begin alike stay two.
    """
    given = str(value)
    text = given[: 4 * LABEL]
    if len(text) <= LABEL and text.isascii() and text.isprintable():
        return text
    if not text.isprintable() or not _BIDI.isdisjoint(text):
        text = "".join(_shown(char) for char in text)
    if len(text) <= LABEL and len(given) <= 4 * LABEL:
        return text
    mark = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{text[: LABEL - 13]}…{mark}"


def _shown(char: str) -> str:
    if char in _BIDI or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}:
        return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
    return char


def whole(text: str) -> str:
    """The text without lone surrogates, which no file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def text_of(value: object) -> str | None:
    """Text of a message's content: text, parts, or an object written out; None if there is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = [part for item in value if (part := _part(item)) is not None]
        return "".join(parts) if parts else None
    if isinstance(value, dict):
        return _part(value) or _written(value)
    raise Unreadable("a text that is neither text nor parts")


def _part(item: object) -> str | None:
    if isinstance(item, str):
        return item
    if not isinstance(item, dict):
        raise Unreadable("a part of a message that is no object")
    for key in ("text", "content", "reasoning"):
        inner = item.get(key)
        if isinstance(inner, str | list | dict):
            return text_of(inner)
    return None


def _written(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def said(messages: object) -> Said:
    """Take a list of messages apart.

    Raises
    ------
    Unreadable
        If it is no list of messages with known roles.
    """
    if isinstance(messages, str):
        if messages[:1] not in ("[", "{"):
            return Said(prompt=messages or None)
        messages = strict_json(messages)
    if isinstance(messages, dict):
        messages = messages.get("messages", [messages])
    if isinstance(messages, list) and len(messages) == 1 and isinstance(messages[0], list):
        messages = messages[0]
    if not isinstance(messages, list):
        raise Unreadable("messages that are no list")
    prompt: list[str] = []
    system: list[str] = []
    context: list[str] = []
    answers: list[str] = []
    for message in messages:
        role, text, more = _message(message)
        context += more
        if text is None:
            continue
        (
            prompt
            if role in _ASKED
            else system
            if role in _TOLD
            else answers
            if role in _ANSWERED
            else context
        ).append(text)
    return Said(
        prompt=_joined(prompt),
        output=answers[-1] if answers else None,
        system=_joined(system),
        context=_joined([*answers[:-1], *context]),
    )


def _message(message: object) -> tuple[str, str | None, list[str]]:
    if not isinstance(message, dict):
        raise Unreadable("a message that is no object")
    role = message.get("role", message.get("from", message.get("type")))
    if not isinstance(role, str) or role not in ROLES:
        raise Unreadable("a message with an unknown role")
    more = [_written(message["tool_calls"])] if message.get("tool_calls") else []
    parts = message.get("parts")
    if isinstance(parts, list):
        texts = [p for p in parts if isinstance(p, dict) and p.get("type") == "text"]
        more += [_written(p) for p in parts if p not in texts]
        return role, text_of(texts) if texts else None, more
    if "content" in message:
        text = text_of(message["content"])
        return role, text_of(message.get("refusal")) if text is None else text, more
    if "value" in message:
        return role, text_of(message["value"]), more
    if more:
        return role, None, more
    raise Unreadable("a message without content")


def _joined(parts: Iterable[str]) -> str | None:
    kept = list(parts)
    return "\n".join(kept) if kept else None
