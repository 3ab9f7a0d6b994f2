"""CSV, TSV and JSON lines, whatever their encoding, as streams of text columns."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName, Kind

if TYPE_CHECKING:
    from raudit.stages.pii.sources import StreamedTable

LONGEST_FIELD = 256 * 2**20
"""A longer cell is an error and not a cell."""
KEPT = 20_000
"""Characters of a cell that are kept."""
BLOCK = 32 * 2**20


def delimited(path: Path, name: str) -> StreamedTable:
    """A CSV or TSV file; columns without a name or with a doubled one get a number."""
    encoding, plain = _looked_over(path)
    delimiter = delimiter_of(path, encoding)
    with _text(path, encoding) as file:
        csv.field_size_limit(LONGEST_FIELD)
        try:
            header = next(csv.reader(file, delimiter=delimiter), [])
        except csv.Error as error:
            raise _broken(name, error) from error
    names = named(header)
    problems: list[str] = []

    def rows_by_arrow(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        yield from _by_arrow(path, delimiter, names, columns, rows, problems, name)

    def rows_by_python(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        with _text(path, encoding) as file:
            reader = csv.reader(file, delimiter=delimiter)
            next(reader, None)
            places = [names.index(c) for c in columns]
            yield from as_batches(_cells(reader, places, name), columns, rows)

    return _table(name, names, rows_by_arrow if plain else rows_by_python, problems)


def json_lines(path: Path, name: str) -> StreamedTable:
    """A file of JSON objects, one a line; objects inside objects become dotted columns."""
    encoding, _ = _looked_over(path)
    problems: list[str] = []
    names: dict[str, None] = {}
    for index, entry in enumerate(_objects(path, encoding, [])):
        names.update(dict.fromkeys(entry))
        if index >= 10_000 or len(names) > 100_000:
            break

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        def cells() -> Iterator[list[str | None]]:
            for entry in _objects(path, encoding, problems):
                yield [entry.get(column) for column in columns]

        yield from as_batches(cells(), columns, rows)

    if not names:
        from raudit.stages.pii.sources import unreadable

        raise unreadable(name, "no JSON object in it")
    return _table(name, list(names), read, problems)


def _table(name: str, names: Sequence[str], read: Any, problems: list[str]) -> StreamedTable:
    from raudit.stages.pii.sources import MAX_COLUMNS, StreamedTable, too_many_columns, unreadable

    if not names:
        raise unreadable(name, "empty")
    if len(names) > MAX_COLUMNS:
        raise too_many_columns(name, len(names))
    kinds: Mapping[ColumnName, Kind] = {ColumnName(n): Kind.TEXT for n in names}
    return StreamedTable(name=name, kinds=kinds, n_rows=0, read=read, problems=problems)


def _looked_over(path: Path) -> tuple[str, bool]:
    """Encoding of a file, and whether Arrow can read it: UTF-8 throughout, no NUL, no very long line."""
    with path.open("rb") as file:
        start = file.read(4)
        if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16", False
        file.seek(0)

        utf8, strange, since = codecs.getincrementaldecoder("utf-8")(), False, 0
        while block := file.read(2**22):
            strange = strange or b"\0" in block
            last = block.rfind(b"\n")
            longest = max((len(line) for line in block.split(b"\n")), default=0) if last >= 0 else len(block)
            since = len(block) - last if last >= 0 else since + len(block)
            strange = strange or longest > BLOCK // 4 or since > BLOCK // 4
            try:
                utf8.decode(block)
            except UnicodeDecodeError:
                return "cp1252", False
    return "utf-8-sig", not strange


def _text(path: Path, encoding: str) -> Any:
    # cp1252 has five holes; what is broken becomes a mark and is still searched around it.
    return path.open(encoding=encoding, errors="replace", newline="")


def encoding_of(path: Path) -> str:
    """Encoding in which a file is read."""
    return _looked_over(path)[0]


def delimiter_of(path: Path, encoding: str) -> str:
    """What separates the cells of a file."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    with _text(path, encoding) as file:
        line = file.readline(100_000)
    return max(",;\t|", key=line.count)


def named(header: Sequence[str]) -> list[str]:
    """Names of columns; one without gets its number, one that occurs again too."""
    names: list[str] = []
    seen: set[str] = set()
    for index, raw in enumerate(header, 1):
        name = raw.strip() or f"column {index}"
        name = name if name not in seen else f"{name} ({index})"
        seen.add(name)
        names.append(name)
    return names


def _by_arrow(
    path: Path,
    delimiter: str,
    names: Sequence[str],
    columns: Sequence[ColumnName],
    rows: int,
    problems: list[str],
    source: str,
) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    from raudit.stages.pii.sources import unreadable

    skipped = 0

    def skip(_row: Any) -> str:
        nonlocal skipped
        skipped += 1
        return "skip"

    try:
        reader = arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                block_size=BLOCK, column_names=list(names), skip_rows=1, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={n: pa.large_string() for n in names},
                include_columns=list(columns),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        for batch in reader:
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)
    except pa.ArrowException as error:
        raise unreadable(source, "broken rows or quotes") from error
    if skipped:
        problems.append(f"{skipped:,} rows have another number of cells than the header and were left out")


def _cells(reader: Any, places: Sequence[int], source: str) -> Iterator[list[str | None]]:
    try:
        for row in reader:
            yield [row[p][:KEPT] if p < len(row) else None for p in places]
    except csv.Error as error:
        raise _broken(source, error) from error


def _objects(path: Path, encoding: str, problems: list[str]) -> Iterator[dict[str, str | None]]:
    bad = 0
    with _text(path, encoding) as file:
        for line in iter(lambda: file.readline(LONGEST_FIELD), ""):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                bad += 1
                continue
            if isinstance(value, dict):
                yield flattened(value)
            else:
                bad += 1
    if bad:
        problems.append(f"{bad:,} lines are not JSON objects and were left out")


def flattened(value: Mapping[str, Any]) -> dict[str, str | None]:
    """An object of objects as one flat object with dotted keys and text values."""
    flat: dict[str, str | None] = {}
    stack: list[tuple[str, Any, int]] = [(str(k), v, 0) for k, v in reversed(list(value.items()))]
    while stack and len(flat) < 100_000:
        key, item, depth = stack.pop()
        if isinstance(item, dict) and depth < 8:
            stack += [(f"{key}.{k}", v, depth + 1) for k, v in reversed(list(item.items()))]
        elif item is None:
            flat[key] = None
        elif isinstance(item, (list, dict)):
            flat[key] = json.dumps(item, ensure_ascii=False)[:KEPT]
        else:
            flat[key] = str(item)[:KEPT]
    return flat


def as_batches(rows: Iterator[list[str | None]], columns: Sequence[ColumnName], size: int) -> Iterator[Any]:
    """Rows of cells as record batches, bounded in rows and in bytes."""
    import pyarrow as pa

    held: list[list[str | None]] = []
    weight = 0

    def batch() -> Any:
        arrays = [pa.array([_clean(row[i]) for row in held], pa.large_string()) for i in range(len(columns))]
        return pa.RecordBatch.from_arrays(arrays, names=list(columns))

    for row in rows:
        held.append(row)
        weight += sum(len(cell) for cell in row if cell) + 8 * len(row)
        if len(held) >= size or weight > BLOCK:
            yield batch()
            held, weight = [], 0
    if held:
        yield batch()


def _clean(cell: str | None) -> str | None:
    # Lone surrogates from JSON escapes have no UTF-8 form.
    return cell if cell is None or cell.isascii() else cell.encode("utf-8", "replace").decode("utf-8")


def _broken(name: str, error: csv.Error) -> Any:
    from raudit.stages.pii.sources import unreadable

    return unreadable(name, str(error)[:80])
