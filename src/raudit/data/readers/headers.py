"""Whether the first row of a text file holds names of columns, or already somebody's data.

A person's name and address printed as a column's name is a leak, and the row is lost to every count; so a first row
that looks like data is never taken for names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from raudit.data.naming import SOMEBODY

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
FEWEST_ALIKE = 2
"""Rows from which a form is that of a column."""
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?"
WORDS = re.compile(rf"{_WORD}(?:,? {_WORD}){{1,3}}")
"""Two to four words, as the names of persons are."""
TOLD = re.compile(rf"{_WORD}, {_WORD}(?: {_WORD})?|\d{{1,5}}[A-Za-z]? {_WORD}(?: {_WORD}){{1,3}}")
"""Forms that few names of columns have: a family name before a given name, and a number before a street."""
SENTENCE = 4
"""Words from which a cell is a sentence."""
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
        "first",
        "last",
        "given",
        "family",
        "surname",
        "forename",
        "vorname",
        "nachname",
        "nom",
        "nombre",
        "cognome",
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
    columns = [
        [row[i].strip() for row in rows[:LONGEST_SAMPLE] if i < len(row)] for i in range(len(cells))
    ]
    if any(map(_written_alike, cells, columns)):
        return True
    if _numbering(cells):
        return False
    # A header that is repeated in the middle, as joined exports have it, is no data.
    again = [list(map(str.strip, row)) == cells for row in rows[:LONGEST_SAMPLE]]
    if any(again) and not any(map(SOMEBODY.search, cells)):
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


def _written_alike(cell: str, column: Sequence[str]) -> bool:
    """Whether a cell is written as nearly all others below it, in a form that names of columns do not have.

    Words of labels are none of somebody's name: "Last, First" stands above names. A sentence repeats half of its words
    in most others, as notes from a form do; a question above its answers does not.
    """
    filled = [other for other in column if other]
    words = _long_words(cell)
    if len(filled) < FEWEST_ALIKE:
        return False
    if TOLD.fullmatch(cell) and (cell[0].isdigit() or not words & LABELS):
        return _most(TOLD.fullmatch(other) is not None for other in filled)
    if len(cell.split()) < SENTENCE:
        return False
    return _most(2 * len(words & _long_words(other)) >= len(words) > 1 for other in filled)


def _long_words(text: str) -> set[str]:
    return {word.strip(".,;:!?").lower() for word in text.split() if len(word) > 2}


def _most(told: Iterable[bool]) -> bool:
    each = list(told)
    return sum(each) >= 0.9 * len(each)


def _one_of(cell: str, column: Sequence[str]) -> bool:
    """Whether words above nothing but words share one with them, as one person's name does with others'."""
    if not WORDS.fullmatch(cell) or cell.islower():
        return False
    alike = sum(WORDS.fullmatch(other) is not None for other in column)
    if alike < 0.9 * len(column):
        return False
    own = {word for word in re.split("[, ]+", cell) if len(word) > 2 and word.lower() not in LABELS}
    return any(own & set(re.split("[, ]+", other)) for other in column)


def _long_number(cell: str) -> bool:
    """Whether a cell is a number too long to count columns."""
    return NUMBER.fullmatch(cell) is not None and sum(map(str.isdigit, cell)) >= LONG_CODE


def _dated(cell: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}", cell) is not None


def _numbering(cells: Sequence[str]) -> bool:
    """Whether the numbers among the names count columns or years: 0, 1, 2 or 2019, 2020."""
    if any(map(SOMEBODY.search, cells)) or any(map(_long_number, cells)):
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
