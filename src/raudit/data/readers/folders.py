"""Folders of files: every table below one, partitions put together, and whatever is not read named and counted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.markers import is_marker
from raudit.data.readers.options import ReadOptions
from raudit.data.readers.source import Gap, StreamedTable, add_problems, because, few, unreadable
from raudit.errors import DataError
from raudit.printable import printable

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
Reader = Callable[[Path, str, ReadOptions], Iterator[StreamedTable | Gap]]
Partition = tuple[tuple[str, str | None], ...]


def tables(folder: Path, options: ReadOptions, reader: Reader) -> Iterator[StreamedTable | Gap]:
    """Every table below a folder; files in folders called ``column=value`` are parts of one table."""
    partitioned: dict[str, list[tuple[Path, Partition]]] = {}
    unread: list[Gap] = []
    for path, problem in files(folder):
        relative = path.relative_to(folder)
        root, partition = _partition(relative)
        if problem:
            unread.append(Gap(name=_shown(relative), because=problem))
        elif partition:
            partitioned.setdefault(root, []).append((path, partition))
        elif path.stat().st_size or path.suffix:
            for source in _read(path, printable(str(relative)), options, reader):
                if isinstance(source, Gap):
                    unread.append(source)
                else:
                    yield source
    for root, parts in sorted(partitioned.items()):
        name = printable(root) if root != "." else printable(folder.resolve().name)
        for source in _parts(name, parts, options, reader):
            if isinstance(source, Gap):
                unread.append(source)
            else:
                yield source
    yield from few(unread, printable(folder.name))


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files below a folder in order, each with why it cannot be read, or nothing.

    Links are not followed: a folder from somebody else must not lead out of itself.
    """

    def failed(error: OSError) -> None:
        refused.append(Path(error.filename))

    refused: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=failed):
        folders.sort()
        here = Path(place)
        yield from (
            (here / name, "a link, which is not followed")
            for name in folders
            if (here / name).is_symlink()
        )
        for name in sorted(names):
            path = here / name
            if path.is_symlink():
                yield path, "a link, which is not followed"
            elif not path.is_file():
                yield path, "neither a file nor a folder"
            elif not is_marker(path):
                yield path, ""
    yield from ((path, "the folder cannot be opened") for path in refused)


def _read(
    path: Path, name: str, options: ReadOptions, reader: Reader
) -> Iterator[StreamedTable | Gap]:
    """The tables of one file; what cannot be read is said and the rest goes on."""
    try:
        yield from reader(path, name, replace(options, table=None))
    except DataError as error:
        yield Gap(name=name, because=because(error))


def _partition(relative: Path) -> tuple[str, Partition]:
    """The folder above the first ``column=value``, and these columns and values."""
    pairs: list[tuple[str, str | None]] = []
    root: list[str] = []
    for part in relative.parts[:-1]:
        column, equals, value = part.partition("=")
        if equals and column:
            pairs.append((unquote(column), None if value == NULL_PARTITION else unquote(value)))
        elif not pairs:
            root.append(part)
    return str(Path(*root)) if root else ".", tuple(pairs)


def _shown(relative: Path) -> str:
    """A path without the values of partitions, which are data."""
    parts = [f"{part.partition('=')[0]}=…" if "=" in part else part for part in relative.parts[:-1]]
    return printable("/".join([*parts, relative.name]))


def _parts(
    name: str, parts: Sequence[tuple[Path, Partition]], options: ReadOptions, reader: Reader
) -> Iterator[StreamedTable | Gap]:
    """Files of one partitioned table, put together."""
    found: list[tuple[StreamedTable, Partition]] = []
    for number, (path, partition) in enumerate(parts, 1):
        for source in _read(path, f"{name} part {number}", options, reader):
            if isinstance(source, StreamedTable):
                found.append((source, partition))
            else:
                yield source
    if found:
        yield together(name, found)


def together(name: str, parts: Sequence[tuple[StreamedTable, Partition]]) -> StreamedTable:
    """Tables of the same columns as one; a column that a part does not have is missing there, which is said.

    Raises
    ------
    DataError
        If a column and a partition have one name.
    """
    kinds: dict[ColumnName, Kind] = {}
    for part, _ in parts:
        for column, kind in part.kinds.items():
            kinds[column] = kind if kinds.get(column, kind) is kind else Kind.TEXT
    keys = dict.fromkeys(ColumnName(key) for _, partition in parts for key, _ in partition)
    clash = [key for key in keys if key in kinds]
    if clash:
        raise unreadable(
            name, "a partition that is also a column of its files", "rename one of the two"
        )
    shared = {**kinds, **dict.fromkeys(keys, Kind.TEXT)}
    problems = [problem for part, _ in parts for problem in part.problems]
    absent = [column for column in kinds if any(column not in part.kinds for part, _ in parts)]
    if absent:
        problems.append(_lacking([part for part, _ in parts], absent))
    typed = next((part.typed for part, _ in parts if part.typed is not None), None)

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        for part, partition in parts:
            values = {ColumnName(key): value for key, value in partition}
            for batch in _batches(part, columns, rows):
                yield _joined(batch, columns, shared, values)
            add_problems(problems, part.problems)

    counts = [part.n_rows for part, _ in parts]
    return StreamedTable(
        name=name,
        kinds=shared,
        n_rows=sum(counts) if all(counts) else 0,
        read=read,
        problems=problems,
        header=tuple(shared),
        typed=typed,
        limits=parts[0][0].limits,
        beside=tuple(text for part, _ in parts for text in part.beside),
        described={
            **parts[0][0].described,
            "files": len(parts),
            **({"partitions": ", ".join(keys)} if keys else {}),
        },
    )


def _lacking(parts: Sequence[StreamedTable], absent: Sequence[ColumnName]) -> str:
    lacking = [part for part in parts if any(column not in part.kinds for column in absent)]
    column = next(column for column in absent if column not in lacking[0].kinds)
    lack = "lacks" if len(lacking) == 1 else "lack"
    return (
        f"{len(lacking):,} of {len(parts):,} files {lack} a column that others have, "
        f"first {lacking[0].name} the column {str(column)[:80]!r}; it is missing there"
    )


def _batches(part: StreamedTable, columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
    """Batches of the columns that a part has; one column alone tells how many rows there are."""
    own = [column for column in columns if column in part.kinds]
    return part.batches(own or list(part.kinds)[:1], rows=rows)


def _joined(batch: Any, columns: Sequence[ColumnName], kinds: Any, values: Any) -> Any:
    import pyarrow as pa

    arrays = []
    names = set(batch.schema.names)
    for column in columns:
        if column in values:
            arrays.append(
                pa.array([values[column]], pa.large_string()).take(pa.array([0] * batch.num_rows))
            )
        elif column not in names:
            arrays.append(pa.nulls(batch.num_rows, pa.large_string()))
        else:
            array = batch.column(column)
            arrays.append(array if kinds[column] is not Kind.TEXT else _as_text(array))
    return pa.RecordBatch.from_arrays(arrays, names=[str(column) for column in columns])


def _as_text(array: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.large_string())
