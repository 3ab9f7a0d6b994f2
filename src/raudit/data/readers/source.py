"""A table that is read in pieces, and what could not be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.options import over_limit
from raudit.errors import DataError, RauditError
from raudit.isolation.limits import out_of_memory
from raudit.plan.schema import DataLimits

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Piece = TypeVar("Piece")
NOT_COMPUTED = Sha256("")
LONGEST_NAME = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedTable:
    """A table that is read in pieces, as often as asked for; every cell as the file writes it."""

    name: str
    kinds: Mapping[ColumnName, Kind]
    n_rows: int
    """0 if it is known only after reading."""
    read: Callable[[Sequence[ColumnName], int], Iterator[Any]]
    """Gives record batches of the named columns, with at most so many rows."""
    sha256: Sha256 = NOT_COMPUTED
    """Not computed: a scan alone vouches for nothing."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, in plain words with a count; filled while reading."""
    header: Sequence[str] = ()
    """Names as the file has them, doubled and empty ones too."""
    typed: Callable[[ColumnName, Any], Any] | None = None
    """Gives a column of text its type, where the format writes types as text."""
    limits: DataLimits = field(default_factory=DataLimits)
    """What reading it may take."""
    described: Mapping[str, Any] = field(default_factory=dict)
    """Format, delimiter, encoding and whatever else was declared or found out, for the record."""
    beside: Sequence[str] = ()
    """Texts of the file that are no cells of the table, such as a title above it: a search reads them too."""

    def __post_init__(self) -> None:
        """Refuse a name that nobody gave: patterns are sought in names too."""
        if len(self.name) > LONGEST_NAME:
            got = f"the name of a table has {len(self.name):,} characters, at most {LONGEST_NAME:,} are read"
            raise unreadable(f"{self.name[:80]}…", got, "give the table a short name")
        longest = max(map(len, self.kinds), default=0)
        if longest > LONGEST_NAME:
            got = f"the name of a column has {longest:,} characters, at most {LONGEST_NAME:,} are read"
            raise unreadable(self.name, got, "give the column a short name")

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces.

        Raises
        ------
        DataError
            If the source breaks off, or takes more than it may.
        """
        wanted = list(self.kinds) if columns is None else list(columns)
        empty = True
        try:
            for batch in timed(self.read(wanted, rows), self.name, self.limits.seconds):
                check_cells(batch, self.name, self.limits)
                empty = False
                yield batch
            if empty:
                yield _nothing({column: self.kinds[column] for column in wanted})
        except OSError as error:
            raise unreadable(self.name, error.strerror or type(error).__name__) from error
        except Exception as error:
            if isinstance(error, RauditError) or not out_of_memory(error):
                raise
            raise unreadable(
                self.name, "more memory than there is", "raise or lower data.limits.memory_gib"
            ) from error

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        import pyarrow as pa

        return as_pandas(pa.Table.from_batches(list(self.batches(columns))), self.name)

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> Any:
        """Not needed by a scan."""
        raise NotImplementedError

    def as_written(self) -> StreamedTable:
        """Itself: nothing was given a type."""
        return self


def as_pandas(table: pa.Table, name: str, **how: Any) -> pd.DataFrame:
    """The table as pandas.

    Raises
    ------
    DataError
        If a value has no form there.
    """
    try:
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=False, **how)
    except (ValueError, OverflowError) as error:
        got = "a value that Python cannot hold, such as a date beyond the years 1 to 9999"
        raise unreadable(name, got, "mend such values, or leave their column out") from error
    return frame


def timed(pieces: Iterator[Piece], name: str, most: int, *, grace: float = 0.0) -> Iterator[Piece]:
    """The pieces, as long as reading takes no longer than it may; what is done with each does not count.

    Parameters
    ----------
    pieces
        What is read.
    name
        For the message.
    most
        Seconds.
    grace
        Seconds beyond them for what is not the file's, such as the start of a reader's process.

    Raises
    ------
    DataError
        When the time is up.
    """
    taken = 0.0
    while True:
        started = time.monotonic()
        piece = next(pieces, None)
        taken += time.monotonic() - started
        if taken > most + grace:
            raise over_limit(name, "seconds", f"not done after {most:,}", f"{most:,} seconds")
        if piece is None:
            return
        yield piece


def check_cells(batch: pa.RecordBatch, name: str, limits: DataLimits) -> None:
    """Refuse a cell that is longer than a cell may be.

    Raises
    ------
    DataError
        With the number of the column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, column in enumerate(batch.columns, 1):
        if column.nbytes <= limits.cell_bytes:
            continue  # nor is any cell of it
        values = column.dictionary if pa.types.is_dictionary(column.type) else column
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            continue
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest > limits.cell_bytes:
            got = f"a cell of {longest:,} bytes in column {place}"
            raise over_limit(name, "cell_bytes", got, f"{limits.cell_bytes:,} bytes")


def _nothing(kinds: Mapping[ColumnName, Kind]) -> Any:
    """A batch without rows, so that a table without rows has its columns."""
    import pyarrow as pa

    known = {
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.OTHER: pa.null(),
    }
    arrays = [pa.array([], known.get(kind, pa.large_string())) for kind in kinds.values()]
    return pa.RecordBatch.from_arrays(arrays, names=[str(name) for name in kinds])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that was not read."""

    name: str
    because: str
    offered: bool = False
    """Whether it holds no rows of its own, such as a view, which is read if it is asked for by name."""


MOST_NAMED = 20
"""Files that are named one by one when they cannot be read; the rest is counted."""


def few(gaps: Sequence[Gap], name: str) -> Iterator[Gap]:
    """The first gaps of a folder or archive, and how many more there are."""
    yield from gaps[:MOST_NAMED]
    more = len(gaps) - MOST_NAMED
    if more > 0:
        yield Gap(name=name, because=f"{more:,} more files could not be read")


def unreadable(name: str, got: str, hint: str = "repair it or leave it out") -> DataError:
    """The file is there and cannot be read; what a library said may quote values and stays out."""
    return DataError(
        "the file cannot be read", reference="data-broken", where=name, got=got, hint=hint
    )


def because(error: DataError) -> str:
    """An error as the reason of a gap."""
    parts = [error.message]
    parts += [f"got {error.got}"] if error.got else []
    parts += [f"expected {error.expected}"] if error.expected else []
    return ", ".join(parts)


def free_name(name: str, number: int, taken: Container[str]) -> str:
    """The name, with its number as often as it takes until no other has it: a doubled name hides no column."""
    while name in taken:
        name = f"{name} ({number})"
    return name


def named(header: Sequence[str]) -> list[str]:
    """Names of columns; one without gets its number, one that occurs again too."""
    names: list[str] = []
    seen: set[str] = set()
    for index, raw in enumerate(header, 1):
        name = raw if raw.strip() else f"column {index}"
        name = free_name(name, index, seen)
        seen.add(name)
        names.append(name)
    return names


def add_problems(problems: list[str], more: Iterable[str]) -> None:
    """Say what could not be read, once, however often the table is read."""
    problems.extend(problem for problem in more if problem not in problems)
