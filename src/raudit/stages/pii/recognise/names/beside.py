"""Words of a text, and those that stand beside a stretch of it."""

from __future__ import annotations

import re

from raudit.stages.pii.recognise.names.cues import words

Stretch = tuple[int, int]

TOKEN = re.compile(
    r"[^\W\d_](?:[^\W\d_]|['\u2019\u200c\u200d-](?=[^\W\d_])|[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0900-\u0903\u093a-\u094f"
    r"\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0b4d\u0b82-\u0bcd\u0c00-\u0c4d\u0c81-\u0ccd\u0d01-\u0d4d\u0d81-\u0ddf\u0e31-\u0e4e])*"
)
_REACH = 48
"""Characters beside a name in which its cues are looked for."""


def words_before(text: str, begin: int) -> list[str]:
    """Words before a name as far as a sentence goes."""
    near = text[max(0, begin - _REACH) : begin]
    stop = max(near.rfind(mark) for mark in "!?;|")
    full = near.rfind(". ")
    # "Mr. " ends no sentence.
    if full >= 0 and len(near[:full].rsplit(" ", 1)[-1]) > 4:
        stop = max(stop, full)
    return words(near[stop + 1 :])


def words_after(text: str, end: int) -> list[str]:
    """Words after a name as far as a sentence goes."""
    near = text[end : end + _REACH]
    cut = re.search(r"[.!?;|]", near)
    return words(near[: cut.start()] if cut else near)
