"""Columns inside columns: fields of structures become dotted columns, as deep as they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.source import free_name

if TYPE_CHECKING:
    import pyarrow as pa

DEEPEST = 8
Path = tuple[int, ...]
"""Number of a column, then of a field in it, and so on."""


def leaves(schema: pa.Schema, kind_of: object) -> dict[ColumnName, tuple[Path, Kind]]:
    """Every column and field of a schema by its dotted name; a name that occurs twice gets a number."""
    found: dict[ColumnName, tuple[Path, Kind]] = {}
    for name, path, kind in _all(schema, kind_of):
        found[ColumnName(free_name(name, len(found) + 1, found))] = (path, kind)
    return found


def leaf_names(schema: pa.Schema, kind_of: Any) -> tuple[str, ...]:
    """The dotted name of each leaf, in the order of ``leaves``; names that occur twice as they are."""
    return tuple(name for name, _, _ in _all(schema, kind_of))


def _all(schema: pa.Schema, kind_of: Any) -> Iterator[tuple[str, Path, Kind]]:
    for index, field in enumerate(schema):
        yield from _of(field.name, field.type, (index,), kind_of)


def _of(name: str, arrow_type: Any, path: Path, kind_of: Any) -> Iterator[tuple[str, Path, Kind]]:
    inner = _fields(arrow_type)
    if inner is None or len(path) > DEEPEST:
        yield name, path, kind_of(arrow_type)
        return
    repeated = inner is not arrow_type
    for index in range(inner.num_fields):
        field = inner.field(index)
        for deeper, place, kind in _of(f"{name}.{field.name}", field.type, (*path, index), kind_of):
            yield deeper, place, Kind.TEXT if repeated else kind


def _fields(arrow_type: Any) -> Any:
    """The structure that a type is, or that its list holds; None if there is none, or none with fields."""
    import pyarrow as pa

    types = pa.types
    if types.is_list(arrow_type) or types.is_large_list(arrow_type):
        arrow_type = arrow_type.value_type
    return arrow_type if types.is_struct(arrow_type) and arrow_type.num_fields else None


def flat(
    batch: pa.RecordBatch, columns: Mapping[ColumnName, Path], first: Mapping[int, int]
) -> pa.RecordBatch:
    """A batch of the wanted leaves.

    Parameters
    ----------
    batch
        A batch that holds at least the top columns.
    columns
        Wanted name to its path.
    first
        Number of a top column in the schema to its number in the batch.
    """
    import pyarrow as pa

    arrays = [_at(batch.column(first[path[0]]), path[1:]) for path in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, names=[str(name) for name in columns])


def tops(paths: Sequence[Path]) -> list[int]:
    """The top columns that some paths begin with."""
    return sorted({path[0] for path in paths})


def _at(array: Any, path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not path:
        return array
    types = pa.types
    if types.is_struct(array.type):
        return _at(pc.struct_field(array, [path[0]]), path[1:])
    values = _at(pc.struct_field(array.values, [path[0]]), path[1:])
    kind = pa.LargeListArray if types.is_large_list(array.type) else pa.ListArray
    # Where a list is missing, its slots belong to nobody: the same offsets make it empty.
    return kind.from_arrays(array.offsets, values)
