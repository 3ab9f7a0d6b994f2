"""How names are compared and which may stand in a line: two encodings of a name are one, and none acts."""

from __future__ import annotations

import unicodedata

_ACTING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn text around for as long as they like (Unicode Standard Annex 9, section 2)."""
_UNSEEN = frozenset(
    chr(c)
    for first, last in ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF), (0x180B, 0x180F), (0x034F, 0x034F))
    for c in range(first, last + 1)
) | frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""What leaves no mark on paper and is not of the category of formats (Default_Ignorable_Code_Point)."""


def spelling(name: str) -> str:
    """A name for comparison: without case, surplus space, ways of encoding and what cannot be seen.

    Letters that only look alike, such as Latin and Cyrillic a, stay different.

    >>> spelling("  Jose\u0301\u200b GARC\u00cdA ") == spelling("\u004aos\u00e9 garc\u00eda")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = (c for c in folded if unicodedata.category(c) != "Cf" and c not in _UNSEEN)
    return unicodedata.normalize("NFKC", " ".join("".join(seen).split()))


def one_line(value: str) -> str:
    """A name as it is.

    Raises
    ------
    ValueError
        If it would end the line in which it stands, or turn it around.
    """
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") or c in _ACTING for c in value):
        raise ValueError("a name is one line, without control characters and marks of direction")
    return value
