"""Which columns' values may be named in what leaves the data set.

A record, a plan and a report are read by people who may not read the data. They may name the levels of a column that
the plan declares (a sensitive feature, a label), since that is what the audit is about, and of a column whose values
plainly describe rather than name somebody. This look needs no model and errs on the side of saying nothing; a stage
that scans the values thoroughly can add columns (``<stage>.withheld_columns`` among its facts).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raudit.data.interface import ColumnName, DataSet, HoldsTexts, InEngine, Kind

if TYPE_CHECKING:
    from raudit.plan import Attribute

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
NAMED_LIKE_DATA = "a column or key is named like data, and its name may be somebody's"
"""The same of files whose names of columns are no line."""
_FEWEST_DIGITS = 7
"""Digits from which a number can be a telephone, and two more from which its length alone tells."""
_DATED = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ][\d:.+Z-]*)?")
_FULL_NAME = re.compile(r"[^\W\d_a-z][\w'’.-]*(?:,? [^\W\d_a-z][\w'’.-]*){1,3}")
_NAME_OF_PERSONS = re.compile(
    r"(?i)(?:^|[^a-z])(?:(?:first|last|given|family|full|maiden|middle|user|nick|sur|fore)?_?-? ?names?|"
    r"e-?mails?|mail|phones?|mobile|telephone|tel|fax|address|street|ssn|iban|passport|password|passwd|token|secret|signature|"
    r"nombre|apellidos?|nom|pr[eé]nom|vorname|nachname|telefon|adresse|strasse|straße|cognome|indirizzo)(?:$|[^a-z])"
)


_KINDS_OF_PEOPLE = re.compile(
    r"(?i)race|ethnic|origin|nation|countr|relig|gender|sex|age|region|langu|marital|citizen|migra|disab"
)
"""Names of columns whose rare levels are kinds of people, such as two capitalised words, and not persons."""


def without_somebody(text: str) -> str:
    """A text in which what reaches one person is starred out: the name of a file, or a value in a plan."""
    return SOMEBODY.sub(lambda match: re.sub(r"\w", "*", match[0]), text)


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


def numbers_persons(name: str, values: Iterable[object]) -> bool:
    """Whether a column of numbers looks as if they reach or identify somebody: accounts, telephones, identity numbers.

    Amounts and counts differ in length; such numbers are whole, long, and nearly all of one length. Seconds and
    milliseconds since 1970 are moments.
    """
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    whole = [int(number) for number in numbers if number.is_integer()]
    if not whole or len(whole) < len(numbers):
        return False
    if _NAME_OF_PERSONS.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)):
        return len(str(min(whole))) >= _FEWEST_DIGITS
    if all(10**9 <= n < 2 * 10**9 or 10**12 <= n < 2 * 10**12 for n in whole):
        return False
    lengths = [len(str(abs(number))) for number in whole]
    usual = max(set(lengths), key=lengths.count)
    return usual >= _FEWEST_DIGITS + 2 and lengths.count(usual) >= 0.9 * len(lengths)


def levels_of_somebody(column: str, rows: Mapping[str, int]) -> tuple[str, ...]:
    """Levels of an attribute that name or reach somebody, of fewer rows than may be named.

    Parameters
    ----------
    column
        Name of the attribute's column.
    rows
        How many rows have each level.
    """
    kinds = _KINDS_OF_PEOPLE.search(column) is not None
    return tuple(
        level
        for level, n in sorted(rows.items())
        if n < FEWEST_ROWS
        and (SOMEBODY.search(level) or (not kinds and _FULL_NAME.fullmatch(level) is not None))
    )


def without_named_levels(data: DataSet, attributes: Sequence[Attribute]) -> tuple[Attribute, ...]:
    """Attributes whose small levels that name somebody count as unknown: such a group is a person with a name.

    Raises
    ------
    DataError
        If the data cannot be read.
    """
    return tuple(_without_named_levels(data, attribute) for attribute in attributes)


def _without_named_levels(data: DataSet, attribute: Attribute) -> Attribute:
    name = ColumnName(attribute.column)
    if attribute.edges or data.kinds.get(name) is not Kind.TEXT:
        return attribute
    rows: Counter[str] = Counter()
    for levels, counts in _levels(data, name):
        for level, n in zip(levels, counts, strict=True):
            if level is not None:
                rows[str(level)] += n
        if len(rows) > LOOKED_AT:  # as many levels are no attribute, which its encoder says
            return attribute
    named = levels_of_somebody(attribute.column, rows)
    return attribute.model_copy(update={"unknown": (*attribute.unknown, *named)})


def _levels(data: DataSet, name: ColumnName) -> Iterator[tuple[list[Any], list[int]]]:
    """Values of a column and their counts, part by part; nothing of a column that is too much to leave its engine."""
    if isinstance(data, InEngine):
        found = data.values(name)
        if found is not None:
            levels = found.frame[name]
            yield levels.astype(object).where(levels.notna(), None).tolist(), found.counts.tolist()
        return
    for batch in data.batches([name]):
        counted = batch.column(0).value_counts()
        yield counted.field("values").to_pylist(), counted.field("counts").to_pylist()


def withheld_columns(data: DataSet, declared: Sequence[str]) -> frozenset[str]:
    """Columns whose values nobody may name; those that the plan declares are left out.

    What people and models wrote (``HoldsTexts``) is among them whatever it looks like and whoever declares it.

    Raises
    ------
    DataError
        If the data cannot be read.
    """
    unnamed = data.unnamed if isinstance(data, HoldsTexts) else frozenset()
    numeric = {Kind.INTEGER, Kind.NUMBER}
    asked = [
        name
        for name, kind in data.kinds.items()
        if kind in {Kind.TEXT, *numeric} and name not in set(declared) | unnamed
    ]
    if not asked or not data.n_rows:
        return frozenset(str(name) for name in unnamed)
    found = _looked_at(data, asked)
    persons = {
        str(name)
        for name in asked
        if (numbers_persons if data.kinds[name] in numeric else names_persons)(
            str(name), found[name]
        )
    }
    return frozenset(persons | {str(name) for name in unnamed})


def _looked_at(data: DataSet, asked: Sequence[ColumnName]) -> Mapping[ColumnName, Sequence[object]]:
    """Values of each column, the first of many; none of a column whose values stay in their engine unseen."""
    if isinstance(data, InEngine):
        counted = {name: data.values(name) for name in asked}
        return {
            name: []
            if some is None
            else _shown(some.first(LOOKED_AT).frame[name].dropna().tolist())
            for name, some in counted.items()
        }
    found: dict[ColumnName, dict[object, None]] = {name: {} for name in asked}
    for batch in data.batches(asked):
        for name, column in zip(asked, batch.columns, strict=True):
            if len(seen := found[name]) < LOOKED_AT:
                values = column.unique().to_pylist()[:LOOKED_AT]
                seen.update(dict.fromkeys(_shown(value for value in values if value is not None)))
    return {name: list(seen) for name, seen in found.items()}


def _shown(values: Iterable[object]) -> list[object]:
    """Numbers as they are, and the beginning of anything else."""
    return [v if isinstance(v, (int, float)) else str(v)[:200] for v in values]
