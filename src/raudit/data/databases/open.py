"""From what a plan says about its data to a reading of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import unquote

from raudit.data.databases.connections import address_of, engine_of
from raudit.data.databases.staying import STAYS, staying_table
from raudit.data.databases.table_read import TableRead, TableRequest
from raudit.data.in_engine import EngineData
from raudit.data.readers.isolated import isolated
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.reader_task import ReaderTask
from raudit.data.readers.source import StreamedTable
from raudit.errors import DataError
from raudit.plan.schema import DataSection
from raudit.printable import printable

ROWS = 65_536


@contextmanager
def open_table(section: DataSection, path: Path | None) -> Iterator[TableRead]:
    """Open the table that a plan names, in one consistent read.

    Parameters
    ----------
    section
        ``data`` of the plan; ``in_database`` must hold.
    path
        The file that ``data.path`` names, resolved; None without one.

    Raises
    ------
    DataError
        If it cannot be read, in words that hold no value, address or secret.
    """
    options, request = ReadOptions.of(section), _request(section)
    address, engine = _where(section, path)
    with _opened(engine, address, path, request, options) as found:
        yield found


def open_staying(section: DataSection) -> EngineData:
    """The table that a plan names and does not allow to be copied: it stays, and its engine counts.

    Raises
    ------
    DataError
        As ``open_table``; also if the engine cannot say what its table holds without giving rows.
    """
    address, engine = _where(section, None)
    if engine not in STAYS:
        raise DataError(
            "this engine cannot say what its table holds, so its rows would be copied to this machine, "
            "and the plan does not allow it",
            reference="copy-undeclared",
            where="data",
            got=engine,
            expected=" or ".join(sorted(STAYS)),
            hint="add data.copy with max_rows, the most rows that may be copied for the length of a run",
        )
    request = _request(section)
    _check_named(request)
    source = address if engine == "postgresql" else _file(address, None)
    return staying_table(engine, source, request, section.key, ReadOptions.of(section))


def _request(section: DataSection) -> TableRequest:
    rows = (
        section.copy_rows.max_rows
        if section.copy_rows is not None
        else ReadOptions.of(section).limits.rows
    )
    return TableRequest(table=section.table, query=section.query, max_rows=rows)


def _where(section: DataSection, path: Path | None) -> tuple[str, str]:
    """The address, empty for a file, and the engine."""
    address = address_of(section.connection) if section.connection is not None else ""
    return address, section.engine or (engine_of(address) if address else _engine_of_file(path))


def _opened(
    engine: str, address: str, path: Path | None, request: TableRequest, options: ReadOptions
) -> AbstractContextManager[TableRead]:
    if engine == "spark":
        from raudit.data.databases import spark

        return spark.open_table(
            address or "local[*]", None if path is None else str(path), request, options
        )
    _check_named(request)
    if engine == "postgresql":
        from raudit.data.databases import postgresql

        return postgresql.open_table(address, request)
    if engine == "ibis":
        from raudit.data.databases import ibis

        return ibis.open_table(address or f"duckdb://{path}", request, options)
    return _in_file(engine, _file(address, path), request, options)


def _check_named(request: TableRequest) -> None:
    if request.table is None and request.query is None:
        raise DataError(
            "no table is named",
            reference="no-table",
            where="data",
            hint="give data.table or data.query",
        )


def _file(address: str, path: Path | None) -> Path:
    """The database file that a path or an address names."""
    file = (
        path if path is not None else Path(unquote(address.partition("://")[2].removeprefix("/")))
    )
    if not file.is_file():
        raise DataError(
            "the database file is not there",
            reference="data-unreadable",
            where=printable(file.name),
            hint="check data.path or data.connection; four slashes begin an absolute path, as in sqlite:////data/a.db",
        )
    return file


@contextmanager
def _in_file(
    engine: str, file: Path, request: TableRequest, options: ReadOptions
) -> Iterator[TableRead]:
    """A table of a database file, which may be a stranger's: read in a process of its own."""
    task = ReaderTask(
        opener=f"raudit.data.databases.{engine}:tables",
        libraries=("duckdb",) if engine == "duckdb" else (),
        path=file.resolve(),
        name=printable(file.name),
        options=options,
        more={"request": request},
    )
    for table in isolated(task):
        assert isinstance(table, StreamedTable)  # noqa: S101 -- both openers give one table
        yield TableRead(
            name=request.name, batches=table.batches(rows=ROWS), described={"engine": engine}
        )


def _engine_of_file(path: Path | None) -> str:
    if path is None or not path.is_file():
        raise DataError(
            "the database file is not there",
            reference="data-unreadable",
            where="data.path",
            hint="check the path, or name data.connection",
        )
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"SQLite format 3"):
        return "sqlite"
    if start[8:12] == b"DUCK":
        return "duckdb"
    raise DataError(
        "a query needs a database",
        reference="query-without-database",
        where=printable(path.name),
        hint="leave data.query out, or name an SQLite or DuckDB file or data.connection",
    )
