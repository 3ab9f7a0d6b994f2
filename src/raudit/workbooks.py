"""Open a small Excel workbook that somebody else made, whole and in this process, without being hurt by it.

openpyxl makes a cell for each place of a merged range and of a sheet up to its last cell, and raises whatever it
stumbles over. So every part is read once as XML, for what it would cost, before openpyxl sees it.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_CELLS = 2_000_000
"""Places of a sheet, up to its last row and column."""
MOST_MERGED = 200_000
"""Places in merged ranges."""
LONGEST_TEXT = 32_767
"""Characters of a cell that Excel itself takes."""
CHUNK = 1 << 16
PLACE = re.compile(r"\$?([A-Z]{1,9})\$?(\d{1,12})")


class UnfitWorkbookError(ValueError):
    """The content is no workbook that can be used; the text says what it is instead."""


def load_bounded(content: bytes, *, most_bytes: int, formulas: bool = False) -> Workbook:
    """Open a workbook after a look at what it would take.

    Parameters
    ----------
    content
        The file.
    most_bytes
        What its parts may hold together when they are unpacked.
    formulas
        Whether a cell with a formula is that formula, and not the value that was last computed.

    Raises
    ------
    UnfitWorkbookError
        If it takes more, or cannot be read.
    """
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
            if size > most_bytes:
                raise UnfitWorkbookError(f"{size:,} bytes unpacked")
            for part in parts.infolist():
                _measure(parts, part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which hold no cells
            return load_workbook(io.BytesIO(content), data_only=not formulas, keep_links=False)
    except UnfitWorkbookError:
        raise
    except Exception as error:
        raise UnfitWorkbookError(
            f"a workbook that cannot be read ({type(error).__name__})"
        ) from error


class _Costs:
    """What one part asks for, as its parser goes through it."""

    def __init__(self) -> None:
        self.rows = self.columns = self.merged = self.length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                (top, left), (bottom, right) = _place(first), _place(last or first)
                self.merged += (abs(bottom - top) + 1) * (abs(right - left) + 1)
            case "c":
                row, column = _place(attributes.get("r", ""))
                self.rows, self.columns = max(self.rows, row), max(self.columns, column)
                self.length = 0
            case "row" if attributes.get("r", "").isdecimal():
                self.rows = max(self.rows, int(attributes["r"][:12]))
            case "si":
                self.length = 0
        if self.rows * max(self.columns, 1) > MOST_CELLS:
            raise UnfitWorkbookError(f"a sheet of {self.rows:,} rows and {self.columns:,} columns")
        if self.merged > MOST_MERGED:
            raise UnfitWorkbookError(f"{self.merged:,} merged cells")

    def text(self, data: str) -> None:
        self.length += len(data)
        if self.length > LONGEST_TEXT:
            raise UnfitWorkbookError(f"a cell of more than {LONGEST_TEXT:,} characters")


def _place(reference: str) -> tuple[int, int]:
    """Row and column of a cell such as ``B7``, from 1; (1, 1) for what is none."""
    found = PLACE.fullmatch(reference)
    if found is None:
        return 1, 1
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


def _measure(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Go through one part; what is no XML is left to openpyxl, which does not read it as a sheet either."""
    costs, parser = _Costs(), expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler = costs.start, costs.text
    with parts.open(part) as stream:
        try:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk, False)
        except expat.ExpatError:
            return


__all__ = ["UnfitWorkbookError", "load_bounded"]
