"""Widths of a table's columns from the advance of its letters, so that no word is laid out only to be measured.

The layout of a table whose widths are not known sets every word of it once in a line of its own: two fifths of the
time of a page. The rule here is that of CSS (Tables Level 3, 4.3): a column gets at least its widest word, then as
much of the rest as it could use; only that a heading breaks before what stands below it does. A table that does not
fit so, or spans cells, is left to the layout.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

TEXT_WIDTH = 470.0
"""Width of the text on an A4 page with our margins, in points."""
PADDING = 7.0
"""Space to the right of a cell, in points."""
SIZES = {"cols-8": 8.0, "cols-9": 7.5, "cols-10": 7.5}
"""Size of the text of a table by its class, in points."""
SIZE = 8.6
DECLARED = frozenset({"pairs", "form", "matrix", "actions", "register"})
"""Classes of tables whose widths the style sheet declares."""
FACE = "SourceSans3-Semibold.ttf"
"""The wider of the two faces of a table."""
CODE = 0.53
"""Advance of a letter of code in em of the table; it is set smaller."""
OTHER = 1.0
"""Advance of a letter that the face has not: those of East Asia are the widest."""
CHIP = 2.2
"""What the frame of a state adds to its word, in em."""
HEADING = 0.96
"""Size of a heading by that of the table."""
SLACK = 1.03
"""What kerning and rounding may add."""
BREAKABLE = (16.0, 7.0)
"""Least width in em of a cell whose words may be broken anywhere: the first that lets the table fit."""

_TABLE = re.compile(r"(?s)<table([^>]*)>((?:(?!<table).)*?)</table>")
_ROW = re.compile(r"(?s)<tr[^>]*>(.*?)</tr>")
_CELL = re.compile(r"(?s)<t[dh]([^>]*)>(.*?)</t[dh]>")
_CLASS = re.compile(r'class="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\s+|(?<=-)(?=[^\W\d])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a column needs and what it could use, in points."""

    least: float
    """Its widest word."""
    body: float
    """Its widest cell in one line, headings left aside."""
    most: float
    """Its widest cell or heading in one line."""


def with_widths(html: str, fonts: Sequence[Path]) -> str:
    """Tell each table of a page the widths of its columns.

    Parameters
    ----------
    html
        The page; no value in it has markup.
    fonts
        Folders of the fonts.
    """
    advances = next((_advances(folder / FACE) for folder in fonts if (folder / FACE).is_file()), {})

    def widened(match: re.Match[str]) -> str:
        attributes, inner = match[1], match[2]
        names = frozenset(_classes(attributes))
        if names & DECLARED or not advances or re.search(r"<col|colspan|rowspan", inner):
            return match[0]
        size = next((SIZES[name] for name in names if name in SIZES), SIZE)
        tried = (shared_out(_needs(inner, advances, size, em), TEXT_WIDTH) for em in BREAKABLE)
        widths = next((found for found in tried if found), ())
        if not widths:
            return match[0]
        columns = "".join(f'<col style="width:{width:.2f}%">' for width in widths)
        caption, mark, rest = inner.rpartition("</caption>")
        return (
            f"<table{attributes} data-fixed>{caption}{mark}"
            f"<colgroup>{columns}</colgroup>{rest}</table>"
        )

    return _TABLE.sub(widened, html)


def shared_out(needs: Sequence[Need], width: float) -> tuple[float, ...]:
    """Share a width among columns.

    Returns
    -------
    tuple of float
        Per cent of the width; empty where the widest words alone do not fit.
    """
    steps = [
        [need.least for need in needs],
        [max(need.least, need.body) for need in needs],
        [need.most for need in needs],
    ]
    if not needs or sum(steps[0]) > width:
        return ()
    if sum(steps[2]) <= width:
        return tuple(most / sum(steps[2]) * 100 for most in steps[2])
    lower, upper = (steps[1], steps[2]) if sum(steps[1]) <= width else (steps[0], steps[1])
    part = (width - sum(lower)) / (sum(upper) - sum(lower))
    return tuple(
        (low + part * (high - low)) / width * 100 for low, high in zip(lower, upper, strict=True)
    )


def _needs(
    inner: str, advances: Mapping[int, float], size: float, breakable: float
) -> tuple[Need, ...]:
    columns: list[list[Need]] = []
    for row in _ROW.findall(inner):
        for place, (attributes, content) in enumerate(_CELL.findall(row)):
            if place == len(columns):
                columns.append([])
            columns[place].append(_need(attributes, content, advances, size, breakable))
    return tuple(
        Need(
            least=max(n.least for n in column),
            body=max(n.body for n in column),
            most=max(n.most for n in column),
        )
        for column in columns
    )


def _need(
    attributes: str, content: str, advances: Mapping[int, float], size: float, breakable: float
) -> Need:
    names = _classes(attributes)
    text = " ".join(unescape(_TAG.sub(" ", content)).split())
    code = "code" in names
    extra = CHIP if "chip" in content else 0.0

    def width(piece: str) -> float:
        ems = sum(CODE if code else advances.get(ord(c), OTHER) for c in piece) + extra
        return ems * size * SLACK + PADDING

    whole = width(text)
    least = max(map(width, _WORD.split(text)))
    if 'scope="col"' in attributes:
        return Need(least=least * HEADING, body=0.0, most=whole * HEADING)
    if "long" in names or "wide" in names:
        least = min(least, breakable * size + PADDING)
    elif "nowrap" in names or "num" in names:
        least = whole
    return Need(least=least, body=whole, most=whole)


def _classes(attributes: str) -> Sequence[str]:
    found = _CLASS.search(attributes)
    return found[1].split() if found else ()


@functools.cache
def _advances(file: Path) -> Mapping[int, float]:
    """Advance of each letter in em."""
    from fontTools.ttLib import TTFont

    with TTFont(file, lazy=True) as font:
        unit = font["head"].unitsPerEm
        metrics = font["hmtx"]
        return {point: metrics[name][0] / unit for point, name in font.getBestCmap().items()}
