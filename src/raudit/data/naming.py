"""Which columns' values may be named in what leaves the data set.

A record, a plan and a report are read by people who may not read the data. They may name the levels of a column that
the plan declares (a sensitive feature, a label), since that is what the audit is about, and of a column whose values
plainly describe rather than name somebody. This look needs no model and errs on the side of saying nothing; a stage
that scans the values thoroughly can add columns (``<stage>.withheld_columns`` among its facts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from raudit.data.interface import DataSet, Kind

FEWEST_ROWS = 5
"""Rows that must share a value before it is written down for a reader of a plan."""
PLAIN = frozenset(
    word
    for words in (
        "0 1 yes no y n true false t f m w male female good bad pass passed fail failed approved declined denied",
        "accepted rejected admitted hired >50k <=50k unknown ? n/a na none other",
    )
    for word in words.split()
)
"""Words that name nobody, however few rows have them."""
LOOKED_AT = 2_000
"""Different values that are looked at in each column."""
_CONTACT = re.compile(
    r"@|https?://|\bwww\.|\+?\d[\d\s().-]{6,}\d|\b[A-Z]{2}\d{2}[A-Z0-9]{8,}|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|(?i:\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b)"
)
"""Addresses, telephone and account numbers: seven digits or more, however they are grouped."""
SOMEBODY = re.compile(
    r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+|\+\d[\d\s().-]{7,}\d|\d{3}-\d{2}-\d{4}|(?:\d{4}[ -]?){3}\d{4}"
    r"|[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7} ?[A-Z0-9]{0,3}"
)
"""What reaches one person wherever it stands, in the name of a column, table or file too."""
NO_HEADER = "the first line looks like data and not like names of columns"
"""Said instead of the names, which may be somebody's."""
_DATED = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ][\d:.+Z-]*)?")
_FULL_NAME = re.compile(r"[^\W\d_a-z][\w'’.-]*(?:,? [^\W\d_a-z][\w'’.-]*){1,3}")
_NAME_OF_PERSONS = re.compile(
    r"(?i)(?:^|[^a-z])(?:(?:first|last|given|family|full|maiden|middle|user|nick|sur|fore)?_?-? ?names?|"
    r"e-?mails?|mail|phones?|mobile|telephone|tel|fax|address|street|ssn|iban|passport|password|passwd|token|secret|signature|"
    r"nombre|apellidos?|nom|pr[eé]nom|vorname|nachname|telefon|adresse|strasse|straße|cognome|indirizzo)(?:$|[^a-z])"
)


def first_row_of_data(names: Iterable[str]) -> bool:
    """Whether the names of columns are somebody's data: a file without a header, whose first person would be one.

    A name that holds an address, a telephone number with its country or a social security number is no name of a
    column: it is a cell, or a text of another format that was read as a row.
    """
    return any(SOMEBODY.search(str(name)) for name in names)


def names_persons(name: str, values: Iterable[object]) -> bool:
    """Whether a column of text looks as if its values name, reach or identify somebody.

    Parameters
    ----------
    name
        Of the column.
    values
        Different values of it, or some of them.
    """
    texts = [str(value).strip() for value in values if value is not None]
    texts = [text for text in texts if text]
    if not texts:
        return False
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    if _NAME_OF_PERSONS.search(snake):
        return True
    reached = sum(bool(_CONTACT.search(text)) and not _DATED.fullmatch(text) for text in texts)
    named = sum(bool(_FULL_NAME.fullmatch(text)) for text in texts)
    return reached > 0 or named >= max(2, 0.8 * len(texts))


def withheld_columns(data: DataSet, declared: Sequence[str]) -> frozenset[str]:
    """Columns of text whose values nobody may name; those that the plan declares are left out.

    Raises
    ------
    DataError
        If the data cannot be read.
    """
    asked = [
        name for name, kind in data.kinds.items() if kind is Kind.TEXT and name not in set(declared)
    ]
    found: dict[str, dict[str, None]] = {str(name): {} for name in asked}
    if not asked or not data.n_rows:
        return frozenset()
    for batch in data.batches(asked):
        for name, column in zip(asked, batch.columns, strict=True):
            seen = found[str(name)]
            if len(seen) < LOOKED_AT:
                seen.update(
                    dict.fromkeys(
                        str(v)[:200]
                        for v in column.unique().to_pylist()[:LOOKED_AT]
                        if v is not None
                    )
                )
    return frozenset(name for name, seen in found.items() if names_persons(name, seen))
