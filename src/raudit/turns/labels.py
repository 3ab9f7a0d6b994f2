"""Labels that people gave, joined to the turns they were given for; a label for another answer does not count."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.ordinary import read_file
from raudit.turns.front import opened
from raudit.turns.table import Turns
from raudit.turns.texts import label
from raudit.workbooks import UnfitWorkbookError, load_bounded

MOST_ROWS = 1_000_000
MOST_BYTES = 64 * 2**20


def with_labels(turns: Turns, path: Path) -> Turns:
    """Join the columns ``human.NAME`` and ``judge.NAME`` of a file of labels by ``turn_id``.

    A row that carries ``output_sha256`` counts only if the turn's answer still has that digest: labels of another
    model's or prompt version's answers are counted as not used.

    Raises
    ------
    DataError
        If the file has no ``turn_id``, a turn twice, a turn that is not there, or a column the turns have already.
    """
    import pyarrow as pa

    ids = turns.table.column("turn_id").to_pylist()
    sources = turns.table.column("source").to_pylist()
    places: dict[str, list[int]] = {}
    for number, name in enumerate(ids):
        places.setdefault(name, []).append(number)
    digests = (
        turns.table.column("output_sha256").to_pylist()
        if "output_sha256" in turns.table.column_names
        else None
    )
    found: dict[str, list[str | None]] = {}
    seen: set[int] = set()
    stale = 0
    for number, row in enumerate(_rows(path), start=2):
        at = _turn(row, places, sources, path, number)
        if at in seen:
            raise _wrong(
                path,
                f"a turn twice, in row {number}",
                "keep one row a turn, as the sample was drawn",
            )
        seen.add(at)
        told = row.get("output_sha256")
        if (
            told
            and digests is not None
            and (digests[at] is None or digests[at].hex() != told.strip().lower())
        ):
            stale += 1
            continue
        for column, value in row.items():
            if column.startswith(("human.", "judge.")) and value not in (None, ""):
                found.setdefault(column, [None] * len(ids))[at] = label(value)
    table = turns.table
    for column, values in sorted(found.items()):
        if column in table.column_names:
            raise _wrong(
                path,
                f"a column that the turns have already: {column}",
                "rename it in one of the two",
            )
        table = table.append_column(column, pa.array(values, pa.string()).dictionary_encode())
    note = f"{stale:,} labels of {path.name} are for other answers and do not count"
    readings = turns.readings
    if stale:
        readings = (replace(readings[0], notes=(*readings[0].notes, note)), *readings[1:])
    return replace(turns, table=table, readings=readings)


def _turn(
    row: dict[str, str | None],
    places: dict[str, list[int]],
    sources: list[int],
    path: Path,
    number: int,
) -> int:
    """Which turn a row labels: by its id, and by the number of its file where several hold that id."""
    given = row.get("turn_id") or ""
    # The sample writes an apostrophe before what a spreadsheet would take for a formula.
    names = (label(given), label(given.removeprefix("'")))
    found = next((places[name] for name in names if name in places), [])
    source = row.get("source")
    if source:
        found = [at for at in found if str(sources[at]) == source]
    if len(found) == 1:
        return found[0]
    why = "a turn that is not among the turns"
    if found:
        why = "a turn_id that stands in several files"
    hint = "keep one row a turn, and the column source, as the sample was drawn"
    raise _wrong(path, f"{why}, in row {number}", hint)


def _rows(path: Path) -> Iterator[dict[str, str | None]]:
    names: list[str] = []
    for number, cells in enumerate(_cells(path)):
        if number > MOST_ROWS:
            raise _wrong(path, f"more than {MOST_ROWS:,} rows", "split it")
        if not names:
            names = [str(cell or "").strip() for cell in cells]
            if "turn_id" not in names or len(set(filter(None, names))) != len(
                list(filter(None, names))
            ):
                raise _wrong(
                    path,
                    "no column turn_id, or a column twice",
                    "use the file that the sample was drawn into",
                )
        elif any(cell not in (None, "") for cell in cells):
            yield {
                n: None if c is None else str(c).strip()
                for n, c in zip(names, cells, strict=False)
                if n
            }


def _cells(path: Path) -> Iterator[list[Any]]:
    if path.suffix.lower() == ".xlsx":
        yield from _workbook(path)
        return
    with opened(path) as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _wrong(path, f"more than {MOST_BYTES:,} bytes", "split it")
    try:
        text = raw.decode("utf-8-sig")
        yield from csv.reader(text.splitlines(keepends=True), strict=True)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(path, "no CSV in UTF-8", "save it as CSV in UTF-8") from error


def _workbook(path: Path) -> Iterator[list[Any]]:
    try:
        book = load_bounded(read_file(path), most_bytes=4 * MOST_BYTES)
    except OSError as error:
        raise _wrong(path, "no workbook", "save it as .xlsx or .csv again") from error
    except UnfitWorkbookError as error:
        raise _wrong(path, str(error), "save it as .xlsx or .csv again") from error
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield list(row)


def _wrong(path: Path, got: str, hint: str) -> DataError:
    return DataError(
        "the file of labels cannot be used",
        reference="turns-labels",
        where=path.name,
        got=got,
        hint=hint,
    )
