"""Which values of a column stand for a missing one: words, numbers that stand apart, and days of systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import Kind
from raudit.data.missing_words import MISSING_WORDS
from raudit.stats.apart import numbers_apart
from raudit.stats.tally import tally

if TYPE_CHECKING:
    import pandas as pd

DOUBTFUL = frozenset(("none", "nd", "ns", "nr", "void", "empty", "other/unknown", "refused", "x"))
"""Texts that can be an answer too, such as Namibia's code."""
DAYS = (
    "1900-01-01",
    "1899-12-30",
    "1899-12-31",
    "1970-01-01",
    "1753-01-01",
    "0001-01-01",
    "1901-01-01",
    "1904-01-01",
    "9999-12-31",
    "2099-12-31",
    "2999-12-31",
    "2262-04-11",
    "1111-11-11",
    "1800-01-01",
    "9999-01-01",
)
"""First and last days of systems, and days that are easily typed."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that stands for a missing one."""

    shown: str
    """As printed; one of the lists above, never a value of a person."""
    cells: int
    certain: bool


def find_placeholders(
    series: pd.Series[Any], kind: Kind, known: tuple[str, ...] = ()
) -> tuple[Placeholder, ...]:
    """Placeholders of a column, the commonest first.

    Parameters
    ----------
    series
        The column as pandas.
    known
        Values that look like placeholders and are none.
    """
    import pandas as pd

    values = series.dropna()
    if values.empty:
        return ()
    if kind is Kind.TEXT:
        found = _texts(values.astype(str).value_counts())
    elif kind in {Kind.NUMBER, Kind.INTEGER}:
        counted = tally(pd.to_numeric(values, errors="coerce").to_numpy(dtype=float))
        found = _numbers(counted.values, counted.counts)
    elif kind is Kind.TIME:
        found = _days(values)
    else:
        found = []
    return tuple(
        sorted((p for p in found if p.shown not in known), key=lambda p: (-p.cells, p.shown))
    )


def _texts(counts: pd.Series[Any]) -> list[Placeholder]:
    found: dict[str, Placeholder] = {}
    numeric: dict[float, int] = {}
    days: dict[str, int] = {}
    for text, count in counts[_worth_a_look(counts.index)].items():
        plain = str(text).strip().casefold()
        if plain == "" or plain in MISSING_WORDS or plain in DOUBTFUL:
            shown = "(blank)" if plain == "" else str(text).strip()
            before = found[shown].cells if shown in found else 0
            certain = plain not in DOUBTFUL and not (plain == "na" and _are_codes(counts.index))
            found[shown] = Placeholder(shown, before + int(count), certain)
        elif plain[:10] in DAYS and plain[10:].strip("t 0:.z+") == "":
            days[plain[:10]] = days.get(plain[:10], 0) + int(count)
        else:
            number = _as_number(plain)
            if number is not None:
                numeric[number] = numeric.get(number, 0) + int(count)
    for day, cells in days.items():
        if not _among_others(day, cells, counts):
            found[day] = Placeholder(day, cells, True)
    # A column of numbers is text as soon as one cell is "?"; its 999 is a placeholder all the same.
    if sum(numeric.values()) > 0.5 * int(counts.sum()):
        ordered = sorted(numeric.items())
        for item in _numbers(
            np.array([number for number, _count in ordered]),
            np.array([count for _number, count in ordered]),
        ):
            found.setdefault(item.shown, item)
    return list(found.values())


def _among_others(day: str, cells: int, counts: pd.Series[Any]) -> bool:
    """Whether a day is one of a series that runs past it, such as the months of a century, and no commoner."""
    import pandas as pd

    others = pd.to_datetime(
        pd.Series(counts.index.astype(str).str[:10]), errors="coerce", format="%Y-%m-%d"
    )
    near = (others - pd.Timestamp(day)).abs().dt.days.between(1, NEAR_DAYS).to_numpy(dtype=bool)
    before = (others < pd.Timestamp(day)).to_numpy(dtype=bool)
    runs = bool((near & before).any() and (near & ~before).any())
    return runs and cells <= COMMONER * float(np.median(counts.to_numpy()[near]))


NEAR_DAYS = 400
"""A series has a day so near on both sides."""
COMMONER = 3
"""How many times as common as its neighbours a day of a series may be."""
NUMBER = r"(?i)^[ ]*[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:e[+-]?[0-9_]+)?[ ]*$"
"""Whatever Python reads as a finite number is written so, in ASCII."""
UNUSUAL = r"[^ -~]"
"""Letters with other forms in lower case, digits of other scripts, and blanks of all kinds are not ASCII."""


def _worth_a_look(texts: pd.Index[Any]) -> NDArray[np.bool_]:
    """Which of many different texts may be a placeholder or a number; the others are most, and are left alone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pa.array([str(text) for text in texts] if texts.dtype == object else texts)
    plain = pc.utf8_lower(pc.ascii_trim(column, " "))
    words = pa.array(["", *MISSING_WORDS, *DOUBTFUL], plain.type)
    tests = (
        pc.is_in(plain, value_set=words),
        pc.is_in(pc.utf8_slice_codeunits(plain, 0, 10), value_set=pa.array(DAYS, plain.type)),
        pc.match_substring_regex(column, NUMBER),
        pc.match_substring_regex(column, UNUSUAL),
    )
    kept = np.zeros(len(column), dtype=bool)
    for test in tests:
        kept |= np.asarray(test)
    return kept


def _are_codes(texts: pd.Index[Any]) -> bool:
    """Whether a column holds codes of two letters, of which NA can be one (Namibia, North America)."""
    short = sum(len(text) == 2 and text.isalpha() for text in map(str, texts))
    return len(texts) > 2 and short > 0.8 * len(texts)


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _numbers(distinct: NDArray[np.float64], counts: NDArray[np.int64]) -> list[Placeholder]:
    return [Placeholder(f"{value:.15g}", n, True) for value, n in numbers_apart(distinct, counts)]


def _days(values: pd.Series[Any]) -> list[Placeholder]:
    import pandas as pd

    every = pd.Series(values.astype(str).str[:10]).value_counts()
    counts = every[every.index.isin(DAYS)]
    return [
        Placeholder(str(day), int(count), True)
        for day, count in counts.items()
        if count >= 2 and not _among_others(str(day), int(count), every)
    ]
