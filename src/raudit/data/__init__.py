"""Data sets behind one narrow interface.

``cells`` and ``build`` count them, and load numpy only when they are used.
"""

from typing import TYPE_CHECKING, Any

from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.open import open_data, wrap_table
from raudit.data.roles import Roles

if TYPE_CHECKING:
    from raudit.data.cells import CellTable, merge_cells
    from raudit.data.count import CellSpec, count_cells
    from raudit.data.counted import CountedRows, EngineTable, counted_rows
    from raudit.data.score_bins import ScoreBins

__all__ = [
    "CellSpec",
    "CellTable",
    "ColumnName",
    "CountedRows",
    "DataSet",
    "EngineTable",
    "Kind",
    "Roles",
    "ScoreBins",
    "count_cells",
    "counted_rows",
    "merge_cells",
    "open_data",
    "wrap_table",
]

_LATER = {
    "CellSpec": "count",
    "CellTable": "cells",
    "CountedRows": "counted",
    "EngineTable": "counted",
    "ScoreBins": "score_bins",
    "count_cells": "count",
    "counted_rows": "counted",
    "merge_cells": "cells",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"raudit.data.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
