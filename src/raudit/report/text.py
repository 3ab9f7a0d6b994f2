"""Text from data made fit to print: control characters and bidirectional controls become visible, nothing is lost."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""C0 and C1 controls (tab too: a cell is one line), bidirectional and zero-width formatting, non-characters."""

_LONG = re.compile(r"\S{241,}")
"""A word that fills lines; line breaking takes time by the square of its length."""

MAX_PRINTED = 20_000
"""Characters of one text that are printed; the record holds the rest."""

_RTL = frozenset({"R", "AL", "AN"})


def clean(text: str, coverage: Collection[int] | None = None) -> str:
    r"""Replace what could hide or reorder text by its visible code point.

    Parameters
    ----------
    text
        Any text, a column name from a data set at worst.
    coverage
        Code points that the fonts have; None where the reader's own fonts are used.

    Returns
    -------
    str
        The text in NFC, where each control, bidirectional or uncovered character reads ``⟨U+202E⟩``. Line feeds stay.

    Examples
    --------
    >>> clean("age\u202egnp.exe")
    'age⟨U+202E⟩gnp.exe'
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    visible = _INVISIBLE.sub(_code_point, composed)
    if coverage is None:
        return visible
    return "".join(c if ord(c) in coverage or c == "\n" else f"⟨U+{ord(c):04X}⟩" for c in visible)


def is_printable(letter: str) -> bool:
    """Tell whether a letter is printed as itself where a font has it."""
    return letter != "\n" and not _INVISIBLE.match(letter)


def shorten(text: str) -> str:
    """Cut the middle out of words over 240 characters, and texts over 20,000, and say how much was cut."""
    if len(text) <= 240:
        return text
    if len(text) > MAX_PRINTED:
        text = f"{text[:MAX_PRINTED]} ⟨+{len(text) - MAX_PRINTED}⟩"
    return _LONG.sub(lambda m: f"{m[0][:160]} ⟨+{len(m[0]) - 200}⟩ {m[0][-40:]}", text)


def is_right_to_left(text: str) -> bool:
    """Tell whether the text has right-to-left letters and must be isolated from its surroundings."""
    return any(unicodedata.bidirectional(c) in _RTL for c in text)


def has_long_word(text: str, limit: int = 24) -> bool:
    """Tell whether a word is too long for a column, so that it may be broken anywhere."""
    return len(text) > limit and any(len(word) > limit for word in text.split())


def _code_point(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match[0]):04X}⟩"


@functools.cache
def coverage_of(folders: tuple[Path, ...]) -> frozenset[int]:
    """Code points that every text font in the folders has; a font of symbols may add to what regular fonts have."""
    from fontTools.ttLib import TTFont

    covered: set[int] = set()
    families: dict[str, set[int]] = {}
    for folder in folders:
        for file in sorted(
            file for kind in ("*.ttf", "*.otf", "*.ttc") for file in folder.glob(kind)
        ):
            with TTFont(file, lazy=True, fontNumber=0) as font:
                points = set(font.getBestCmap())
            families[file.name] = points
    for points in families.values():
        covered |= points
    return frozenset(covered)
