"""Whether the first row of a text file holds names of columns, or already somebody's data.

A person's name and address printed as a column's name is a leak, and the row is lost to every count; so a first row
that looks like data is never taken for names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

VALUE = re.compile(
    r"""
    [^\s@]+@[^\s@]+\.[^\s@]{2,}                 # an e-mail address
    | \d{4}-\d{2}-\d{2}([T ].*)?                # a date
    | \d{1,2}[./]\d{1,2}[./]\d{2,4}
    | [A-Z]{2}\d{2}[A-Z0-9 ]{11,30}             # an IBAN
    | \+?[\d ()/.-]*\d[\d ()/.-]*               # a telephone number, card, code: judged by its digits below
    """,
    re.VERBOSE,
)
NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?")
LONG_CODE = 7
"""Digits from which a number is somebody's rather than a column's."""
LONGEST_SAMPLE = 400
WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?(?: [^\W\d_]+(?:['’-][^\W\d_]+)*\.?){1,3}")
"""Two to four words, as the names of persons are."""
LABELS = frozenset(
    {
        "name",
        "names",
        "city",
        "state",
        "country",
        "company",
        "team",
        "street",
        "title",
        "group",
        "number",
    }
)
"""Words of labels that also occur in what they are labels of: City above Kansas City."""


def looks_like_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is data.

    Parameters
    ----------
    header
        Cells of the first row.
    rows
        Some rows after it.
    """
    cells = [cell.strip() for cell in header]
    if _numbering(cells):
        return False
    columns = [
        [row[i].strip() for row in rows[:LONGEST_SAMPLE] if i < len(row)] for i in range(len(cells))
    ]
    # A header that is repeated in the middle, as joined exports have it, is no data.
    again = [list(map(str.strip, row)) == cells for row in rows[:LONGEST_SAMPLE]]
    if any(again):
        return False
    return any(_value(cell, column) for cell, column in zip(cells, columns, strict=True) if cell)


def _value(cell: str, column: Sequence[str]) -> bool:
    if VALUE.fullmatch(cell):
        digits = sum(c.isdigit() for c in cell)
        if not NUMBER.fullmatch(cell) or digits >= LONG_CODE:
            return digits >= LONG_CODE or "@" in cell or _dated(cell)
    filled = [other for other in column if other]
    if NUMBER.fullmatch(cell):
        # A number above nothing but numbers is one of them; years and grades as names are told by _numbering.
        return bool(filled) and all(NUMBER.fullmatch(other) for other in filled)
    # A name that is also one of its column's values: F above F and M.
    return len(filled) > 1 and (cell in filled or _one_of(cell, filled))


def _one_of(cell: str, column: Sequence[str]) -> bool:
    """Whether words above nothing but words share one with them, as one person's name does with others'."""
    if not WORDS.fullmatch(cell) or cell.islower():
        return False
    alike = sum(WORDS.fullmatch(other) is not None for other in column)
    if alike < 0.9 * len(column):
        return False
    own = {word for word in cell.split() if len(word) > 2 and word.lower() not in LABELS}
    return any(own & set(other.split()) for other in column)


def _dated(cell: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}", cell) is not None


def _numbering(cells: Sequence[str]) -> bool:
    """Whether the numbers among the names count columns or years: 0, 1, 2 or 2019, 2020."""
    if any(
        cell and not NUMBER.fullmatch(cell) and VALUE.fullmatch(cell) and "@" in cell
        for cell in cells
    ):
        return False
    numbers = [
        int(cell) for cell in cells if cell.isascii() and cell.isdigit() and len(cell) < LONG_CODE
    ]
    if not numbers or any(cell and NUMBER.fullmatch(cell) and not cell.isdigit() for cell in cells):
        return False
    steps = {b - a for a, b in pairwise(numbers)}
    counted = len(numbers) > 1 and len(steps) == 1 and min(steps) > 0
    years = all(1800 <= number <= 2200 for number in numbers)
    return counted or (years and len(numbers) > 1)
