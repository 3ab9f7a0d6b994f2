"""Sheets of Excel workbooks, each a table of text; formulas give the value that Excel last computed."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.excel_beside import texts_beside, unread_beside
from raudit.data.readers.excel_marks import Marks, marks_of
from raudit.data.readers.headers import looks_like_data
from raudit.data.readers.options import Budget, ReadOptions, check_columns, over_limit
from raudit.data.readers.rows import as_batches
from raudit.data.readers.source import Gap, StreamedTable, add_problems, because, named, unreadable
from raudit.data.readers.titles import lines_above, texts_of
from raudit.data.readers.typing import type_written
from raudit.errors import DataError

SAMPLE = 200
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
LISTED = re.compile(rb"<(?:\w+:)?sheet\s")
MOST_LIST = 16 * 2**20
"""Bytes of a list of sheets that is counted."""


def sheets(path: Path, name: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """Every sheet of a workbook, hidden ones too."""
    with _opened(path, name, options) as book:
        titles = [str(sheet.title) for sheet in book.worksheets]
        charts = len(book.sheetnames) - len(titles)
        lost = _lost_sheets(path, len(titles), len(book.sheetnames))
    beside, more = texts_beside(path)
    for title in titles:
        label = name if len(titles) == 1 else f"{name}:{title}"
        try:
            table = _sheet(path, label, title, options)
            if table is not None:
                yield replace(table, beside=(*table.beside, *beside))
                beside = ()
        except DataError as error:
            yield Gap(name=label, because=because(error))
    if charts:
        why = f"{charts:,} sheets hold a chart and no cells"
        yield Gap(name=name, because=why, offered=True)
    if lost:
        sheets_are = "1 sheet is" if lost == 1 else f"{lost:,} sheets are"
        why = f"{sheets_are} listed and not in the file, or in the file and not listed"
        yield Gap(name=name, because=why)
    unread = unread_beside(path)
    if more or beside:
        left = "texts beside the cells of more than are read, or of sheets without any"
        unread = ", ".join(filter(None, (unread, left)))
    if unread:
        yield Gap(name=name, because=f"parts of the file that are not read: {unread}", offered=True)


def _lost_sheets(path: Path, read: int, named: int) -> int:
    """How many sheets a workbook lists that lie elsewhere, or holds that no list names; a library passes over both."""
    with zipfile.ZipFile(path) as archive:
        held = sum(bool(SHEET_PART.fullmatch(part)) for part in archive.namelist())
        lists = [i for i in archive.infolist() if i.filename.endswith("workbook.xml")]
        small = [archive.read(item) for item in lists if item.file_size <= MOST_LIST]
    listed = max((len(LISTED.findall(text)) for text in small), default=0)
    return max(held - read, listed - named, 0)


@contextmanager
def _opened(path: Path, name: str, options: ReadOptions) -> Iterator[Any]:
    import warnings

    import openpyxl

    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
            strings = max(
                (i.file_size for i in archive.infolist() if "sharedStrings" in i.filename),
                default=0,
            )
        if size > options.limits.bytes:
            raise over_limit(
                name, "bytes", f"{size:,} when it is unpacked", f"{options.limits.bytes:,} bytes"
            )
        if 4 * strings > options.limits.memory_gib * 2**30:
            most = f"{options.limits.memory_gib:g} GiB"
            raise over_limit(name, "memory_gib", f"{strings:,} bytes of shared texts", most)
        # As an open file, because openpyxl goes by the suffix of a path.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which hold no cells
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                yield book
            finally:
                book.close()
    except DataError:
        raise
    except Exception as error:
        raise unreadable(
            name, f"a workbook that cannot be read ({type(error).__name__})"
        ) from error


def _rows(path: Path, name: str, title: str, options: ReadOptions) -> Iterator[list[str | None]]:
    with _opened(path, name, options) as book:
        sheet = book[title]
        sheet.reset_dimensions()  # what the file claims of its own size is not believed
        for row in sheet.iter_rows(values_only=True):
            cells = [_text(cell) for cell in row]
            while cells and cells[-1] is None:
                cells.pop()
            yield cells


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))  # Excel has no whole numbers of its own
    if isinstance(cell, dt.timedelta):
        return _length(cell)
    if isinstance(cell, dt.datetime):
        midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    return str(cell)


def _length(cell: dt.timedelta) -> str:
    """A length of time as Excel shows it: hours, minutes and seconds."""
    seconds = cell // dt.timedelta(seconds=1)
    hours, rest = divmod(abs(seconds), 3600)
    fraction = f".{cell.microseconds:06}" if cell.microseconds and seconds >= 0 else ""
    return f"{'-' if seconds < 0 else ''}{hours:02}:{rest // 60:02}:{rest % 60:02}{fraction}"


def _marks(path: Path, name: str, title: str, options: ReadOptions) -> Marks:
    with (
        _opened(path, name, options) as book,
        book._archive.open(book[title]._worksheet_path) as sheet,
    ):
        return marks_of(sheet)


def _sheet(path: Path, name: str, title: str, options: ReadOptions) -> StreamedTable | None:
    """A sheet as a table; None for one without cells."""
    # However late the first cell comes, the sheet is a table.
    rows = ((place, row) for place, row in enumerate(_rows(path, name, title, options)) if row)
    numbered = list(islice(rows, 1))
    if not numbered:
        return None
    numbered += islice(rows, SAMPLE)
    filled = [[cell or "" for cell in row] for _, row in numbered]
    above = lines_above(filled) if options.header is not False else 0
    place, first = numbered[above][0], filled[above]
    check_columns(name, len(first), options.limits)
    problems: list[str] = []
    header = options.header
    if header is None:
        header = not looks_like_data(first, filled[above + 1 :])
        if not header:
            problems.append(
                "the first row looks like data and not like names, so it was read as data and columns got "
                "numbers; say which it is with header"
            )
    width = len(first)
    raw = tuple(first) if header else tuple(f"column {place}" for place in range(1, width + 1))
    names = named(raw)
    skip = place + (1 if header else 0)
    marks = _marks(path, name, title, options)
    problems += marks.problems(skip, width)
    merged = marks.merges(skip, width)
    missing = frozenset(options.missing)

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        places = [names.index(column) for column in columns]
        extra: list[str] = []

        def cells() -> Iterator[list[str | None]]:
            count = 0
            for number, row in enumerate(
                islice(_rows(path, name, title, options), skip, None), skip + 1
            ):
                if not row:
                    continue
                if len(row) > width:
                    count += 1
                    if count == 1:
                        extra.append(f"row {number:,} has {len(row):,} columns, {width:,} expected")
                found = [row[place] if place < len(row) else None for place in places]
                yield [None if cell in missing else cell for cell in found]
            if count:
                rows_with = "1 row has" if count == 1 else f"{count:,} rows have"
                add_problems(
                    problems,
                    [f"{rows_with} cells beyond the names, which were left out: {extra[0]}"],
                )

        yield from as_batches(cells(), columns, rows, Budget(name, options.limits))

    numbers = options.numbers
    return StreamedTable(
        name=name,
        kinds={ColumnName(column): Kind.TEXT for column in names},
        n_rows=0,
        read=read,
        problems=problems,
        limits=options.limits,
        header=raw,
        typed=lambda _name, column: type_written(column, numbers),
        beside=texts_of(filled[:above]),
        described={
            "format": "excel",
            "table": title,
            **({"merged": merged} if merged else {}),
            **({"lines_above": str(above)} if above else {}),
        },
    )
