"""Open a file, a folder, an archive or a database address as one table after another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from raudit.data.readers import archives, folders
from raudit.data.readers.contents import Contents, file_contents
from raudit.data.readers.delimited import delimited
from raudit.data.readers.formats import format_of
from raudit.data.readers.isolated import isolated
from raudit.data.readers.json_rows import json_rows
from raudit.data.readers.options import ReadOptions, over_limit
from raudit.data.readers.reader_task import native_task
from raudit.data.readers.source import Gap, StreamedTable, timed, unreadable
from raudit.errors import DataError
from raudit.printable import printable

DEEPEST = 3
"""Archives inside archives."""
START = 60.0
"""Seconds that readers may take to start on a busy machine; each reader's own clock begins after that."""


def open_source(
    target: str | Path, options: ReadOptions | None = None
) -> Iterator[StreamedTable | Gap]:
    """Open a file, a folder of files, or a database address as one table after another.

    Parameters
    ----------
    target
        A path, or an SQLAlchemy URL such as ``postgresql+psycopg://host/db``.
    options
        What is declared about it.

    Raises
    ------
    DataError
        If the target itself is not there or has an unknown format; inside folders and databases that is a ``Gap``.
    """
    options = options or ReadOptions()
    if "://" in str(target):
        from raudit.data.readers.database_urls import tables

        yield from _asked(tables(str(target), options), options)
        return
    path = Path(target)
    if path.is_dir():
        yield from _asked(folders.tables(path, options, _file), options)
        return
    if not path.exists():
        raise DataError(
            "the data cannot be read",
            reference="data-unreadable",
            where=str(target),
            got="no such file or folder",
            hint="check the path",
        )
    yield from _asked(_file(path, printable(path.name), options), options)


def _asked(
    sources: Iterator[StreamedTable | Gap], options: ReadOptions
) -> Iterator[StreamedTable | Gap]:
    """Only the table that is asked for, if one is."""
    if options.table is None:
        yield from sources
        return
    others = []
    for source in sources:
        names = {source.name, source.name.rpartition(":")[2], source.name.rpartition("/")[2]}
        if isinstance(source, StreamedTable):
            names.add(str(source.described.get("table", source.name)))
        if options.table in names:
            yield source
            return
        others.append(source.name)
    raise DataError(
        f"there is no table {options.table!r}",
        reference="no-table",
        got=", ".join(others[:10]) or "no table at all",
        hint="name one of these",
    )


def _file(path: Path, name: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    if not path.is_file():
        raise unreadable(name, "neither a file nor a folder")
    try:
        size = path.stat().st_size
        if size > options.limits.bytes:
            raise over_limit(name, "bytes", f"{size:,}", f"{options.limits.bytes:,} bytes")
        opening = _read(file_contents(path, name), options, 0)
        yield from timed(opening, name, options.limits.seconds, grace=START)
    except (OSError, UnicodeError) as error:
        got = getattr(error, "strerror", None) or type(error).__name__
        raise unreadable(name, str(got), "check that it is there and may be read") from error


def _read(contents: Contents, options: ReadOptions, depth: int) -> Iterator[StreamedTable | Gap]:
    if depth > DEEPEST:
        raise unreadable(contents.name, f"archives more than {DEEPEST} deep", "unpack it first")
    if contents.start(2) == b"PK":
        contents = archives.on_disk(contents)  # a zip file is read from its end
    kind = format_of(contents, options)
    match kind:
        case "csv":
            yield delimited(contents, options)
        case "json":
            yield json_rows(contents, options)
        case "gzip":
            yield from archives.gzipped(contents, options, depth, _read)
        case "zip":
            yield from archives.zipped(contents, options, depth, _read)
        case _:
            yield from _by_path(kind, contents, options)


def _by_path(kind: str, contents: Contents, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """Formats whose libraries want a path; what an archive holds is unpacked to a private one."""
    contents = archives.on_disk(contents)
    path = contents.path
    assert path is not None  # noqa: S101 -- on_disk gives one
    for source in isolated(native_task(kind, path, contents.name, options)):
        if contents.keeper is not None and isinstance(source, StreamedTable):
            yield archives.kept(source, contents.keeper)
        else:
            yield source
