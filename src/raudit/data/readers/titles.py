"""Lines above a table, such as its title: no rows of it and no names of columns, and somebody may stand in them.

A report that a person exports begins with what it is and for whom. Such lines are told from names of columns by what
follows: a line of several names, and under it rows that are written otherwise in at least one column.
"""

from __future__ import annotations

from collections.abc import Sequence

from raudit.data.readers.headers import NUMBER, VALUE, looks_like_data

MOST_LINES = 10
"""Lines above a table; more are text."""
SAME_WIDTH = 0.9
"""Share of the rows that must have as many cells as the names."""
CONTRAST = 0.8
"""Share of a column's cells that must be numbers, dates or addresses while its name is none."""


def lines_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are no part of the table that follows; 0 if that cannot be told.

    Parameters
    ----------
    rows
        Rows that are not blank, from the first on.
    """
    count = 0
    while count < min(MOST_LINES, len(rows)) and (
        _is_title(rows[count]) or (count and not any(map(str.strip, rows[count])))
    ):
        count += 1
    if not count or len(rows) < count + 2:
        return 0
    names, body = [cell.strip() for cell in rows[count]], rows[count + 1 :]
    same = sum(len(row) == len(names) for row in body) >= SAME_WIDTH * len(body)
    filled = len(names) > 1 and all(names) and len(set(names)) == len(names)
    if not (same and filled) or looks_like_data(names, body):
        return 0
    return count if any(_contrast(place, names, body) for place in range(len(names))) else 0


def texts_of(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What is written in lines above a table."""
    return tuple(cell.strip() for row in rows for cell in row if cell.strip())


def _is_title(row: Sequence[str]) -> bool:
    """Whether a row has one cell that is filled, its first; programs write a delimiter for each of the others."""
    return bool(row and row[0].strip()) and not any(cell.strip() for cell in row[1:])


def _contrast(place: int, names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    cells = [row[place].strip() for row in body if place < len(row) and row[place].strip()]
    written = sum(_is_value(cell) for cell in cells)
    return bool(cells) and written >= CONTRAST * len(cells) and not _is_value(names[place])


def _is_value(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or VALUE.fullmatch(cell))
