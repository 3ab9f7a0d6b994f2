"""The digest of a table's content, worked out by the database that holds it: 256 digests leave it, and no row.

The scheme is that of ``raudit.data.content``; the two are held against each other by tests.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.content import NAN, digest_of_groups, no_canonical_form
from raudit.data.interface import ColumnName
from raudit.data.kinds import kind_of
from raudit.data.readers.sqlite_types import quoted

if TYPE_CHECKING:
    import pyarrow as pa

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a statement and gives all rows of its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a database writes what the scheme needs; ``{}`` stands for an expression."""

    bytes_of_text: str
    bits: str
    """The 16 hexadecimal digits of a double that is neither minus zero nor NaN."""
    is_nan: str
    days: str
    micros: str
    """Of a moment since 1970, in UTC."""
    hashed: str
    """Hexadecimal SHA-256 of a text's UTF-8."""
    gathered: str
    """Hexadecimal SHA-256 of the raw digests of a group, sorted."""


DUCKDB = Dialect(
    bytes_of_text="strlen({})",
    bits="format('{{:016x}}', ({})::DOUBLE::BIT::UBIGINT)",
    is_nan="isnan({})",
    days="datediff('day', DATE '1970-01-01', {})",
    micros="epoch_us({})",
    hashed="sha256({})",
    gathered="sha256(unhex(string_agg({0}, '' ORDER BY {0})))",
)
POSTGRESQL = Dialect(
    bytes_of_text="octet_length(convert_to({}, 'UTF8'))",
    bits="encode(float8send({}), 'hex')",
    is_nan="{} = 'NaN'::float8",
    days="({} - DATE '1970-01-01')",
    micros="(extract(epoch FROM {}) * 1000000)::bigint",
    hashed="encode(sha256(convert_to({}, 'UTF8')), 'hex')",
    gathered="""encode(sha256(decode(string_agg({0}, '' ORDER BY {0} COLLATE "C"), 'hex')), 'hex')""",
)
SQLITE = Dialect(
    bytes_of_text="length(CAST({} AS BLOB))",
    bits="raudit_bits({})",
    is_nan="0",  # SQLite holds none
    days="",
    micros="",
    hashed="raudit_sha256({})",
    gathered="raudit_gathered({})",
)


def content_in(ask: Ask, dialect: Dialect, statement: str, schema: pa.Schema) -> tuple[Sha256, int]:
    """Digest of a statement's rows, and how many there are.

    Parameters
    ----------
    ask
        Runs a statement.
    dialect
        How the database writes what is needed.
    statement
        Gives the rows.
    schema
        Names and Arrow types of its columns, as rows of it would be read.

    Raises
    ------
    DataError
        If a column has no canonical form here.
    """
    fields = sorted(schema, key=lambda field: str(field.name))
    cells = [f"coalesce({_cell(dialect, field)}, 'n;')" for field in fields]
    row = dialect.hashed.format(" || ".join(cells))
    # By the place of a column, so that no name of a table is taken for one of ours.
    hashed = f"SELECT {row} AS raudit_row FROM ({statement}) AS raudit_rows"  # noqa: S608 -- names are quoted
    grouped = (
        f"SELECT substr(raudit_row, 1, 2), {dialect.gathered.format('raudit_row')}, count(*) "  # noqa: S608 -- so is every name within
        f"FROM ({hashed}) AS raudit_hashed GROUP BY 1"
    )
    found = ask(grouped)
    groups = {int(str(first), 16): bytes.fromhex(str(digest)) for first, digest, _ in found}
    n_rows = sum(int(count) for _, _, count in found)
    kinds = {ColumnName(field.name): kind_of(field.type) for field in schema}
    return digest_of_groups(kinds, n_rows, groups), n_rows


def _cell(dialect: Dialect, field: Any) -> str:
    """The canonical text of a value; NULL where it is missing."""
    import pyarrow as pa

    t, column = pa.types, quoted(str(field.name))
    kind = field.type
    if t.is_boolean(kind):
        return f"CASE WHEN {column} THEN 'b1;' WHEN NOT {column} THEN 'b0;' END"
    if t.is_integer(kind):
        return f"'i' || CAST({column} AS TEXT) || ';'"
    if t.is_floating(kind):
        number = f"(CAST({column} AS DOUBLE PRECISION) + 0.0)"  # turns -0.0 into 0.0
        nan = dialect.is_nan.format(f"CAST({column} AS DOUBLE PRECISION)")
        return (
            f"CASE WHEN {nan} THEN 'f{NAN};' ELSE 'f' || {dialect.bits.format(number)} || ';' END"
        )
    if t.is_string(kind) or t.is_large_string(kind):
        return f"'t' || {dialect.bytes_of_text.format(column)} || ':' || {column} || ';'"
    if t.is_decimal(kind):
        return _decimal(column, kind.scale)
    if t.is_date(kind) and dialect.days:
        return f"'D' || {dialect.days.format(column)} || ';'"
    if t.is_timestamp(kind) and kind.unit != "ns" and dialect.micros:
        return f"'T' || {dialect.micros.format(column)} || ';'"
    raise no_canonical_form(str(field.name), str(kind))


def _decimal(column: str, scale: int) -> str:
    """Digits without the zeros behind them, and the power of ten that these make."""
    text = f"CAST({column} AS TEXT)"
    digits = f"ltrim(replace(replace({text}, '.', ''), '-', ''), '0')"
    short = f"rtrim({digits}, '0')"
    sign = f"CASE WHEN {column} < 0 THEN '-' ELSE '' END"
    power = f"(length({digits}) - length({short}) - {scale})"
    return (
        f"CASE WHEN {column} = 0 THEN 'd0e0;' "
        f"ELSE 'd' || {sign} || {short} || 'e' || {power} || ';' END"
    )


def teach_sqlite(db: sqlite3.Connection) -> None:
    """Give a connection of SQLite, which is part of this process, the functions that the scheme needs."""
    db.create_function(
        "raudit_bits", 1, lambda x: None if x is None else struct.pack(">d", x).hex()
    )
    db.create_function(
        "raudit_sha256",
        1,
        lambda text: None if text is None else hashlib.sha256(text.encode()).hexdigest(),
    )
    db.create_aggregate("raudit_gathered", 1, _Gathered)  # type: ignore[arg-type]


class _Gathered:
    """The raw digests of a group, sorted and hashed."""

    def __init__(self) -> None:
        self.digests: list[bytes] = []

    def step(self, digest: str) -> None:
        self.digests.append(bytes.fromhex(digest))

    def finalize(self) -> str:
        return hashlib.sha256(b"".join(sorted(self.digests))).hexdigest()
