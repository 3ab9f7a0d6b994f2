"""Masks: the shape of a value, never the value."""

from __future__ import annotations

import unicodedata

LONGEST = 24


def shape(text: str) -> str:
    """Turn every letter into ``A`` or ``a`` and every digit into ``9``; keep ASCII punctuation and blanks.

    Long values are cut; whatever is not ASCII punctuation becomes ``·``, so that nothing can hide in it.

    >>> shape("angela.jones988@yahoo.com")
    'aaaaaa.aaaaa999@aaaaa.aa…'
    """
    masked = "".join(_mask(c) for c in text[: LONGEST + 1])
    return masked[:LONGEST] + "…" if len(text) > LONGEST else masked


def _mask(c: str) -> str:
    if c.isdigit() or unicodedata.category(c).startswith("N"):
        return "9"
    if c.isalpha():
        return "A" if c.isupper() else "a"
    return c if " " <= c <= "~" else "·"
