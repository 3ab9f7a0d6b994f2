"""Which column of a LightGBM model each list of categories belongs to.

LightGBM keeps the categories of a data frame as lists in the columns' order, without names. Columns of ordered
categories are among them, though their trees split on codes as on numbers; columns of one value are told by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.errors import ModelError
from raudit.model.formats.levels import Levels, truths_as_numbers

if TYPE_CHECKING:
    import pandas as pd

NEVER = 1e6
"""The cost of what cannot be."""


def place_levels(
    learnt: Sequence[Levels], infos: Sequence[str], columns: Sequence[pd.Series[Any]], path: Path
) -> tuple[int, ...]:
    """Assign the lists to columns in order, at the least cost.

    Parameters
    ----------
    learnt
        The lists, in the columns' order.
    infos
        For each column what the file says of its values: ``[low:high]``, ``code:code:...``, or ``none``.
    columns
        The audited columns, in the model's order.

    Returns
    -------
    tuple of int
        The place of each list's column, ascending.

    Raises
    ------
    ModelError
        If no assignment fits the data.
    """
    apart = [_apart(info, column) for info, column in zip(infos, columns, strict=True)]
    # best[k] is the least cost of giving the first k lists to the columns seen so far, with the places chosen
    none: tuple[int, ...] = ()
    best = [(0.0, none)] + [(NEVER, none)] * len(learnt)
    for place, (info, column) in enumerate(zip(infos, columns, strict=True)):
        fits = [_misfit(known, info, column) for known in learnt]
        for count in range(len(learnt), 0, -1):
            taken = (best[count - 1][0] + fits[count - 1], (*best[count - 1][1], place))
            left = (best[count][0] + apart[place], best[count][1])
            best[count] = min(taken, left, key=lambda one: one[0])
        best[0] = (best[0][0] + apart[place], none)
    cost, places = best[-1]
    if cost >= NEVER:
        texts = sum(one >= NEVER for one in apart)
        raise ModelError(
            f"the model learnt categories of {len(learnt)} columns, and they cannot be told from the data",
            reference="model-data",
            where=path.name,
            got=f"{texts} columns of text",
            expected=f"{len(learnt)} columns of such categories",
            hint="give the data the column types the model was fitted on, such as data.types: {column: text}",
        )
    return places


def _apart(info: str, column: pd.Series[Any]) -> float:
    """The cost of giving a column no list: text cannot be without one, and listed codes are seldom."""
    import pandas as pd

    if (
        not pd.api.types.is_numeric_dtype(column.dtype)
        and truths_as_numbers(column) is None
        and column.notna().any()
    ):
        return NEVER
    return 0.0 if info.startswith("[") or info == "none" else 10.0


def _misfit(known: Levels, info: str, column: pd.Series[Any]) -> float:
    """The cost of giving a column this list: codes beyond it cannot be, values outside it are unlikely."""
    size = len(known.known)
    if info.startswith("["):
        low, high = (float(end) for end in info.strip("[]").split(":"))
        if low < 0 or high >= size or not low.is_integer() or not high.is_integer():
            return NEVER
    elif info != "none" and max(int(code) for code in info.split(":")) >= size:
        return NEVER
    present = int(column.notna().sum())
    outside = int(known.unknown(column).sum()) / present if present else 0.0
    return 4.0 * outside + (1.0 if info.startswith("[") else 0.0)
