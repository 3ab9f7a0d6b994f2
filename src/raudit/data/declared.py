"""The data set that a plan declares, from a file or a database, with the digest of its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raudit.canonical import Sha256
from raudit.data.content import SCHEME, content_digest
from raudit.data.interface import ColumnName, DataSet
from raudit.data.open import manifest, open_data
from raudit.data.ordered import Ordered, in_key_order
from raudit.data.readers.options import ReadOptions, working
from raudit.data.types import cast, check_types, with_types
from raudit.plan.schema import DataSection

MOST_FILES = 1_000
"""Files of a folder that a record lists; the digest of a larger one's manifest is recorded alone."""

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The data set, and what its content is called."""

    data: DataSet
    content_sha256: Sha256
    """Digest of what the table says, whatever its order, partitioning and format."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """For the record: how it was read and ordered."""


def open_declared(
    section: DataSection, path: Path | None, tick: Tick = lambda _rows: None
) -> Declared:
    """Open the data of a plan.

    Parameters
    ----------
    section
        ``data`` of the plan.
    path
        What ``data.path`` names, resolved; None without one.
    tick
        Called with the number of rows done since the last call.

    Raises
    ------
    DataError
        If it cannot be read, or its key does not name one row.
    """
    if section.in_database:
        return _from_database(section, path, tick)
    assert path is not None  # noqa: S101 -- the plan was checked
    data = with_types(open_data(path, options=ReadOptions.of(section)), section.types)
    described = {**data.described, **_manifest(path)}
    with working(data.name, section.limits):
        return _from_file(section, data, described, tick)


def _from_file(
    section: DataSection, data: DataSet, described: Mapping[str, Any], tick: Tick
) -> Declared:
    if not section.key:
        return _told(data, content_digest(data, tick), described, "file")
    ordered = in_key_order(
        _ticked(data.batches(list(data.kinds)), tick),
        name=data.name,
        key=section.key,
        sha256=data.sha256,
        described=data.described,
        options=ReadOptions.of(section),
    )
    return _told(ordered.data, ordered.content_sha256, described, "key")


def _manifest(path: Path) -> dict[str, Any]:
    """Size and digest of each file of a folder, whose names may be values; none of a folder of very many."""
    parts = manifest(path) if path.is_dir() else []
    if not 0 < len(parts) <= MOST_FILES:
        return {}
    return {"manifest": [{"bytes": part["bytes"], "sha256": part["sha256"]} for part in parts]}


def _from_database(section: DataSection, path: Path | None, tick: Tick) -> Declared:
    from raudit.data.databases import open_staying, open_table

    if section.stays:
        staying = open_staying(section)
        tick(staying.n_rows)
        return _told(staying, staying.sha256, staying.described, "none")
    with open_table(section, path) as found:
        ordered: Ordered = in_key_order(
            _ticked(_typed(found.batches, section.types, found.name), tick),
            name=found.name,
            key=section.key,
            described=found.described,
            options=ReadOptions.of(section),
            max_rows=section.copy_rows.max_rows if section.copy_rows is not None else None,
        )
    return _told(
        ordered.data, ordered.content_sha256, found.described, "key" if section.key else "content"
    )


def _told(data: DataSet, content: Sha256, described: Mapping[str, Any], order: str) -> Declared:
    detail = {**described, "content_sha256": content, "content_scheme": SCHEME, "order": order}
    return Declared(data=data, content_sha256=content, detail=detail)


def _ticked(batches: Iterator[Any], tick: Tick) -> Iterator[Any]:
    for batch in batches:
        yield batch
        tick(batch.num_rows)


def _typed(batches: Iterator[Any], types: Mapping[str, str], name: str) -> Iterator[Any]:
    """Batches with the types that the plan declares."""
    import pyarrow as pa

    before: int | None = None
    for batch in batches:
        names = batch.schema.names
        if before is None:
            before = 0
            check_types(types, [ColumnName(column) for column in names], name)
        arrays = [
            cast(array, types[column], column, first_row=before) if column in types else array
            for column, array in zip(names, batch.columns, strict=True)
        ]
        before += batch.num_rows
        yield pa.RecordBatch.from_arrays(arrays, names=names)
