"""Any Arrow column as one of few types that everything downstream can read; no type ends a scan.

Numbers, booleans, moments and text stay; lists, maps, unions and bytes are written out as text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raudit.data.interface import Kind

if TYPE_CHECKING:
    import pyarrow as pa

DEEPEST = 16
SHORTEST_UTF16 = 4
"""Bytes from which every other one that is zero tells of UTF-16."""
LONGEST_DIGEST = 64
"""Bytes of the longest digest in use: nothing that short and unreadable holds a text, unless it is packed."""
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
"""How what gzip, zip, Zstandard, bzip2 and xz pack begins."""


def kind_of(arrow_type: Any) -> Kind:
    """Kind of an Arrow type, after ``plain``: lists, maps and bytes are read as text."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    if isinstance(arrow_type, pa.BaseExtensionType):
        return kind_of(arrow_type.storage_type)
    if t.is_run_end_encoded(arrow_type):
        return kind_of(arrow_type.value_type)
    tests = (
        (Kind.BOOLEAN, (t.is_boolean,)),
        (Kind.INTEGER, (t.is_integer,)),
        (Kind.NUMBER, (t.is_floating, t.is_decimal)),
        (Kind.TEXT, (t.is_interval,)),
        (Kind.TIME, (t.is_temporal,)),
        (Kind.OTHER, (t.is_null,)),
    )
    return next(
        (kind for kind, checks in tests if any(check(arrow_type) for check in checks)), Kind.TEXT
    )


def plain(array: pa.Array) -> tuple[pa.Array, int]:
    """A column in a plain type, and how many of its cells were not UTF-8.

    Such cells keep what can be read; each byte that cannot becomes a mark. Of bytes, the cells that could hold a
    text and are none count: pictures, packed files, and whatever else is longer than a digest.
    """
    import pyarrow as pa

    t = pa.types
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return plain(array.storage)
    if t.is_dictionary(kind):
        return _dictionary(array)
    if t.is_run_end_encoded(kind):
        import pyarrow.compute as pc

        return plain(pc.run_end_decode(array))
    if t.is_string(kind) or t.is_large_string(kind):
        return _valid(array)
    if t.is_string_view(kind):
        return _valid(array.cast(pa.large_string()))
    if t.is_float16(kind):
        return _as_written(array), 0
    if t.is_decimal(kind) and kind.bit_width < 128:  # few functions of Arrow know the short ones
        return array.cast(pa.decimal128(kind.precision, kind.scale)), 0
    if (
        t.is_boolean(kind)
        or t.is_integer(kind)
        or t.is_floating(kind)
        or t.is_decimal(kind)
        or t.is_null(kind)
    ):
        return array, 0
    if t.is_temporal(kind) and not t.is_interval(kind):
        return _moments(array), 0
    bytes_ = (t.is_binary, t.is_large_binary, t.is_fixed_size_binary, t.is_binary_view)
    unread = sum(map(_unread, array.to_pylist())) if any(is_(kind) for is_ in bytes_) else 0
    return _written(array), unread


def _unread(cell: bytes | None) -> bool:
    if cell is None or (len(cell) <= LONGEST_DIGEST and not cell.startswith(PACKED)):
        return False
    try:
        cell.decode(_coded(cell))
    except UnicodeDecodeError:
        return True
    return False


def _as_written(array: Any) -> Any:
    """Numbers of 16 bits as they are written: 0.1 and not 0.0999755859375, which no threshold of 0.1 would meet."""
    import numpy as np
    import pyarrow as pa

    values = array.to_numpy(zero_copy_only=False).astype(np.float16)
    own, places = np.unique(values, return_inverse=True)  # no more than 65,536
    written = np.array([float(str(value)) for value in own], dtype=np.float64)[places]
    return pa.array(written, mask=np.asarray(array.is_null()))


def _moments(array: Any) -> Any:
    """Moments that can be written; a zone that this machine does not know is left off, which leaves UTC."""
    import pyarrow as pa

    if not pa.types.is_timestamp(array.type) or array.type.tz is None:
        return array
    try:
        array.slice(0, 1).cast(pa.large_string())
    except pa.ArrowException:
        return array.cast(pa.timestamp(array.type.unit))
    return array


def _dictionary(array: Any) -> tuple[Any, int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    values, broken = plain(array.dictionary)
    if not broken:
        same = values is array.dictionary
        return (array if same else pa.DictionaryArray.from_arrays(array.indices, values)), 0
    strange = pc.equal(_bad(array.dictionary), True)
    cells = pc.sum(pc.fill_null(strange.take(array.indices), False)).as_py() or 0
    return pa.DictionaryArray.from_arrays(array.indices, values), int(cells)


def _valid(array: Any) -> tuple[Any, int]:
    """Text whose bytes are UTF-8, which Parquet and Arrow promise and do not check."""
    import pyarrow as pa

    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        cells = [_bytes(cell) for cell in array.cast(pa.large_binary()).to_pylist()]
        bad = sum(strange for _, strange in cells)
        return pa.array([text for text, _ in cells], pa.large_string()), bad
    return array, 0


def _bad(array: Any) -> Any:
    import pyarrow as pa

    return pa.array([_bytes(cell)[1] for cell in array.cast(pa.large_binary()).to_pylist()])


def _bytes(cell: bytes | None) -> tuple[str | None, bool]:
    if cell is None:
        return None, False
    try:
        return cell.decode("utf-8"), False
    except UnicodeDecodeError:
        return cell.decode("utf-8", "replace"), True


def _written(array: object) -> Any:
    """Nested values, bytes and intervals as text."""
    import pyarrow as pa

    cells = [None if value is None else written(value) for value in _values(array)]
    return pa.array(cells, pa.large_string())


def _values(array: Any) -> Any:
    import pyarrow as pa

    try:
        return array.to_pylist()
    except (
        pa.ArrowException,
        UnicodeError,
        ValueError,
        OverflowError,
        TypeError,
        NotImplementedError,
    ):
        return [_value(scalar) for scalar in array]


def _value(scalar: Any) -> Any:
    """One value; what has no form in Python is shown by Arrow, or as nothing."""
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    try:
        return scalar.as_py()
    except (
        pa.ArrowException,
        UnicodeError,
        ValueError,
        OverflowError,
        TypeError,
        NotImplementedError,
    ):
        inner = _inner(scalar)
        return _shown(scalar) if inner is None else [_value(item) for item in inner]


def _shown(scalar: Any) -> str:
    """A moment or length of time beyond Python's as Arrow writes it; in a zone that is not known, in UTC."""
    import pyarrow as pa

    kind = scalar.type
    plainer = [pa.timestamp(kind.unit)] if pa.types.is_timestamp(kind) else []
    for step in ([], plainer):
        with contextlib.suppress(pa.ArrowException):
            for target in [*step, pa.large_string()]:
                scalar = scalar.cast(target)
            return str(scalar.as_py())
    return ""


def _inner(scalar: Any) -> Any:
    """The items of a scalar that holds several, such as a list with text that is not UTF-8."""
    import pyarrow as pa

    if isinstance(scalar, pa.StructScalar):
        return [scalar[i] for i in range(len(scalar.type))]
    if isinstance(scalar, pa.ListScalar):
        return list(scalar.values)
    if isinstance(scalar, (pa.StringScalar, pa.LargeStringScalar)):
        return [pa.scalar(bytes(scalar.as_buffer()), pa.large_binary())]
    return None


def written(value: object, depth: int = 0) -> str:
    """A nested value as text; its parts are divided by bars."""
    if depth > DEEPEST:
        return str(value)
    if isinstance(value, Mapping):
        parts = [written(item, depth + 1) for item in value.values()]
        return " | ".join(part for part in parts if part)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        parts = [written(item, depth + 1) for item in value]
        return " | ".join(part for part in parts if part)
    if isinstance(value, bytes):
        return value.decode(_coded(value), "replace")
    return "" if value is None else str(value)


def _coded(value: bytes) -> str:
    """How the text in some bytes is coded: where every other byte is zero, in UTF-16 and not in UTF-8."""
    even, odd = value[::2], value[1::2]
    if len(even) != len(odd) or len(value) < SHORTEST_UTF16 or b"\0" not in value:
        return "utf-8"
    for zeros, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros.count(0) > len(zeros) / 2 and 0 not in others:
            return name
    return "utf-8"
