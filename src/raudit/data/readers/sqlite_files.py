"""Tables of SQLite files, opened for reading only, with nothing but reading allowed to whatever the file defines."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from raudit.data.interface import ColumnName
from raudit.data.kinds import kind_of
from raudit.data.readers.options import Budget, ReadOptions, check_columns, over_limit
from raudit.data.readers.source import Gap, StreamedTable, unreadable
from raudit.data.readers.sqlite_types import quoted, typed_batches, types_of
from raudit.errors import DataError
from raudit.printable import printable

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
BARRED = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
# SQLite takes a type in any case, and a name of its own from whoever wrote the list of tables by hand.
OBJECTS = (
    "SELECT lower(type), name FROM sqlite_master WHERE lower(type) NOT IN ('index', 'trigger') "
    "ORDER BY name"
)
VIRTUAL = "SELECT name FROM sqlite_master WHERE lower(ltrim(sql)) LIKE 'create virtual %'"
MADE_BY_CODE = (
    "a virtual table, such as an index of full text: code makes its rows, and it is not run; "
    "tables in which it stores them are read by themselves"
)
OWN = {"sqlite_sequence": "name", **{f"sqlite_stat{n}": "tbl" for n in range(1, 5)}}
"""Tables that SQLite keeps for itself, and the column of each that names a table."""
FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What reading may raise: Python decodes SQLite's messages and names of columns, which may quote any bytes."""
STEPS = 100_000
"""Instructions of SQLite's machine between two looks at the clock."""
HOT_JOURNAL = bytes.fromhex("d9d505f920a163d7")
GENERATED = {2, 3}
HIDDEN = 1
"""What ``table_xinfo`` says of a virtual table's own arguments."""
_TEXT = re.compile(r""""(?:[^"]|"")*"|'((?:[^']|'')*)'|--([^\n]*)|/\*(.*?)\*/""", re.DOTALL)
"""Texts and comments in SQL; what stands in double quotes is a name."""


def tables(path: Path, name: str, options: ReadOptions) -> Iterator[StreamedTable | Gap]:
    """Every table of an SQLite file; a view only if it is asked for by name."""
    check_alone(path, name)
    try:
        with opened_for_reading(path, options) as db:
            objects = [(str(kind), str(title)) for kind, title in db.execute(OBJECTS)]
            objects = [found for found in objects if not _own(db, found[1])]
            virtual = {title for (title,) in db.execute(VIRTUAL)}
    except FAULTS as error:
        raise _broken(name, error) from error
    views = [title for kind, title in objects if kind == "view" and title != options.table]
    for _, title in objects:
        if title in views:
            continue
        label = f"{name}:{title}"
        try:
            yield _table(path, label, title, options)
        except FAULTS as error:
            why = f"the table cannot be read: got {_kind(error)}"
            if title in virtual:
                why = MADE_BY_CODE
            elif _kind(error) == "SQLITE_INTERRUPT":
                why = "counting its rows takes longer than data.limits.seconds allows"
            yield Gap(name=label, because=why)
    if views:
        yield left_out(name, "views", views)


def _own(db: sqlite3.Connection, title: str) -> bool:
    """Whether a table holds what SQLite keeps for itself, and no row that somebody else put there."""
    if title not in OWN:
        return False
    names = "SELECT name FROM sqlite_master"
    own = OWN[title]
    where = f"{own} IS NULL OR {own} NOT IN ({names})"
    foreign = f"SELECT count(*) FROM {title} WHERE {where}"  # noqa: S608 -- names of OWN, none of the file's
    try:
        return not db.execute(foreign).fetchone()[0]
    except FAULTS:
        return False


def check_alone(path: Path, name: str) -> None:
    """Refuse a database that keeps some of its rows in another file, which no digest covers.

    Raises
    ------
    DataError
        If there is such a file. See "WAL-mode File Format" and "Rollback Journal" of SQLite's file format.
    """
    log, journal = (path.with_name(path.name + ending) for ending in ("-wal", "-journal"))
    if _size(log):
        raise unfinished(name, log.name, "PRAGMA wal_checkpoint(TRUNCATE)")
    if _size(journal) and journal.read_bytes()[:8] == HOT_JOURNAL:
        raise unfinished(name, journal.name, "any read by SQLite itself")


def unfinished(name: str, other: str, command: str) -> DataError:
    """The error for a database some of whose rows are in another file."""
    return unreadable(
        name,
        f"a database whose last changes are in {printable(other)}",
        f"close the program that writes it, or have it run {command}; then the file is whole",
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def left_out(name: str, what: str, names: Sequence[str]) -> Gap:
    """A gap that counts objects of a database that were not read, and names a few."""
    shown = ", ".join(sorted(names)[:5]) + (", …" if len(names) > 5 else "")
    count = f"{len(names):,} {what if len(names) > 1 else what.removesuffix('s')}"
    why = f"{count} not read: {shown}; to read one, name it as the table"
    return Gap(name=name, because=why, offered=True)


@contextmanager
def opened_for_reading(path: Path, options: ReadOptions) -> Iterator[sqlite3.Connection]:
    """A connection that may do nothing but read, whatever the file defines, and cells no longer than they may be."""
    db = opened_read_only(path)
    try:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(options.limits.cell_bytes, 2**30))
        db.set_authorizer(only_reading)
        yield db
    finally:
        db.close()


def opened_read_only(path: Path) -> sqlite3.Connection:
    """A connection to a file that is only read, whose formulas are not trusted, and whose text need not be UTF-8."""
    # Immutable: no lock and no file beside it, which would belong to a stranger's folder.
    place = quote(os.fsencode(path.resolve()))
    db = sqlite3.connect(f"file:{place}?mode=ro&immutable=1", uri=True)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA temp_store = MEMORY")
    db.text_factory = lambda data: data.decode("utf-8", "replace")
    return db


def only_reading(
    action: int, first: str | None, second: str | None, _db: str | None, _trigger: str | None
) -> int:
    """Reading only: no other file is attached, nothing is loaded, no setting is changed."""
    if action in ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in BARRED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first == "table_xinfo":
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _table(path: Path, name: str, table: str, options: ReadOptions) -> StreamedTable:
    with opened_for_reading(path, options) as db:
        # One endless table costs no other: the clock in raudit would end the reader of all.
        end = time.monotonic() + options.limits.seconds / 2
        db.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        info = db.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
        generated = [str(column[1]) for column in info if column[6] in GENERATED]
        broken = [column for column in generated if not _computes(db, table, column)]
        columns = [
            str(column[1])
            for column in info
            if column[6] != HIDDEN and str(column[1]) not in broken
        ]
        check_columns(name, len(columns), options.limits)
        n_rows = int(db.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0])  # noqa: S608 -- quoted
        names = [ColumnName(column) for column in columns]
        types = dict(zip(names, types_of(db, quoted(table), columns), strict=True))
        made = db.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ?", (table,)).fetchall()

    def read(wanted: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        budget = Budget(name, options.limits)
        chosen = ", ".join(quoted(column) for column in wanted)
        try:
            with opened_for_reading(path, options) as db:
                cursor = db.execute(f"SELECT {chosen} FROM {quoted(table)}")  # noqa: S608 -- names are quoted
                schema = pa.schema([(str(column), types[column]) for column in wanted])
                yield from typed_batches(cursor, schema, rows, budget)
        except sqlite3.DataError as error:
            if _kind(error) != "SQLITE_TOOBIG":
                raise _broken(name, error) from error
            most = f"{options.limits.cell_bytes:,} bytes"
            raise over_limit(name, "cell_bytes", "a longer cell", most) from error
        except FAULTS as error:
            raise _broken(name, error) from error

    return StreamedTable(
        name=name,
        kinds={column: kind_of(kind) for column, kind in types.items()},
        n_rows=n_rows,
        read=read,
        problems=[_not_computed(broken)] if broken else [],
        header=tuple(columns),
        limits=options.limits,
        described={"format": "sqlite", "table": table},
        beside=texts_in_sql(str(sql) for (sql,) in made if sql),
    )


def texts_in_sql(statements: Iterable[str]) -> tuple[str, ...]:
    """What a person wrote into the statements that made a table: defaults, lists, comments, texts of triggers."""
    found = (
        match[match.lastindex].replace("''", "'").strip()
        for sql in statements
        for match in _TEXT.finditer(sql)
        if match.lastindex
    )
    return tuple(dict.fromkeys(text for text in found if text))


def _computes(db: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a generated column can be computed for every row; its formula is the file's and may be anything."""
    try:
        db.execute(f"SELECT sum(length({quoted(column)})) FROM {quoted(table)}").fetchone()  # noqa: S608 -- quoted
    except FAULTS:
        return False
    return True


def _not_computed(columns: Sequence[str]) -> str:
    what = "1 generated column" if len(columns) == 1 else f"{len(columns):,} generated columns"
    return f"{what} cannot be computed and was left out: {', '.join(columns[:5])}"


def _broken(name: str, error: Exception) -> DataError:
    return unreadable(name, f"{_kind(error)} from SQLite")


def _kind(error: Exception) -> str:
    """SQLite's name for what is wrong; its message may quote the file."""
    if isinstance(error, UnicodeDecodeError):
        return "a name or message that is not UTF-8"
    return str(getattr(error, "sqlite_errorname", "") or type(error).__name__)
