"""An engine's table behind narwhals: columns by place instead of by name, types checked before anything is computed.

A name with a dot, a quote or another's letters in another case means something else in some engines, so columns are
renamed by their place first. What an engine says about a fault may quote a cell and is never repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.data.interface import ColumnName
from raudit.errors import DataError, RauditError

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

LAZY = ("duckdb", "pyspark", "pyspark_connect", "sqlframe", "ibis", "polars", "dask")
LARGEST_FLOAT = 1.7976931348623157e308


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFrame:
    """Some columns of an engine's table, called ``c0``, ``c1`` and so on."""

    frame: nw.LazyFrame[Any]
    engine: str
    """Name of the engine, for messages."""
    places: Mapping[ColumnName, str]
    """Name inside the frame by name of the column."""
    types: Mapping[ColumnName, Any]
    """narwhals type by name of the column."""
    backend: str = ""
    """Which database Ibis speaks to; empty without Ibis."""

    @property
    def holds_nan(self) -> bool:
        """Whether a fraction can be NaN there; SQLite has none, and no test for it."""
        return self.backend != "sqlite"

    def fenced(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """A step that PostgreSQL works out once, and does not write out wherever the next one names it."""
        return frame.head(2**62) if self.backend == "postgres" else frame

    @classmethod
    def of(cls, native: object, columns: Sequence[ColumnName]) -> EngineFrame:
        """Some columns of a native table.

        Raises
        ------
        DataError
            If one is not there, or the engine fails.
        """
        import narwhals as nw

        engine = type(native).__module__.partition(".")[0].lstrip("_")
        with engine_errors(engine):
            frame, names = _by_place(native)
        _check_there(columns, names)
        places = {name: f"c{number}" for number, name in enumerate(columns)}
        with engine_errors(engine):
            chosen = [nw.col(names[name]).alias(places[name]) for name in columns]
            schema = frame.collect_schema()
            types = {name: schema[names[name]] for name in columns}
            return cls(
                frame=frame.select(*chosen),
                engine=engine,
                places=places,
                types=types,
                backend=_backend(native),
            )

    def column(self, name: ColumnName) -> nw.Expr:
        """A column as it is."""
        import narwhals as nw

        return nw.col(self.places[name])

    def number(self, name: ColumnName) -> nw.Expr:
        """A column of numbers as floats; booleans are 0 and 1, missing values stay missing.

        Raises
        ------
        DataError
            If the column does not hold numbers: a cast would read text, and quote what it cannot read.
        """
        import narwhals as nw

        column, kind = self.column(name), self.types[name]
        if kind == nw.Boolean:
            # Some engines cannot cast a truth value to a fraction.
            return nw.when(column).then(1.0).otherwise(nw.when(~column).then(0.0))
        if not kind.is_numeric():
            raise not_numbers(name, str(kind))
        return column.cast(nw.Float64)

    def distinct(self, name: ColumnName, most: int) -> int:
        """Number of different values of a column, missing among them, counted up to ``most``; no value leaves.

        By GROUP BY: ``unique`` numbers all rows in a window, which takes DuckDB ten times as long.
        """
        import narwhals as nw

        with engine_errors(self.engine):
            place = self.places[name]
            groups = self.frame.select(nw.col(place)).group_by(place).agg(nw.len().alias("n"))
            values = groups.head(most).select(nw.len().alias("n"))
        return int(self.collect(values).column("n")[0].as_py())

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Collect a small result as Arrow, whatever the engine.

        Raises
        ------
        DataError
            If the engine fails; its own message stays out.
        """
        import pyarrow as pa

        with engine_errors(self.engine):
            lazy = frame.implementation.name.lower() in LAZY
            table = (frame.collect(backend="pyarrow") if lazy else frame.collect()).to_arrow()
            return table if isinstance(table, pa.Table) else pa.table(table)


def not_numbers(name: str, got: str) -> DataError:
    """The error for a column that should hold numbers."""
    return DataError(
        f"{name!r} does not hold numbers",
        reference="not-numbers",
        got=got[:60],
        hint="check for units, thousands separators or texts such as 'n/a' in the column",
    )


def is_finite(value: nw.Expr) -> nw.Expr:
    """Whether a number is neither missing, NaN nor infinite; some engines have no function for that.

    Where NaN is the largest number, and where it compares with nothing, it is no smaller than the largest float.
    """
    return value.abs() <= LARGEST_FLOAT


class engine_errors:  # noqa: N801 -- a context manager
    """Turn whatever an engine raises into a ``DataError`` that quotes nothing."""

    def __init__(self, engine: str) -> None:
        self.engine = engine

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, RauditError) or not isinstance(error, Exception):
            return
        raise DataError(
            "the engine that holds the data could not compute this",
            reference="engine-failed",
            where=self.engine,
            got=type(error).__name__,
            hint="check types and names of the columns, or export the table to Parquet and audit the file",
        ) from None


def _backend(native: object) -> str:
    backend = getattr(native, "get_backend", None)
    return "" if backend is None else str(backend().name)


def _by_place(native: Any) -> tuple[nw.LazyFrame[Any], dict[str, str]]:
    """A lazy frame, and what it calls each column."""
    import narwhals as nw

    if type(native).__module__.startswith("pyspark."):
        # By position: Spark reads a dot as a field, and takes names that differ in case for one.
        known = list(native.columns)
        names = {name: f"raudit_{place}" for place, name in enumerate(known)}
        native = native.toDF(*names.values()) if len(names) == len(known) else native
    frame = nw.from_native(native)
    lazy = frame if isinstance(frame, nw.LazyFrame) else frame.lazy()
    if not type(native).__module__.startswith("pyspark."):
        names = {name: name for name in lazy.collect_schema().names()}
    return lazy, names


def _check_there(columns: Sequence[ColumnName], names: Mapping[str, str]) -> None:
    from raudit.data.table import no_column

    for name in columns:
        if name not in names:
            raise no_column(name, list(names), "table")
