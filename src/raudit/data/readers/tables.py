"""Arrow batches and frames in memory as streamed tables: fields of structures become dotted columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from raudit.data.interface import ColumnName
from raudit.data.readers import nested
from raudit.data.readers.options import Budget, check_columns
from raudit.data.readers.plain import kind_of, plain
from raudit.data.readers.source import StreamedTable, add_problems, named
from raudit.errors import DataError
from raudit.plan.schema import DataLimits


def streamed(
    name: str,
    schema: Any,
    n_rows: int,
    batches: Callable[[list[int], int], Iterable[Any]],
    *,
    limits: DataLimits,
    whole: bool = True,
    described: Mapping[str, Any] | None = None,
) -> StreamedTable:
    """A table whose reader gives Arrow batches.

    Parameters
    ----------
    name, n_rows
        Of the table.
    schema
        Arrow schema.
    batches
        Called with the numbers of the wanted top columns and the largest number of rows.
    limits
        What reading it may take.
    whole
        True if the batches hold all columns, whatever was wanted.
    described
        For the record.
    """
    check_columns(name, len(schema), limits)
    leaves = nested.leaves(schema, kind_of)
    check_columns(name, len(leaves), limits)
    problems: list[str] = []

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        wanted = {column: leaves[column][0] for column in columns}
        tops = nested.tops(list(wanted.values()))
        first = {top: top if whole else place for place, top in enumerate(tops)}
        budget, strange = Budget(name, limits), dict.fromkeys(columns, 0)
        for batch in batches(tops, rows):
            budget.take(batch.num_rows, len(columns), batch.nbytes)
            flat, bad = _plain(nested.flat(batch, wanted, first))
            for column, count in bad.items():
                strange[ColumnName(column)] += count
            yield flat
        places = {column: place for place, column in enumerate(leaves, 1)}
        said = (
            f"{count:,} cells of column {places[column]} are not UTF-8 and were read with marks"
            for column, count in strange.items()
            if count
        )
        add_problems(problems, said)

    return StreamedTable(
        name=name,
        kinds={column: kind for column, (_, kind) in leaves.items()},
        n_rows=n_rows,
        read=read,
        problems=problems,
        header=nested.leaf_names(schema, kind_of),
        limits=limits,
        described=described or {},
    )


def _plain(batch: Any) -> tuple[Any, dict[str, int]]:
    import pyarrow as pa

    columns = [plain(column) for column in batch.columns]
    names = batch.schema.names
    bad = {name: count for name, (_, count) in zip(names, columns, strict=True) if count}
    return pa.RecordBatch.from_arrays([column for column, _ in columns], names=names), bad


def table_of(frame: Any, name: str = "frame", *, limits: DataLimits | None = None) -> StreamedTable:
    """A pandas or polars frame, a pyarrow table, or anything with the Arrow C stream interface, as a table to read.

    Raises
    ------
    DataError
        If it is none of these.
    """
    import pyarrow as pa

    try:
        table = _as_arrow(frame)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise DataError(
            "this cannot be scanned",
            reference="data-format",
            where=name,
            got=type(frame).__name__,
            expected="a path, a database URL, a pandas or polars frame, or a pyarrow table",
            hint="convert it to a pyarrow table",
        ) from error
    return streamed(
        name,
        table.schema,
        table.num_rows,
        lambda _tops, rows: table.to_batches(max_chunksize=rows),
        limits=limits or DataLimits(),
    )


def _as_arrow(frame: Any) -> Any:
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if hasattr(frame, "collect") and not hasattr(
        frame, "__arrow_c_stream__"
    ):  # a lazy polars frame
        frame = frame.collect()
    if type(frame).__module__.partition(".")[0] != "pandas":
        return pa.table(frame)
    names = named([str(column) for column in frame.columns])
    return pa.table([_pandas_column(frame.iloc[:, i]) for i in range(len(names))], names=names)


def _pandas_column(column: Any) -> Any:
    """A pandas column; one that mixes types is read as text."""
    import pyarrow as pa

    try:
        return pa.chunked_array([pa.array(column, from_pandas=True)])
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        missing = column.isna()
        return pa.chunked_array(
            [[None if gone else str(v) for v, gone in zip(column, missing, strict=True)]]
        )
