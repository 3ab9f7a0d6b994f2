"""What a sheet of Excel holds beside its cells' values: merged cells, and formulas that nobody has computed.

Both look like missing values to whoever reads values alone. They are found in the sheet's own XML (ECMA-376, 18.3.1.4
``c``, 18.3.1.40 ``f`` and 18.3.1.55 ``mergeCell``), a piece at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO

PIECE = 2**20
MERGED = re.compile(rb"<mergeCell\b[^<>]*\bref=[\"']([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)[\"']")
FORMULA = re.compile(
    rb"<c\b((?:[^<>/\"']|\"[^<\"]*\"|'[^<']*')*)>\s*<f\b[^<>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
"""No value of an attribute holds ``<``, so each search ends at the next element."""
PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d+)[\"']")
TEXT = re.compile(rb"\bt=[\"']str[\"']")
"""An empty text is a value that a formula can have."""


@dataclass(slots=True)
class Marks:
    """Cells that hold no value of their own where one is meant to be; by column and row, from 1."""

    merged: list[tuple[str, int, int]] = field(default_factory=list)
    """Range as Excel writes it, with its last row and its first column."""
    uncomputed: list[tuple[str, int, int]] = field(default_factory=list)
    """Cell as Excel writes it, with its row and column."""

    def merges(self, first_row: int, width: int) -> str:
        """What to say of merged cells in a table whose rows begin after ``first_row``; empty if it has none."""
        found = _inside(self.merged, first_row, width)
        if not found:
            return ""
        what = "1 range of cells is" if len(found) == 1 else f"{len(found):,} ranges of cells are"
        return (
            f"{what} merged, first {found[0]}: only one cell of each holds the value; "
            "split them and fill in the others"
        )

    def problems(self, first_row: int, width: int) -> list[str]:
        """What cannot be read of such a table."""
        found = _inside(self.uncomputed, first_row, width)
        if not found:
            return []
        what = "1 formula has" if len(found) == 1 else f"{len(found):,} formulas have"
        return [f"{what} no computed value, first {found[0]}: open the file in Excel and save it"]


def _inside(places: list[tuple[str, int, int]], first_row: int, width: int) -> list[str]:
    inside = (p for p in places if p[1] > first_row and p[2] <= width)
    return [name for name, _, _ in sorted(inside, key=lambda place: place[1:])]


def marks_of(sheet: BinaryIO) -> Marks:
    """Read the XML of a sheet."""
    found, rest = Marks(), b""
    while piece := sheet.read(PIECE):
        text = rest + piece
        # What begins behind here may end in the next piece.
        cut = max(text.rfind(b"</c>"), text.rfind(b"<mergeCell ") - 1)
        if cut < 0:
            rest = text[-PIECE:]
            continue
        cut += 4 if text.startswith(b"</c>", cut) else 1
        _look(text[:cut], found)
        rest = text[cut:]
    _look(rest, found)
    return found


def _look(text: bytes, found: Marks) -> None:
    if b"<mergeCell" in text:
        for left, top, right, bottom in MERGED.findall(text):
            if bottom != top or left != right:
                name = f"{left.decode()}{top.decode()}:{right.decode()}{bottom.decode()}"
                found.merged.append((name, int(bottom), _number(left)))
    if b"<f" not in text:
        return
    for attributes in FORMULA.findall(text):
        place = PLACE.search(attributes)
        if place is not None and not TEXT.search(attributes):
            name = (place[1] + place[2]).decode()
            found.uncomputed.append((name, int(place[2]), _number(place[1])))


def _number(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
