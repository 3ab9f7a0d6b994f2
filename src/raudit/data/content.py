"""The digest of what a table says, whatever its order, its partitioning and its file format.

Each row becomes canonical bytes, in which every value names its kind and says where it ends; the SHA-256 digests of
the rows are grouped by their first byte, each group is sorted and hashed, and the groups' digests are hashed in order
behind a header. Equal rows count as often as they occur, and collision resistance is that of SHA-256; a sum of digests
would be additive too, and fall to Wagner's generalised birthday attack.

Values, columns in the order of their names:

- missing ``n;``; text ``t<bytes>:<UTF-8>;``; whole numbers ``i<decimal>;``; booleans ``b0;`` and ``b1;``
- fractions ``f<16 hexadecimal digits of the IEEE 754 double, big-endian>;``, where -0.0 is 0.0 and every NaN is
  ``7ff8000000000000``; narrower ones are widened first
- decimal fractions by value, ``d<digits>e<exponent>;`` without trailing zeros
- dates ``D<days since 1970>;``; moments ``T<microseconds since 1970, UTC>;``, with ``.<nanoseconds>`` where those
  are finer; times of day ``H<microseconds>;``; durations ``P<microseconds>;``

References
----------
Bellare and Micciancio (1997), A New Paradigm for Collision-Free Hashing; Wagner (2002), A Generalized Birthday
Problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.canonical import Sha256, canonical_bytes
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

SCHEME = "raudit.content/1"
GROUPS = 256
NO_ROWS = hashlib.sha256(b"").digest()
NAN = "7ff8000000000000"
ROWS = 65_536
PIECE = 64 * 2**20
"""Bytes of rows that are written out at once."""
HEX = np.frombuffer(b"".join(f"{byte:02x}".encode() for byte in range(256)), dtype=np.uint16)

RowHashes = NDArray[np.bytes_]
"""SHA-256 digests of rows, of shape (n_rows,) and type ``S32``."""


class ContentDigest:
    """Digests of rows, gathered in any order; parts of a table merge."""

    def __init__(self, kinds: Mapping[ColumnName, Kind]) -> None:
        self.kinds = dict(kinds)
        self.n_rows = 0
        self._groups: list[list[bytes]] = [[] for _ in range(GROUPS)]

    def add(self, hashes: RowHashes) -> None:
        """Take the digests of some rows."""
        self.n_rows += len(hashes)
        ordered = np.sort(hashes)
        first = (
            ordered.view(np.uint8).reshape(-1, 32)[:, 0] if len(ordered) else np.zeros(0, np.uint8)
        )
        ends = np.searchsorted(first, np.arange(GROUPS + 1))
        for group in range(GROUPS):
            low, high = ends[group], ends[group + 1]
            if high > low:
                self._groups[group].append(ordered[low:high].tobytes())

    def merge(self, other: ContentDigest) -> None:
        """Take everything that another part of the table has."""
        if other.kinds != self.kinds:
            raise DataError(
                "parts of a table differ in their columns",
                reference="content-columns",
                hint="write all parts with the same columns and kinds",
            )
        self.n_rows += other.n_rows
        for own, more in zip(self._groups, other._groups, strict=True):
            own.extend(more)

    def sha256(self) -> Sha256:
        """The digest of all rows so far."""
        digests = {
            group: hashlib.sha256(
                np.sort(np.frombuffer(b"".join(pieces), "S32")).tobytes()
            ).digest()
            for group, pieces in enumerate(self._groups)
        }
        return digest_of_groups(self.kinds, self.n_rows, digests)


def digest_of_groups(
    kinds: Mapping[ColumnName, Kind], n_rows: int, groups: Mapping[int, bytes]
) -> Sha256:
    """The digest of a table from those of its groups, behind a header of scheme, columns and number of rows.

    Parameters
    ----------
    kinds
        Kind by column.
    n_rows
        Rows of the table.
    groups
        By the first byte of a row's digest, the digest of the sorted digests of such rows; none where there are none.
    """
    header: dict[str, Any] = {
        "scheme": SCHEME,
        "columns": [[str(name), str(kinds[name])] for name in sorted(kinds)],
        "rows": n_rows,
    }
    whole = hashlib.sha256(canonical_bytes(header))
    for group in range(GROUPS):
        whole.update(groups.get(group, NO_ROWS))
    return Sha256(whole.hexdigest())


def content_digest(data: DataSet, tick: Callable[[int], None] = lambda _rows: None) -> Sha256:
    """Digest of a data set's content; see the module.

    Parameters
    ----------
    data
        The data set; columns that raudit computed are left out.
    tick
        Called with the number of rows done since the last call.
    """
    found = ContentDigest(data.kinds)
    for batch in data.batches(list(data.kinds), rows=ROWS):
        found.add(row_hashes(batch))
        tick(batch.num_rows)
    return found.sha256()


def row_hashes(batch: pa.RecordBatch, columns: Sequence[ColumnName] | None = None) -> RowHashes:
    """SHA-256 of each row's canonical bytes.

    Parameters
    ----------
    batch
        Rows.
    columns
        Columns that count; all of them by default.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = sorted(str(name) for name in (batch.schema.names if columns is None else columns))
    rows = batch.num_rows
    if rows > 1 and (size := _written(batch, names)) > PIECE:
        at_once = max(1, rows * PIECE // size)
        pieces = (batch.slice(start, at_once) for start in range(0, rows, at_once))
        return np.concatenate(
            [row_hashes(piece, [ColumnName(n) for n in names]) for piece in pieces]
        )
    cells = [_cells(batch.column(name), name) for name in names]
    if not cells or not batch.num_rows:
        return np.zeros(batch.num_rows, dtype="S32")
    joined = pc.binary_join_element_wise(*cells, pa.scalar(b"", pa.large_binary()))
    return _hashed(joined.to_pylist())


def _written(batch: pa.RecordBatch, names: Sequence[str]) -> int:
    """Bytes of rows once each value is written out: a dictionary's long one may stand in every row of a small file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in map(batch.column, names):
        if not (pa.types.is_dictionary(column.type) and _is_text(column.type.value_type)):
            size += column.nbytes
            continue
        lengths = pc.binary_length(column.dictionary)
        longest = pc.max(lengths).as_py() or 0
        if longest * len(column) > PIECE:
            longest, size = 0, size + (pc.sum(lengths.take(column.indices)).as_py() or 0)
        size += longest * len(column)
    return size


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _hashed(rows: Iterable[bytes]) -> RowHashes:
    sha256 = hashlib.sha256
    return np.frombuffer(b"".join([sha256(row).digest() for row in rows]), dtype="S32")


def _cells(column: Any, name: str) -> Any:
    """Canonical bytes of each value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        values = _cells(column.dictionary, name)
        taken = values.take(column.indices)
        return pc.fill_null(taken, pa.scalar(b"n;", pa.large_binary()))
    encoded = _encoder(column.type, name)(column)
    return pc.fill_null(encoded.cast(pa.large_binary()), pa.scalar(b"n;", pa.large_binary()))


def _encoder(kind: Any, name: str) -> Callable[[Any], Any]:
    import pyarrow as pa

    t = pa.types
    tests: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
        (t.is_null, lambda column: pa.nulls(len(column), pa.large_string())),
        (t.is_boolean, _booleans),
        (t.is_integer, lambda column: _tagged("i", column)),
        (t.is_floating, _doubles),
        (t.is_decimal, _decimals),
        (t.is_date, lambda column: _tagged("D", column.cast(pa.date32()).cast(pa.int32()))),
        (t.is_timestamp, _moments),
        (t.is_time, lambda column: _tagged("H", _micros(column, pa.time64("us")))),
        (t.is_duration, lambda column: _tagged("P", _micros(column, pa.duration("us")))),
        (t.is_string, _texts),
        (t.is_large_string, _texts),
        (t.is_string_view, lambda column: _texts(column.cast(pa.large_string()))),
    )
    for fits, encoder in tests:
        if fits(kind):
            return encoder
    raise no_canonical_form(name, str(kind))


def no_canonical_form(name: str, kind: str) -> DataError:
    """The error for a column whose values cannot be written so that every store writes them alike."""
    return DataError(
        f"the column {name!r} has a type without a canonical form",
        reference="content-kind",
        got=kind[:60],
        hint="write nested values as text, or leave the column out",
    )


def _tagged(tag: str, column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [pa.scalar(part, pa.large_string()) for part in (tag, ";", "")]
    return pc.binary_join_element_wise(parts[0], column.cast(pa.large_string()), *parts[1:])


def _booleans(column: Any) -> Any:
    import pyarrow.compute as pc

    return pc.if_else(column, "b1;", "b0;")


def _texts(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    raw = column.cast(pa.large_binary())
    size = pc.binary_length(raw).cast(pa.large_string()).cast(pa.large_binary())
    parts = [pa.scalar(part, pa.large_binary()) for part in (b"t", b":", b";", b"")]
    return pc.binary_join_element_wise(parts[0], size, parts[1], raw, parts[2], parts[3])


def _doubles(column: Any) -> Any:
    import pyarrow as pa

    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False) + 0.0  # turns -0.0 into 0.0
    values = np.where(np.isnan(values), np.nan, values)
    big = np.ascontiguousarray(values, dtype=">f8").view(np.uint8).reshape(-1, 8)
    text = np.empty((len(values), 18), dtype=np.uint8)
    text[:, 0], text[:, 17] = ord("f"), ord(";")
    text[:, 1:17] = HEX[big].view(np.uint8)
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(18), len(values), [None, pa.py_buffer(text.tobytes())]
    ).cast(pa.large_binary())
    return _without(fixed, column)


def _without(encoded: Any, column: Any) -> Any:
    """Missing again where the column is; a NaN is a value and stays."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not column.null_count:
        return encoded
    return pc.if_else(column.is_null(), pa.scalar(None, pa.large_binary()), encoded)


def _decimals(column: Any) -> Any:
    import pyarrow as pa

    def form(value: Any) -> str | None:
        if value is None:
            return None
        sign, digits, exponent = value.as_tuple()
        number = "".join(map(str, digits)).lstrip("0")
        short = number.rstrip("0")
        place = exponent + len(number) - len(short) if short else 0
        return f"d{'-' if sign and short else ''}{short or '0'}e{place};"

    return pa.array([form(value) for value in column.to_pylist()], pa.large_string())


def _micros(column: Any, wanted: Any) -> Any:
    import pyarrow as pa

    return column.cast(wanted, safe=False).cast(pa.int64())


def _moments(column: Any) -> Any:
    """Microseconds since 1970, rounded down, and the nanoseconds above them where there are any."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unit = column.type.unit
    if unit != "ns":
        return _tagged("T", column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64()))
    ticks = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    whole, rest = ticks // 1000, ticks % 1000
    if not rest.any():
        return _tagged("T", _without_ticks(whole, column))
    texts = [
        f"T{a}.{b:03d};" if b else f"T{a};"
        for a, b in zip(whole.tolist(), rest.tolist(), strict=True)
    ]
    return _without(pa.array(texts, pa.large_string()).cast(pa.large_binary()), column)


def _without_ticks(whole: Any, column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.array(whole, pa.int64())
    return (
        pc.if_else(column.is_null(), pa.scalar(None, pa.int64()), array)
        if column.null_count
        else array
    )
