"""What the rest of raudit may know of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType, Protocol, runtime_checkable

from raudit.canonical import Sha256

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from raudit.data.counted import CountedRows
    from raudit.plan.schema import Attribute

ColumnName = NewType("ColumnName", str)
"""Name of a column, exactly as in the file."""


GROUP = ColumnName("raudit:group")
"""Column of groups: values of the attribute, or the names of the ranges into which it is cut."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    OTHER = "other"


@runtime_checkable
class HoldsTexts(Protocol):
    """A data set in which some columns are what people and models wrote: no value of them is ever written down."""

    @property
    def unnamed(self) -> frozenset[ColumnName]:
        """Those columns."""
        ...


@runtime_checkable
class InEngine(Protocol):
    """A data set whose rows stay in their engine: whoever asks for one gets ``NotEvaluable``, and the engine counts."""

    def values(self, name: ColumnName) -> CountedRows | None:
        """The different values of a column, and how many rows have each; None where they may not leave."""
        ...

    def values_among(self, attribute: Attribute, name: ColumnName) -> CountedRows | None:
        """The same of one column in each group of an attribute, whose groups stand in a column ``GROUP``."""
        ...

    def told_apart(self, name: ColumnName) -> tuple[int, int]:
        """How many rows of a column are filled, and how many different values they have."""
        ...

    def repeats(self, columns: Sequence[ColumnName]) -> Mapping[str, int]:
        """Rows that repeat an earlier one in some columns; as ``raudit.data.rows.repeated``."""
        ...


class DataSet(Protocol):
    """A table that is read in pieces; nobody sees a path."""

    @property
    def name(self) -> str:
        """File name without its folder."""
        ...

    @property
    def sha256(self) -> Sha256:
        """Digest of the file's bytes, or of the Arrow data for a frame in memory."""
        ...

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        ...

    @property
    def kinds(self) -> Mapping[ColumnName, Kind]:
        """Kind of every column, in file order."""
        ...

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Read some columns (all by default) in pieces of at most ``rows`` rows."""
        ...

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read some columns (all by default) as pandas; missing values stay missing."""
        ...

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns (arrays of shape (n_rows,)), such as a model's predictions."""
        ...

    @property
    def described(self) -> Mapping[str, Any]:
        """Format, delimiter, encoding and whatever else was declared or found out, for the record."""
        ...

    def as_written(self) -> DataSet:
        """The rows as the file writes them, before text was given types, and without computed columns."""
        ...
