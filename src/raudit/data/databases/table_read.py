"""What every database gives: batches of one table or query, while its transaction lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from raudit.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """A table or query while it is being read; for one reading."""

    name: str
    batches: Iterator[Any]
    """Record batches of all columns; at least one, even without rows."""
    described: Mapping[str, Any] = field(default_factory=dict)
    """For the record; holds no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRequest:
    """Which rows are asked for."""

    table: str | None
    query: str | None
    max_rows: int

    @property
    def name(self) -> str:
        """For messages."""
        return self.table if self.table is not None else "query"

    def statement(self, quoted_table: str) -> str:
        """The query as a table, or all of a table whose name is quoted already; both without an end mark."""
        if self.query is None:
            return f"SELECT * FROM {quoted_table}"  # noqa: S608 -- quoted by the database's own rules
        inner = self.query.strip().rstrip(";")
        # A comment on the query's last line must not swallow what follows.
        return f"SELECT * FROM ({inner}\n) AS raudit_rows"  # noqa: S608 -- the plan's own query, run read-only


def quoted_parts(name: str) -> str:
    """``schema.table`` as identifiers of SQL."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def failed(engine: str, error: Exception, name: str) -> DataError:
    """The error for a database that does not answer; what it said may quote values, addresses and passwords."""
    kind = type(error)
    return DataError(
        "the database cannot be read",
        reference="database",
        where=f"{engine}: {name}",
        got=f"{kind.__name__}{_state(error)}",
        hint="check data.connection, data.table or data.query, the password in the environment, and the right to read",
    )


def _state(error: Exception) -> str:
    """SQLSTATE, which is a code and quotes nothing."""
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return f" ({code})" if code else ""
