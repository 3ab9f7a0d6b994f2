"""CSV, TSV and their relatives as streams of text columns: any delimiter, any encoding, every lost row said."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.contents import Contents
from raudit.data.readers.encodings import TextForm, find_form, lines, utf8
from raudit.data.readers.headers import looks_like_data
from raudit.data.readers.options import Budget, ReadOptions, check_columns
from raudit.data.readers.rows import as_batches
from raudit.data.readers.source import StreamedTable, add_problems, named, unreadable
from raudit.data.readers.typing import type_written
from raudit.errors import DataError

Quoting = Literal[0, 3]
"""Values of ``csv.QUOTE_MINIMAL`` and ``csv.QUOTE_NONE``."""
DELIMITERS = ",;\t|\x1f\x01^~"
BLOCK = 12 * 2**20
"""Bytes that Arrow reads at once; no line is longer, or ``TextForm.strange`` says so."""
SAMPLE_LINES = 400
SAMPLE_SIZE = 4 * 2**20
"""Characters after which no further line is taken as a sample, once there are two."""
LONGEST_LINE = 2**30
FEWEST_SPACED, PARTS = 5, 4
"""Rows, and parts of each, from which a file of one column looks as if spaces were its delimiter."""
WHOLE_LINES = "\x1e"
"""Delimiter of a file whose lines are one cell each."""
CALLED = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "bar",
    "^": "caret",
    "~": "tilde",
    WHOLE_LINES: "none",
}
"""Delimiters in the record, where the mark itself would be lost among others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file's text is rows."""

    text: TextForm
    delimiter: str
    quoted: bool
    """Whether double quotes enclose cells."""
    skip: int
    """Bytes of UTF-8 before the first row of data."""
    header: tuple[str, ...]
    """Names as written; empty if there are none."""
    width: int
    problems: tuple[str, ...]

    @property
    def first_row(self) -> int:
        """Number of the first row of data, as somebody counts who opens the file."""
        return 2 if self.header else 1


def delimited(contents: Contents, options: ReadOptions) -> StreamedTable:
    """A file of delimited text.

    Raises
    ------
    DataError
        If it is empty, too wide, or its first row looks like data and nobody said whether it is.
    """
    form = find_layout(contents, options)
    check_columns(contents.name, form.width, options.limits)
    header = form.header or tuple(f"column {place}" for place in range(1, form.width + 1))
    names = named(header)
    problems = list(form.problems)

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        by = _by_python if form.text.strange else _by_arrow
        yield from by(contents, form, names, columns, rows, options, problems)

    text = form.text
    delimiter = CALLED.get(form.delimiter, f"U+{ord(form.delimiter):04X}")
    described = {"format": "text", "delimiter": delimiter, "encoding": text.declared_name}
    if not form.header:
        described["header"] = "none"
    numbers = options.numbers
    return StreamedTable(
        name=contents.name,
        kinds={ColumnName(name): Kind.TEXT for name in names},
        n_rows=0,
        read=read,
        problems=problems,
        limits=options.limits,
        header=header,
        typed=lambda _name, column: type_written(column, numbers),
        described=described,
    )


def find_layout(contents: Contents, options: ReadOptions) -> Layout:
    """Find out how a file's text is rows, where it is not declared.

    Raises
    ------
    DataError
        If the file is empty, its encoding is unknown, or its first row cannot be read.
    """
    text = find_form(contents, options)
    longest = options.limits.cell_bytes
    sample, rest = _sample(contents, text, longest)
    if not any(line.strip("\r\n \t\0") for line in sample):
        raise _nothing(contents.name, sample, rest)
    skip, sample = _without_blanks(sample)
    if '"' not in sample[0]:  # to parse a row of millions of cells takes minutes
        check_columns(contents.name, max(map(sample[0].count, DELIMITERS)) + 1, options.limits)
    announced = re.fullmatch(r"sep=(.)\s*", sample[0])
    if announced:
        skip += len(sample[0].encode("utf-8", "replace"))
        skip_blank, sample = _without_blanks(sample[1:] or [""])
        skip += skip_blank
    delimiter = (
        options.delimiter or (announced and announced[1]) or _delimiter(contents, sample, rest)
    )
    quoted, problem = (
        (True, "") if not text.quotes else _quoting(contents, text, delimiter, longest)
    )
    cells, used = _first_row(sample, delimiter, quoted, contents.name)
    following = _rows(sample, delimiter, quoted)[1:]
    problems = [part for part in (text.problem, problem) if part]
    spaced = _by_spaces(sample) if len(cells) == 1 and options.delimiter is None else 0
    if spaced:
        problems.append(
            f"every row falls into {spaced} parts by spaces, and into one by any other delimiter; "
            "say which it is with delimiter"
        )
    header = options.header
    if header is None:
        header = not looks_like_data(cells, following)
        if not header:
            problems.append(
                "the first row looks like data and not like names, so it was read as data and columns got "
                "numbers; say which it is with header"
            )
    if header:
        skip += used
    return Layout(
        text=text,
        delimiter=delimiter,
        quoted=quoted,
        skip=skip,
        header=tuple(cells) if header else (),
        width=len(cells),
        problems=tuple(problems),
    )


def _nothing(name: str, sample: list[str], rest: bool) -> DataError:
    """The error for a file whose first lines hold nothing: it is empty only if there are no more."""
    if rest:
        got = f"the first {len(sample):,} lines are blank"
        return unreadable(name, got, "take the blank lines away, and read it again")
    if any("\0" in line for line in sample):
        return unreadable(name, "nothing but zero bytes", "copy it again: a copy broke off")
    return DataError(
        "the data file is empty", reference="data-empty", where=name, hint="check the export"
    )


def _sample(contents: Contents, text: TextForm, longest: int) -> tuple[list[str], bool]:
    """The first lines, and whether there are more."""
    found: list[str] = []
    held = 0
    for line in lines(contents, text, longest):
        if len(found) == SAMPLE_LINES or (held > SAMPLE_SIZE and len(found) > 1):
            return found, True
        found.append(line)
        held += len(line)
    return found, False


def _without_blanks(sample: list[str]) -> tuple[int, list[str]]:
    """Bytes of the blank lines at the start, and the lines after them."""
    skip = 0
    for place, line in enumerate(sample):
        if line.strip():
            return skip, sample[place:]
        skip += len(line.encode("utf-8", "replace"))
    return skip, [""]


def _rows(sample: Sequence[str], delimiter: str, quoted: bool) -> list[list[str]]:
    quoting: Quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    csv.field_size_limit(LONGEST_LINE)
    try:
        found = list(csv.reader(sample, delimiter=delimiter, quoting=quoting))
    except csv.Error:
        return []
    return [row for row in found if row]


def _first_row(
    sample: Sequence[str], delimiter: str, quoted: bool, name: str
) -> tuple[list[str], int]:
    """Cells of the first row, and the bytes it takes: a quoted name may go over several lines."""
    used = 0

    def counted() -> Iterator[str]:
        nonlocal used
        for line in sample:
            used += len(line.encode("utf-8", "replace"))
            yield line

    quoting: Quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    csv.field_size_limit(LONGEST_LINE)
    try:
        cells = next(csv.reader(counted(), delimiter=delimiter, quoting=quoting), [])
    except csv.Error as error:
        raise unreadable(name, "a first row that no CSV reader takes") from error
    return cells, used


def _delimiter(contents: Contents, sample: list[str], rest: bool) -> str:
    """The delimiter by which most rows fall into as many cells as the first, and into most cells."""
    whole = sample[:-1] if rest and len(sample) > 1 else sample
    usual = "\t" if contents.suffix in {".tsv", ".tab"} else ","
    best, score = "", (0.0, 0, False)
    for delimiter in DELIMITERS:
        rows = _rows(whole, delimiter, quoted=True) if delimiter in "".join(whole[:50]) else []
        if not rows or len(rows[0]) < 2:
            continue
        equal = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        found = (round(equal, 2), len(rows[0]), delimiter == usual)
        if delimiter == usual and equal >= 0.9:
            return usual
        if found > score:
            best, score = delimiter, found
    if best:
        return best
    return usual if contents.suffix in {".csv", ".tsv", ".tab"} else WHOLE_LINES


def _by_spaces(sample: Sequence[str]) -> int:
    """Parts into which every row falls by spaces, if they are too many and too alike to be words of a text."""
    rows = [len(line.split()) for line in sample if line.strip()]
    alike = len(rows) >= FEWEST_SPACED and len(set(rows)) == 1 and rows[0] >= PARTS
    return rows[0] if alike else 0


def _quoting(contents: Contents, text: TextForm, delimiter: str, longest: int) -> tuple[bool, str]:
    """Whether quotes enclose cells, and what is wrong with them.

    Tab-separated text is often written without any quoting: there a mark of inches at the start of a cell would swallow
    the tabs and lines up to the next one.
    """
    csv.field_size_limit(LONGEST_LINE)
    row = 0
    try:
        reader = csv.reader(lines(contents, text, longest), delimiter=delimiter, strict=True)
        for row, cells in enumerate(reader, 1):  # noqa: B007 -- the last one is named below
            if delimiter == "\t" and any("\t" in cell and "\n" in cell for cell in cells):
                return False, ""
    except csv.Error:
        if delimiter in {"\t", WHOLE_LINES}:
            return False, ""
        return (
            True,
            f"a quote in row {row + 1:,} does not end where its cell does, so cells may have run together",
        )
    return True, ""


def _opened(contents: Contents, form: Layout) -> BinaryIO:
    file = utf8(contents, form.text)
    left = form.skip
    while left > 0 and (piece := file.read(min(left, 2**20))):
        left -= len(piece)
    return file


def _by_arrow(
    contents: Contents,
    form: Layout,
    names: Sequence[str],
    columns: Sequence[ColumnName],
    rows: int,
    options: ReadOptions,
    problems: list[str],
) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    budget = Budget(contents.name, options.limits)
    ragged = _Ragged(form)
    read = arrow_csv.ReadOptions(block_size=BLOCK, column_names=list(names), use_threads=False)
    parse = arrow_csv.ParseOptions(
        delimiter=form.delimiter,
        quote_char='"' if form.quoted else False,
        newlines_in_values=form.quoted and form.text.quotes,
        invalid_row_handler=ragged.skip,
    )
    convert = arrow_csv.ConvertOptions(
        column_types={name: pa.large_string() for name in names},
        include_columns=[str(name) for name in columns],
        null_values=list(options.missing),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        check_utf8=False,
    )
    with _opened(contents, form) as file:
        if not file.peek(1):  # type: ignore[attr-defined]
            return
        try:
            for batch in arrow_csv.open_csv(
                file, read_options=read, parse_options=parse, convert_options=convert
            ):
                budget.take(batch.num_rows, len(columns), batch.nbytes)
                for start in range(0, batch.num_rows, rows):
                    yield batch.slice(start, rows)
        except pa.ArrowInvalid as error:
            # Arrow quotes the row in its message, and the row may hold anything: nothing of it is kept.
            raise unreadable(contents.name, "rows or quotes that never end") from error
    add_problems(problems, ragged.problems())


class _Ragged:
    """Rows with another number of cells than the first: counted, the first of them named."""

    def __init__(self, form: Layout) -> None:
        self.form = form
        self.count = 0
        self.first = ""

    def skip(self, row: Any) -> str:
        """Arrow's way to say what a row is."""
        number = (row.number or 1) + self.form.first_row - 1
        self.add(number, row.actual_columns, row.expected_columns)
        return "skip"

    def add(self, number: int, got: int, expected: int) -> None:
        """Count a row."""
        self.count += 1
        if not self.first:
            columns = "1 column" if got == 1 else f"{got:,} columns"
            self.first = f"row {number:,} has {columns}, {expected:,} expected"

    def problems(self) -> list[str]:
        """What to say."""
        if not self.count:
            return []
        rows = "1 row was" if self.count == 1 else f"{self.count:,} rows were"
        counted = " (the header is row 1)" if self.form.header else ""
        return [f"{rows} left out: {self.first}{counted}"]


def _by_python(
    contents: Contents,
    form: Layout,
    names: Sequence[str],
    columns: Sequence[ColumnName],
    rows: int,
    options: ReadOptions,
    problems: list[str],
) -> Iterator[Any]:
    """For what Arrow's blocks cannot hold: lines of many megabytes, and NUL inside of cells."""
    places = [names.index(column) for column in columns]
    missing = frozenset(options.missing)
    ragged = _Ragged(form)
    csv.field_size_limit(min(options.limits.cell_bytes, 2**31 - 1))
    quoting: Quoting = csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE

    def cells() -> Iterator[list[str | None]]:
        with io.TextIOWrapper(
            _opened(contents, form), "utf-8", errors="replace", newline=""
        ) as file:
            reader = csv.reader(file, delimiter=form.delimiter, quoting=quoting)
            try:
                for number, row in enumerate(reader, form.first_row):
                    if len(row) == form.width:
                        yield [None if row[place] in missing else row[place] for place in places]
                    elif row:
                        ragged.add(number, len(row), form.width)
            except csv.Error as error:
                longest = f"a cell of more than {options.limits.cell_bytes:,} bytes (data.limits.cell_bytes)"
                raise unreadable(contents.name, longest) from error

    yield from as_batches(cells(), columns, rows, Budget(contents.name, options.limits))
    add_problems(problems, ragged.problems())
