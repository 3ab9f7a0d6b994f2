"""A sample of turns for people to label: proportional over strata, seeded, and blind to what the judge said."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raudit.errors import DataError
from raudit.turns.dataset import TurnsDataSet

HEAD = ("turn_id", "output_sha256", "prompt", "output")
MOST_CHARS = 30_000
"""Characters of a text in a cell; a workbook holds no more."""


def drawn(data: TurnsDataSet, *, size: int, by: Sequence[str], seed: int) -> list[int]:
    """Draw rows of answered turns, ``size`` of each model and prompt version, in random order.

    Within each, strata of ``by`` (the judge's label) and the groups get their proportional part, so that the sample
    stands for the turns without weights.

    Raises
    ------
    DataError
        If a column is not there, or there is no answered turn.
    """
    import pandas as pd

    table = data.turns.table
    missing = [name for name in by if name not in table.column_names]
    if missing:
        raise DataError(
            f"the turns have no column '{missing[0]}'",
            reference="no-turns-column",
            hint="columns: " + ", ".join(table.column_names[:60]),
        )
    subject = [name for name in ("model", "prompt_version") if name in table.column_names]
    strata = [*by, *data.turns.names("group")]
    frame = pd.DataFrame(
        {n: table.column(n).to_pandas().astype(str) for n in dict.fromkeys([*subject, *strata])}
    )
    frame["answered"] = (table.column("status").to_pandas() == "answered").to_numpy()
    frame = frame[frame["answered"]]
    if not len(frame):
        raise DataError("no turn has an answer to label", reference="turns-none", where=data.name)
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    parts = [part for _, part in frame.groupby(subject, sort=True)] if subject else [frame]
    for part in parts:
        chosen += _proportional(part, strata, min(size, len(part)), rng)
    return [int(row) for row in rng.permutation(chosen)]


def _proportional(part: Any, strata: list[str], size: int, rng: np.random.Generator) -> list[int]:
    """A systematic sample along the strata with a random start: each turn has the same chance."""
    shuffled = part.iloc[rng.permutation(len(part))]
    ordered = shuffled.sort_values(strata, kind="stable") if strata else shuffled
    places = np.floor((rng.random() + np.arange(size)) * len(part) / size).astype(int)
    return [int(row) for row in ordered.index[np.minimum(places, len(part) - 1)]]


def write_sample(data: TurnsDataSet, rows: Sequence[int], raters: Sequence[str], out: Path) -> None:
    """Write the sample as .xlsx or .csv with an empty column ``human.NAME`` for each rater.

    The file holds texts of turns: it is work for the people who label, and no part of a report.

    Raises
    ------
    DataError
        If the file is there already, or has another suffix.
    """
    if out.exists() or out.suffix.lower() not in (".xlsx", ".csv"):
        raise DataError(
            "the sample is not written",
            reference="turns-sample",
            where=out.name,
            got="a file that is there already"
            if out.exists()
            else f"the suffix {out.suffix or '(none)'}",
            hint="name a new .xlsx or .csv file",
        )
    several = len(data.files) > 1  # then an id may stand in more than one
    head = [*HEAD, *(["source"] if several else []), *(f"human.{name}" for name in raters)]
    cells = _cells(data, rows)
    if several:
        sources = data.turns.table.column("source")
        cells = [[*line, str(sources[row].as_py())] for line, row in zip(cells, rows, strict=True)]
    if out.suffix.lower() == ".csv":
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(
                [inert(cell) for cell in [*line, *("" for _ in raters)]] for line in cells
            )
        return
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("sample")
    sheet.append(head)
    for line in cells:
        written = []
        for text in line:
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
            cell.data_type = "s"  # text that starts with = is no formula
            written.append(cell)
        sheet.append([*written, *("" for _ in raters)])
    book.save(out)


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _cells(data: TurnsDataSet, rows: Sequence[int]) -> list[list[str]]:
    from raudit.data.interface import ColumnName

    wanted = {row: place for place, row in enumerate(rows)}
    table = data.turns.table
    found: list[list[str]] = [[] for _ in rows]
    ids = table.column("turn_id")
    digests = table.column("output_sha256") if "output_sha256" in table.column_names else None
    names = [ColumnName(name) for name in ("prompt", "output") if name in data.turns.texts]
    start = 0
    for batch in data.batches(names) if names else ():
        for row in range(start, start + batch.num_rows):
            if row not in wanted:
                continue
            texts = {
                name: batch.column(i)[row - start].as_py() or "" for i, name in enumerate(names)
            }
            value = digests[row].as_py() if digests is not None else None
            found[wanted[row]] = [
                ids[row].as_py(),
                value.hex() if value else "",
                texts.get(ColumnName("prompt"), "")[:MOST_CHARS],
                texts.get(ColumnName("output"), "")[:MOST_CHARS],
            ]
        start += batch.num_rows
    return [line or [ids[row].as_py(), "", "", ""] for line, row in zip(found, rows, strict=True)]
