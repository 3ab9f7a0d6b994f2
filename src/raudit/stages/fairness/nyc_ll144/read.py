"""Tables as people publish them (CSV, spreadsheets, web pages, pasted text), read into grids of printed cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.ordinary import read_file
from raudit.stages.fairness.nyc_ll144.printed import NOT_GIVEN, PER_CENT
from raudit.workbooks import UnfitWorkbookError, load_bounded

MAX_BYTES = 20_000_000
MAX_UNPACKED = 5 * MAX_BYTES
MAX_SPAN = 100
MAX_CELLS = 500_000
UNREAD_TAGS = ("script", "style", "sup")
"""Tags whose text is none of a cell's; what stands raised is a footnote's mark, and ``1<sup>2</sup>`` is no 12."""
INLINE_TAGS = ("a", "b", "em", "i", "small", "strong", "sub", "sup", "u")
"""Tags that do not part one text from the next."""
LONGEST_NAME = 7
"""Words of a category beside a single number; more of them are a sentence."""
NUMBER = rf"(?:[<>≤≥~≈]?\d[\d.,' ’]*%?|{NOT_GIVEN}|-{{1,3}}|–|—)[*†‡§¹²³⁰-⁹]*"
WHERE_NUMBERS = re.compile(rf"(?<![\w.,]){NUMBER}(?=\s|$)", re.IGNORECASE)
"""A cell of numbers in a pasted line: a number, ``N/A`` or a dash."""
NAMED = re.compile(rf"(.*[^\W\d_].*?) ?: ?({NUMBER})", re.IGNORECASE)
"""A cell of a name and its first number, as in ``Male: 120``."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of cells as printed."""

    number: int
    """Line of the file, or row of the sheet or page, from 1."""
    cells: tuple[str, ...]


Grid = tuple[Line, ...]


def read_grids(path: Path) -> tuple[Grid, ...]:
    """Every table of a file.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    try:
        raw = read_file(path)
    except OSError as error:
        raise _unreadable(path, error.strerror or "not a file") from error
    if len(raw) > MAX_BYTES:
        raise _unreadable(path, f"{len(raw):,} bytes, more than {MAX_BYTES:,}")
    if raw.startswith(b"PK"):
        return tuple(_sheets(raw, path))
    text = _decoded(raw, path)
    if path.suffix.lower() in (".html", ".htm") or re.match(
        r"\s*<(?:!doctype|html|table|body|div|p|h\d)\b", text, re.IGNORECASE
    ):
        return _pages(text, path)
    return (_lines(text),)


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(
        "the table cannot be read",
        reference="ll144-unreadable",
        where=str(path),
        got=why,
        hint="save the published table as CSV, XLSX or HTML, or paste it into a text file",
    )


def _decoded(raw: bytes, path: Path) -> str:
    if b"\0" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unreadable(path, "not text")
    for encoding in (
        ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    ):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(path, "not text in UTF-8")


def _lines(text: str) -> Grid:
    """Text with a delimiter, or pasted."""
    lines = text.splitlines()
    counts = {mark: sorted(line.count(mark) for line in lines if line.strip()) for mark in "\t;|,"}
    filled = [line for line in lines if line.strip()]
    for mark in "\t;|":
        if (
            sum(line.count(mark) > 0 for line in filled) * 2 >= max(len(filled), 1)
            and counts[mark][-1] >= 2
        ):
            return _delimited(text, mark)
    commas = [line for line in filled if re.search(r",(?!\d{3}(?!\d))", line)]
    if len(commas) * 2 >= max(len(filled), 1):
        return _delimited(text, ",")
    return tuple(Line(number, _pasted(line)) for number, line in enumerate(lines, start=1))


def _delimited(text: str, mark: str) -> Grid:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=mark)
    found = []
    for read in reader:
        cells = read
        if mark == "|":
            cells = read[
                1 if read and not read[0].strip() else 0 : -1
                if read and not read[-1].strip()
                else None
            ]
            if cells and all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in cells):
                continue
            cells = [re.sub(r"^\s*(\*\*|__|\*|_|`)(.+)\1\s*$", r"\2", cell) for cell in cells]
        found.append(Line(reader.line_num, tuple(_plain(cell) for cell in cells)))
    return _names_apart(found)


def _names_apart(lines: list[Line]) -> Grid:
    """Rows ``Name: 12; 3;`` with the name in a cell of its own, and the headings above them with or without one."""
    named = [line for line in lines if line.cells and NAMED.fullmatch(line.cells[0])]
    rows = [line for line in lines if len(filled(line.cells)) > 1]
    if len(named) < 2 or 2 * len(named) < len(rows):
        return tuple(lines)
    width = max(len(line.cells) for line in named)
    found = []
    for line in lines:
        first, *rest = line.cells or ("",)
        match = NAMED.fullmatch(first)
        if match:
            rest = [*match.groups(), *rest]
        elif line in rows and ":" in first:
            rest = [_plain(part) for part in first.rsplit(":", 1)] + rest
        elif line in rows and len(line.cells) == width:
            rest = ["", first, *rest]
        else:
            rest = [first, *rest]
        found.append(replace(line, cells=tuple(rest)))
    return tuple(found)


def _pasted(line: str) -> tuple[str, ...]:
    """Cells of a line without delimiters: apart by two spaces, else the name and then its numbers."""
    line = PER_CENT.sub("%", line)
    parts = [_plain(part) for part in re.split(r"\s{2,}", line.strip()) if part.strip()]
    if len(parts) > 2:
        return tuple(parts)
    found = list(WHERE_NUMBERS.finditer(line))
    while found and line[found[-1].end() :].strip():
        found = []
    start = len(found)
    while start > 0 and (
        start == len(found) or not line[found[start - 1].end() : found[start].start()].strip()
    ):
        start -= 1
    numbers = found[start:]
    if not numbers or re.search(
        r"\d\.$", numbers[-1].group()
    ):  # no number, or the end of a sentence
        return (_plain(line),) if line.strip() else ()
    name = _plain(line[: numbers[0].start()])
    cells = [piece for match in numbers for piece in _numbers_apart(match.group())]
    if len(cells) == 1 and len(name.split()) > LONGEST_NAME:
        return (_plain(line),)
    return (name, *cells) if name else tuple(cells)


def _numbers_apart(text: str) -> Iterator[str]:
    """``1 390`` may be one number; ``1,390 667`` is two."""
    yield from text.split() if text[:1].isdigit() else (text,)


def _plain(text: object) -> str:
    return " ".join(str(text).replace("\xa0", " ").replace("\u200b", "").split())


def _sheets(raw: bytes, path: Path) -> Iterator[Grid]:
    try:
        book = load_bounded(raw, most_bytes=MAX_UNPACKED)
    except UnfitWorkbookError as error:
        raise _unreadable(path, str(error)) from error
    for sheet in book.worksheets:
        filled: dict[tuple[int, int], str] = {}
        for span in sheet.merged_cells.ranges:
            value = _shown(sheet.cell(span.min_row, span.min_col))
            for row in range(span.min_row, min(span.max_row, span.min_row + MAX_SPAN) + 1):
                for column in range(span.min_col, min(span.max_col, span.min_col + MAX_SPAN) + 1):
                    filled[row, column] = value
        yield tuple(
            Line(
                number,
                tuple(
                    filled.get((number, place), _shown(cell))
                    for place, cell in enumerate(row, start=1)
                ),
            )
            for number, row in enumerate(sheet.iter_rows(), start=1)
        )


def _shown(cell: Any) -> str:
    """A cell as the sheet shows it: a share formatted as a percentage is printed as one."""
    value, form = cell.value, str(cell.number_format or "")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _plain(value)
    decimals = re.search(r"0\.(0+)", form)
    places = len(decimals.group(1)) if decimals else 0
    if "%" in form:
        return f"{value * 100:.{places}f}%"
    if decimals or re.fullmatch(r"#?,?#*0", form):
        return f"{value:.{places}f}"
    return f"{value:.10g}"


class _Tables(HTMLParser):
    """Collects tables, cells that span rows or columns repeated."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[Line]] = []
        self.stack: list[dict[tuple[int, int], str]] = []
        self.text: list[str] | None = None
        self.hidden = 0
        self.place = (0, 0)
        self.span = (1, 1)
        self.heading: list[str] = []
        self.reading_heading = False
        self.loose: list[str] = [""]
        """Text outside of tables, block by block."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        self._break(tag)
        if tag in UNREAD_TAGS:
            self.hidden += 1
        elif tag == "table":
            self.stack.append({})
            self.place = (-1, 0)
        elif tag == "tr" and self.stack:
            self._close()
            self.place = (self.place[0] + 1, 0)
        elif tag in ("td", "th") and self.stack:
            self._close()
            given = dict(attrs)
            self.span = (_span(given.get("rowspan")), _span(given.get("colspan")))
            self.text = []
        elif tag in ("br", "p", "div") and self.text is not None:
            self.text.append(" ")
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6", "caption") and self.text is None:
            self.reading_heading, self.heading = True, []

    def handle_endtag(self, tag: str) -> None:
        """Close a cell or a table."""
        self._break(tag)
        if tag in UNREAD_TAGS:
            self.hidden = max(0, self.hidden - 1)
        elif tag in ("td", "th", "tr"):
            self._close()
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6", "caption"):
            self.reading_heading = False
        elif tag == "table" and self.stack:
            self._close()
            cells = self.stack.pop()
            title = _plain(" ".join(self.heading))
            widths: dict[int, int] = {}
            for row, column in cells:
                widths[row] = max(widths.get(row, 0), column + 1)
            lines = [Line(0, (title,))] if title else []
            for row in range(max(widths, default=-1) + 1):
                places = range(widths.get(row, 0))
                lines.append(
                    Line(row + 1, tuple(cells.get((row, column), "") for column in places))
                )
            self.tables.append(lines)
            self.heading = []

    def handle_data(self, data: str) -> None:
        """Keep text of cells and headings."""
        if self.hidden:
            return
        if self.text is not None:
            self.text.append(data)
        elif self.reading_heading:
            self.heading.append(data)
        if not self.stack:
            self.loose[-1] += data

    def _break(self, tag: str) -> None:
        if tag not in INLINE_TAGS and self.loose[-1]:
            self.loose.append("")

    def _close(self) -> None:
        if self.text is None or not self.stack:
            return
        text, cells, (row, column) = _plain("".join(self.text)), self.stack[-1], self.place
        while (row, column) in cells:
            column += 1
        for down in range(self.span[0]):
            for right in range(self.span[1]):
                cells[row + down, column + right] = text
        if len(cells) > MAX_CELLS:
            raise OverflowError
        self.text, self.place = None, (row, column + self.span[1])


def _span(text: str | None) -> int:
    return min(max(int(text[:9]), 1), MAX_SPAN) if text and text.isdecimal() else 1


def _pages(text: str, path: Path) -> tuple[Grid, ...]:
    parser = _Tables()
    try:
        parser.feed(text)
        parser.close()
    except OverflowError as error:
        raise _unreadable(path, f"a table of more than {MAX_CELLS:,} cells") from error
    if not parser.tables:  # a page may lay its cells out without one
        texts = filter(None, map(_plain, parser.loose))
        return (tuple(Line(number, (text,)) for number, text in enumerate(texts, start=1)),)
    return tuple(tuple(lines) for lines in parser.tables)


def filled(cells: Iterable[str]) -> list[str]:
    """Distinct texts of a row that are not empty; a merged cell counts once."""
    return list(dict.fromkeys(cell for cell in cells if cell))
