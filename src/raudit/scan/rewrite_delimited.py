"""CSV and TSV: cells are exchanged in place; quotes, line ends, encoding and ragged rows stay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from raudit.data.readers.delimited import Layout, find_layout
from raudit.errors import DataError
from raudit.scan.copies import Copied, Original, Piece, counted, errors_of, put_pieces
from raudit.scan.redact import Redactor, Redactors
from raudit.scan.sources import StreamedTable
from raudit.stages.pii.recognise.names import holds_full_name

LONGEST_RECORD = 256 * 2**20
ANNOUNCED = re.compile(r"\ufeff?sep=.\s*")
"""A first line that names the delimiter, as spreadsheets write it."""
RAGGED = (
    "{n} rows have another number of cells than the header: they are copied, and each of their cells was searched for "
    "everything, since it cannot be told which column it is of"
)


class Record(NamedTuple):
    """A line of the table: its cells, and what stands between them."""

    cells: list[str]
    """As they stand, quotes included."""
    ends: list[str]
    """What follows each cell: the delimiter, or the line's end."""


def copy(original: Original, source: StreamedTable, file: IO[bytes], columns: Redactors) -> Copied:
    """Copy a table of text; see ``rewrite``."""
    layout = find_layout(original.contents, original.reading)
    copied, notes = Copied(notes=list(layout.problems)), Counter[str]()
    names = [str(name) for name in source.kinds]

    def pieces() -> Iterator[Piece]:
        header, above = bool(layout.header), len(layout.above)
        for number, record in enumerate(records(original.path, layout)):
            text = "".join(map("".join, zip(record.cells, record.ends, strict=True)))
            blank = record.cells in ([], [""]) or (header and not text.strip("\ufeff \t\r\n"))
            if blank or (not number and ANNOUNCED.fullmatch(text)):
                yield Piece(text)
                continue
            if above:
                above -= 1
                yield from _pieces(record, [], columns, layout, header=False)
                continue
            if header and len(record.cells) != len(names):
                raise _read_otherwise(source.name)
            notes[RAGGED] += not header and len(record.cells) != len(names)
            copied.rows += not header
            yield from _pieces(record, names, columns, layout, header=header)
            header = False

    put_pieces(pieces(), file, layout.text.encoding, copied)
    copied.notes += counted(notes)
    return copied


def records(path: Path, layout: Layout) -> Iterator[Record]:
    """Every record of a file as it stands, blank lines too; a mark at the file's beginning is a character of it here.

    A quote opens a cell only at its beginning (RFC 4180, 2.5); one that is never closed is an ordinary character.
    """
    encoding, mark = layout.text.encoding, re.escape(layout.delimiter)
    quotes = rf'"(?:[^"]|"")*"[^{mark}\r\n]*|' if layout.quoted else ""
    cell = re.compile(rf"({quotes}[^{mark}\r\n]*)({mark}|\r\n|\n|\r|\Z)")
    with path.open(encoding=encoding, errors=errors_of(encoding), newline="") as file:
        line = file.readline()
        while line:
            while layout.quoted and _open(line, layout.delimiter):
                more = file.readline()
                if not more or len(line) > LONGEST_RECORD:
                    break
                line += more
            yield from _records(line, cell)
            line = file.readline()


def _open(line: str, delimiter: str) -> bool:
    """Whether a quoted cell goes on behind the end of the line."""
    place = 1 if line.startswith("\ufeff") else 0
    while True:
        if line[place : place + 1] == '"':
            place += 1
            while True:
                place = line.find('"', place)
                if place < 0:
                    return True
                if line[place + 1 : place + 2] != '"':
                    break
                place += 2
        place = line.find(delimiter, place) + 1
        if not place:
            return False


def _records(text: str, cell: re.Pattern[str]) -> Iterator[Record]:
    place, record = 0, Record([], [])
    mark = text[:1] if text.startswith("\ufeff") else ""
    place = len(mark)
    while place < len(text):
        match = cell.match(text, place)
        assert match is not None  # noqa: S101 -- the last alternative matches the empty text
        record.cells.append(mark + match[1])
        record.ends.append(match[2])
        mark, place = "", match.end()
        if match[2] in {"\r\n", "\n", "\r", ""}:
            yield record
            record = Record([], [])
    if record.cells:
        record.cells.append("")
        record.ends.append("")
        yield record


def _pieces(
    record: Record, names: Sequence[str], columns: Redactors, layout: Layout, *, header: bool
) -> Iterator[Piece]:
    ragged = len(record.cells) != len(names)
    for place, (stands, end) in enumerate(zip(record.cells, record.ends, strict=True)):
        raw = stands.removeprefix("\ufeff") if not place else stands
        mark = stands[: len(stands) - len(raw)]
        quoted = layout.quoted and raw.startswith('"') and raw.rfind('"') > 0
        value = value_of(raw) if quoted else raw
        redactor = (
            (columns.anywhere if holds_full_name(value) else columns.names)
            if header
            else _redactor(place, names, columns, ragged=ragged)
        )
        if mark:
            yield Piece(mark)
        yield Piece(raw, value, redactor, lambda new, quoted=quoted: _written(new, layout, quoted))  # type: ignore[misc]
        yield Piece(end)


def _redactor(
    place: int, names: Sequence[str], columns: Redactors, *, ragged: bool
) -> Redactor | None:
    if not ragged:
        return columns.of(names[place])
    own = columns.of(names[place]) if place < len(names) else None
    return own if own is not None and own.whole else columns.anywhere


def value_of(raw: str) -> str:
    """What a cell means without its quotes."""
    last = raw.rfind('"')
    return (
        raw[1:last].replace('""', '"') + raw[last + 1 :]
        if raw.startswith('"') and last > 0
        else raw
    )


def _written(new: str, layout: Layout, quoted: bool) -> str:
    if quoted or (layout.quoted and any(c in new for c in (layout.delimiter, '"', "\r", "\n"))):
        return '"' + new.replace('"', '""') + '"'
    return new


def _read_otherwise(name: str) -> DataError:
    return DataError(
        "the first record is not the header that was scanned",
        reference="copy-differs",
        where=name,
        hint="let the file begin with one line of column names",
    )
