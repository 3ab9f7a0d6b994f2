"""A person's own values, as far as they may be printed in a report that others read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raudit.findings import written
from raudit.sentences import say

if TYPE_CHECKING:
    import pandas as pd

SHARED = 10
"""A value that at least as many rows have is printed as it is."""
MOST_LEVELS = 200
LONGEST = 60
NOT_SHOWN = "(value not shown)"
RARE = "(a rare value)"


def shown(column: pd.Series, value: Any, mode: str) -> str:
    """Write one value.

    Parameters
    ----------
    column
        The column, to know how many share the value.
    value
        The value.
    mode
        ``coarse``: a value that ten rows share as it is, another number as the range between two deciles, another text
        not at all; ``exact``: as it is; ``none``: not at all. Texts that name rows are never printed.
    """
    import pandas as pd

    if mode == "none":
        return NOT_SHOWN
    if pd.isna(value):
        return "missing"
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not number:
        return _text(column, value, mode)
    if mode == "exact" or int((column == value).sum()) >= SHARED:
        return _written(float(value))
    return _range(column, float(value))


def sharing(column: pd.Series, value: Any, text: str) -> Any:
    """Rows that ``text`` is true of, where ``shown`` gave it for ``value``: an array of bool.

    What is not shown is true of all rows.
    """
    import numpy as np
    import pandas as pd

    if text == NOT_SHOWN:
        return np.ones(len(column), dtype=bool)
    if pd.isna(value):
        return column.isna().to_numpy()
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not number:
        texts = column.astype(str)
        if text == RARE:
            return texts.isin(texts.value_counts().loc[lambda n: n < SHARED].index).to_numpy()
        return (texts == text).to_numpy()
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if text == _written(float(value)):
        return numbers == float(value)
    edges = _edges(numbers[~np.isnan(numbers)])
    same = np.searchsorted(edges, numbers, side="right") == np.searchsorted(
        edges, float(value), side="right"
    )
    return same & ~np.isnan(numbers)


def _text(column: pd.Series, value: Any, mode: str) -> str:
    texts = column.dropna().astype(str)
    text = str(value)
    if texts.nunique() > MOST_LEVELS or len(text) > LONGEST:
        return NOT_SHOWN
    if mode == "coarse" and int((texts == text).sum()) < SHARED:
        return RARE
    return text


def _range(column: pd.Series, value: float) -> str:
    """The range between the two deciles around a value; the outermost ranges are open, as their ends are somebody's."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").dropna().to_numpy(dtype=float)
    if len(numbers) < 2 * SHARED:
        return NOT_SHOWN
    edges = _edges(numbers)
    place = int(np.searchsorted(edges, value, side="right"))
    if place == 0:
        return say("under {written}", written=_written(edges[0]))
    if place == len(edges):
        return say("{written} or over", written=_written(edges[-1]))
    return say(
        "{written} to {written_2}",
        written=_written(edges[place - 1]),
        written_2=_written(edges[place]),
    )


def _edges(numbers: Any) -> Any:
    """Deciles, rounded so that none is anybody's own value."""
    import numpy as np

    return np.unique(
        [_rounded(edge, numbers) for edge in np.quantile(numbers, np.linspace(0.1, 0.9, 9))]
    )


def _rounded(edge: float, numbers: Any) -> float:
    import numpy as np

    spread = float(np.subtract(*np.quantile(numbers, [0.9, 0.1]))) or float(np.ptp(numbers))
    if spread <= 0:
        return float(edge)
    return round(float(edge), 1 - int(np.floor(np.log10(spread))))


def _written(number: float) -> str:
    return (
        say("{n:,}", n=int(number))
        if number == int(number) and abs(number) < 1e15
        else written(number, digits=8)
    )
