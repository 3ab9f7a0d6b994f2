"""Labels that people gave, joined to the turns they were given for; a label for another answer does not count."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.turns.front import opened
from raudit.turns.table import Turns
from raudit.turns.texts import label

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
    place = {name: number for number, name in enumerate(ids)}
    digests = (
        turns.table.column("output_sha256").to_pylist()
        if "output_sha256" in turns.table.column_names
        else None
    )
    found: dict[str, list[str | None]] = {}
    seen: set[str] = set()
    stale = 0
    for number, row in enumerate(_rows(path), start=2):
        name = label(row.get("turn_id") or "")
        if name in seen or name not in place:
            why = "a turn twice" if name in seen else "a turn that is not among the turns"
            raise _wrong(
                path, f"{why}, in row {number}", "keep one row a turn, as the sample was drawn"
            )
        seen.add(name)
        at = place[name]
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
    import zipfile

    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(path) as zipped:
            if sum(info.file_size for info in zipped.infolist()) > 4 * MOST_BYTES:
                raise _wrong(path, "a workbook that inflates to too much", "save it as CSV")
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            for row in book.worksheets[0].iter_rows(values_only=True):
                yield list(row)
        finally:
            book.close()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _wrong(path, "no workbook", "save it as .xlsx or .csv again") from error


def _wrong(path: Path, got: str, hint: str) -> DataError:
    return DataError(
        "the file of labels cannot be used",
        reference="turns-labels",
        where=path.name,
        got=got,
        hint=hint,
    )
