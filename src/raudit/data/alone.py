"""Columns for whoever does not ask which row a value is of: the same from rows, and from an engine's own counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raudit.data.interface import ColumnName, DataSet, InEngine
from raudit.errors import NotEvaluable

if TYPE_CHECKING:
    import pandas as pd


def alone(data: DataSet, name: ColumnName) -> pd.Series[Any]:
    """A column, its rows in an order that need not be that of any other.

    Raises
    ------
    NotEvaluable
        If their values stay in an engine: too many differ.
    """
    if not isinstance(data, InEngine):
        return data.frame([name])[name]
    found = data.values(name)
    if found is None:
        raise NotEvaluable(
            "too many values differ to leave their database",
            reference="values-stay",
            got=str(name),
            hint="add data.copy with max_rows, or let data.query round or group them",
        )
    return found.rows()[name]


def stays(data: DataSet, name: ColumnName) -> bool:
    """Whether the values of a column stay in an engine, even counted."""
    return isinstance(data, InEngine) and data.values(name) is None


def filled_and_different(data: DataSet, name: ColumnName) -> tuple[int, int]:
    """How many rows of a column are filled, and how many different values they have; no value need leave an engine."""
    if isinstance(data, InEngine):
        return data.told_apart(name)
    values: pd.Series[Any] = data.frame([name])[name].dropna()
    return len(values), int(values.nunique())
