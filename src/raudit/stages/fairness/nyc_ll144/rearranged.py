"""Tables that stand otherwise than one line a row: turned round, cell under cell, headings word under word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from raudit.stages.fairness.nyc_ll144.headings import NUMBERS, heading
from raudit.stages.fairness.nyc_ll144.printed import is_blank
from raudit.stages.fairness.nyc_ll144.read import Grid, Line, filled


def turned(grid: Grid) -> Grid:
    """Tables whose rows are the numbers and whose columns are the categories, turned round."""
    found: list[Line] = []
    for table in _apart_by_gaps(grid):
        numbers = {heading(line.cells[0]) for line in table if line.cells} & set(NUMBERS)
        if len(numbers) < 2:
            continue
        width = max(len(line.cells) for line in table)
        for place in range(width):
            cells = [line.cells[place] if place < len(line.cells) else "" for line in table]
            if place == 0:  # over the categories stands what they are, or nothing
                cells = [cell if heading(cell) in NUMBERS else "category" for cell in cells]
            found.append(Line(table[0].number, tuple(cells)))
    return tuple(found)


def _apart_by_gaps(grid: Grid) -> Iterator[list[Line]]:
    """Lines that stand together, with neither a blank line nor a title between them."""
    table: list[Line] = []
    for line in (*grid, Line(0, ())):
        if len(filled(line.cells)) > 1:
            table.append(line)
        elif table:
            yield table
            table = []


def piled(grid: Grid) -> Grid:
    """Tables whose cells stand one below the other, as text copied from a PDF does, laid side by side."""
    lines = [line for line in grid if filled(line.cells)]
    if any(len(line.cells) > 1 for line in lines):
        return ()
    texts = [line.cells[0] for line in lines]
    found: list[Line] = []
    width = at = 0
    while at < len(texts):
        headings = _headings_from(texts, at)
        if headings:
            width = headings
        row = texts[at : at + width]
        if headings or (len(row) == width > 0 and _is_row(row)):
            found.append(Line(lines[at].number, tuple(row)))
            at += width
        else:
            found.append(Line(lines[at].number, (texts[at],)))
            at += 1
    return tuple(found)


def rejoined(grid: Grid) -> Grid:
    """Tables whose headings stand on several lines above the rows, as text copied from narrow columns does."""
    found: list[Line] = []
    words: list[str] = []
    for line in grid:
        texts = filled(line.cells)
        if len(texts) == 1 and not re.search(r"\d", texts[0]):
            words.append(texts[0])
            continue
        if words and len(texts) > 2:
            found.append(Line(line.number, (" ".join(words),)))
        words = words if not texts else []
        found.append(line)
    return tuple(found)


def _headings_from(texts: list[str], at: int) -> int:
    """How many texts from a place on are headings of one table; 0 if they are none."""
    end = at
    while end < len(texts) and heading(texts[end]) and not re.match(r"[\d<]", texts[end]):
        end += 1
    numbers, width = sum(heading(text) in NUMBERS for text in texts[at:end]), end - at
    if numbers < 2 or numbers >= width:
        return 0
    fits = [_is_row(texts[end : end + fewer]) for fewer in range(numbers + 1, width + 1)]
    return width if fits[-1] or not any(fits) else 0  # a title above them may read as one of them


def _is_row(texts: list[str]) -> bool:
    """A name, and numbers or what stands in their place."""
    name, *rest = texts or [""]
    return (
        bool(name)
        and not re.match(r"[\d<]", name)
        and all(re.match(r"[<>≤≥~]?\d", text) or is_blank(text) for text in rest)
    )
