"""Spark, classic and Connect: a table, a query, or a folder of Parquet that the cluster reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from raudit.data.databases.table_read import TableRead, TableRequest, failed
from raudit.data.ordered import copy_too_large
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.tables import streamed
from raudit.data.versioned import check_unversioned
from raudit.errors import DataError, RauditError
from raudit.extras import require
from raudit.printable import printable

SLICE = 250_000
"""Rows that are fetched at once."""
NESTED = ("map", "variant", "interval", "void")
"""Types of which, and of what holds them, Spark has no hash."""
SETTINGS = {
    "spark.sql.caseSensitive": "true",  # else Sex and sex are one column
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}
QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
ALONE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
"""Where driver and workers are one process, nobody else is to reach it; by default it listens to the network."""


@contextmanager
def open_table(
    address: str, path: str | None, request: TableRequest, options: ReadOptions
) -> Iterator[TableRead]:
    """Open a table, a query or a folder of Parquet.

    Parameters
    ----------
    address
        ``sc://host:port`` of Spark Connect, or a master such as ``local[2]`` or ``spark://host:port``.
    path
        Parquet file or folder as the cluster sees it; None for a table or query.
    request, options
        What is asked for, and limits.
    """
    require("pyspark", extra="spark", purpose="read from Spark")
    name = _name(path, request)
    try:
        with session_of(address) as session:
            frame = _frame(session, path, request)
            names = list(frame.columns)
            # By position: a dot in a name would be a field.
            placed = frame.toDF(*(f"c{place}" for place in range(len(names))))
            schema = placed.limit(0).toArrow().rename_columns(names).schema
            with _held(placed) as held:
                n_rows = held.count()
                if n_rows > request.max_rows:
                    raise copy_too_large(name, request.max_rows)

                def batches(_tops: list[int], rows: int) -> Iterator[Any]:
                    for part in _slices(held, n_rows):
                        yield from part.rename_columns(names).to_batches(max_chunksize=rows)

                source = streamed(name, schema, n_rows, batches, limits=options.limits)
                yield TableRead(name=name, batches=source.batches(), described={"engine": "spark"})
    except RauditError:
        raise
    except Exception as error:  # noqa: BLE001 -- Spark raises Java's errors too
        raise failed("Spark", error, name) from None


@contextmanager
def _held(frame: Any) -> Iterator[Any]:
    """The rows as they are now, on the disks of the cluster, so that every slice is of one state."""
    from pyspark import StorageLevel

    held = frame.persist(StorageLevel.DISK_ONLY)
    try:
        yield held
    finally:
        held.unpersist()


def _slices(frame: Any, n_rows: int) -> Iterator[Any]:
    """Arrow tables of some rows each, so that this machine never holds all of them at once.

    A row's slice follows from its content, so that no order is asked of the cluster, and no Python of its workers.
    """
    from pyspark.sql import functions

    slices = -(-n_rows // SLICE) or 1
    plain = [name for name, kind in frame.dtypes if not any(word in kind for word in NESTED)]
    place = functions.pmod(functions.xxhash64(*plain), functions.lit(slices)) if plain else None
    for number in range(slices if plain else 1):
        chosen = frame if place is None else frame.where(place == functions.lit(number))
        yield chosen.toArrow()


@contextmanager
def session_of(address: str) -> Iterator[Any]:
    """A session of our own; one that runs already is used and stays."""
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    builder: Any = SparkSession.builder
    builder = builder.remote(address) if address.startswith("sc://") else builder.master(address)
    if not address.startswith("sc://"):
        for name, value in {**QUIET, **(ALONE if address.startswith("local") else {})}.items():
            builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions that it has not been tried with
        session = builder.getOrCreate()
    before = {name: session.conf.get(name, None) for name in SETTINGS}
    for name, value in SETTINGS.items():
        session.conf.set(name, value)
    try:
        yield session
    finally:
        if running is None:
            session.stop()
        else:
            for name, old in before.items():
                session.conf.unset(name) if old is None else session.conf.set(name, old)


def _name(path: str | None, request: TableRequest) -> str:
    """For messages and findings: a folder goes by its own name."""
    whole = path is not None and request.table is None and request.query is None
    return printable(PurePath(str(path)).name) if whole else request.name


def _frame(session: Any, path: str | None, request: TableRequest) -> Any:
    if request.query is not None:
        return session.sql(request.query.strip().rstrip(";"))
    if request.table is not None:
        return session.table(request.table)
    if path is None:
        raise DataError(
            "no table is named",
            reference="no-table",
            where="data",
            hint="give data.table or data.query",
        )
    check_unversioned(Path(path))  # where the cluster's folders are seen from here
    return session.read.parquet(path)
