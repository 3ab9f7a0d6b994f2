"""Data sets behind one narrow interface."""

from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.data.open import open_data, wrap_table
from raudit.data.roles import Roles

__all__ = ["ColumnName", "DataSet", "Kind", "Roles", "open_data", "wrap_table"]
