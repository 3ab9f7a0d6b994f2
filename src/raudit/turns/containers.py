"""Rows of a file as JSON-like objects, whatever it is packed in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from raudit.plan.schema import DataLimits
from raudit.turns.alone import rows_alone
from raudit.turns.formats import Format
from raudit.turns.front import (
    LIMITS,
    Document,
    Limits,
    Unreadable,
    concatenated,
    document,
    lines,
    opened,
    refused,
    strict_json,
)
from raudit.turns.mapping import as_text, holds
from raudit.turns.paths import MISSING, look
from raudit.turns.reading import Tally

Row = tuple[int, Any]
CUT_SHORT = "its last line is cut short"
NOT_ENDED = "the run did not end well, as the file says itself"
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is being read as one format."""

    path: Path
    format: Format
    tally: Tally
    limits: Limits = LIMITS
    budget: DataLimits = field(default_factory=DataLimits)
    """What the process of a native library may take."""


def rows(source: Source) -> Iterator[Row]:
    """Rows of the file with their places; those that cannot be read are counted and left out."""
    match source.format.container:
        case "jsonl":
            yield from _json_lines(source)
        case "json":
            yield from _json_document(source)
        case "concatenated":
            yield from _concatenated(source)
        case "csv":
            yield from _csv(source)
        case "parquet":
            for place, row, reason in rows_alone(
                source.path, "raudit.turns.alone:parquet_rows", source.budget
            ):
                if reason:
                    source.tally.bad_row(place, reason)
                else:
                    yield place, {name: _scalar(value) for name, value in row.items()}
        case other:
            raise refused(
                source.path, "turns-format", f"a format packed as {other}", "name another format"
            )


def _json_lines(source: Source) -> Iterator[Row]:
    tally, last = source.tally, None
    for place, line in lines(source.path, source.limits):
        last = None
        if isinstance(line, Unreadable):
            tally.bad_row(place, str(line))
            continue
        try:
            yield place, strict_json(line, source.limits)
        except Unreadable as reason:
            tally.bad_row(place, str(reason))
            last = line if str(reason) == "not JSON" and not line.endswith("\n") else None
    if last is not None:
        tally.unfinished = tally.unfinished or CUT_SHORT


def _json_document(source: Source) -> Iterator[Row]:
    format_ = source.format
    try:
        read = Document(document(source.path, source.limits), format_.rows, source.limits)
        yield from enumerate(read.rows(), start=1)
        if not read.found:
            raise Unreadable("no list of results")
    except Unreadable as reason:
        raise refused(
            source.path,
            "turns-broken-document",
            str(reason),
            "export the results again; nothing of it was read",
        ) from reason
    header = read.header
    if format_.version is not None and not holds(format_.version, header):
        source.tally.warn("the layout has a version that is not known here")
    if format_.ended is not None and not holds(format_.ended, header):
        source.tally.unfinished = NOT_ENDED
    version = look(header, format_.tool_version) if format_.tool_version else MISSING
    if isinstance(version, str):
        source.tally.tool_version = version[:40]
    for name, path in format_.totals.items():
        said = look(header, path)
        if isinstance(said, int) and not isinstance(said, bool):
            source.tally.tool_says[name] = said


def _concatenated(source: Source) -> Iterator[Row]:
    place = 0
    try:
        for place, row in enumerate(
            concatenated(document(source.path, source.limits), source.limits), start=1
        ):
            yield place, row
    except Unreadable as reason:
        source.tally.bad_row(place + 1, str(reason))
        source.tally.unfinished = "what follows could not be read"


def _csv(source: Source) -> Iterator[Row]:
    reader = csv_rows(source)
    names = [name.strip() for name in next(reader, (0, []))[1]]
    for place, cells in reader:
        if len(cells) != len(names):
            source.tally.bad_row(place, "more or fewer cells than columns")
            continue
        yield place, {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""}


def csv_rows(source: Source, *, doubled: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Header and rows of a CSV file; the delimiter is the one that stands most often in the header.

    Raises
    ------
    DataError
        For a quote that is never closed, a doubled or empty column name, bytes that are not UTF-8.
    """
    path = source.path
    csv.field_size_limit(source.limits.line_bytes)
    with io.TextIOWrapper(opened(path), encoding="utf-8-sig", newline="") as text:
        each = _bounded(text, source.limits.line_bytes)
        reader = csv.reader(each, delimiter=_delimiter(path), strict=True)
        place = 0
        try:
            for place, cells in enumerate(reader):
                if place == 0 and not doubled and not _distinct(cells):
                    raise refused(
                        path,
                        "turns-columns",
                        "a column name twice, or an empty one",
                        "rename the columns",
                    )
                if cells:
                    yield place, cells
        except csv.Error as error:
            raise refused(
                path,
                "turns-broken-csv",
                f"a quote that is never closed, or a row too long, near row {place + 1}",
                "write the file again with a CSV writer",
            ) from error
        except UnicodeDecodeError as error:
            raise refused(
                path, "turns-not-utf-8", "bytes that are not UTF-8", "save it as UTF-8"
            ) from error


def _bounded(text: IO[str], most: int) -> Iterator[str]:
    """Lines of a table, none of more than ``most`` letters; a cell has its own limit, and a row any number of cells."""
    while line := text.readline(most + 1):
        if len(line) > most:
            raise csv.Error
        yield line


def _distinct(names: list[str]) -> bool:
    plain = [name.strip() for name in names]
    return "" not in plain and len(set(plain)) == len(plain)


def _delimiter(path: Path) -> str:
    with opened(path) as file:
        head = file.readline(1 << 16)
    return max(DELIMITERS, key=lambda mark: head.count(mark.encode()))


def _scalar(value: object) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict) else as_text(value)
