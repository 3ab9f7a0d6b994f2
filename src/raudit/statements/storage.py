"""Statements lie beside what they are about: one envelope a line, added and never changed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from raudit.errors import StatementError
from raudit.files import append_line
from raudit.ordinary import read_file
from raudit.statements.envelope import open_envelope

ENDING = ".statements.jsonl"
MAX_BYTES = 64 << 20


def statements_path(beside: Path) -> Path:
    """File of the statements about a file of answers or waivers."""
    return beside.with_name(beside.stem + ENDING)


def add_statement(beside: Path, envelope: bytes) -> None:
    """Keep a statement; on disk when this returns. Call it under ``files.locked`` of the file it is about.

    Raises
    ------
    StatementError
        If what is there is no file.
    """
    path = statements_path(beside)
    try:
        append_line(path, envelope)
    except OSError as error:
        if error.errno not in (errno.EISDIR, errno.ELOOP, errno.ENXIO):
            raise
        raise StatementError(
            "the statements cannot be kept: this is no file",
            reference="statements-no-file",
            where=str(path),
            got=error.strerror or "",
            hint="move it away; nothing was written",
        ) from error


def whole_statements(beside: Path) -> tuple[bytes, ...]:
    """Every envelope about a file, each of which can be opened: a verdict passes over nothing that it cannot read.

    Raises
    ------
    StatementError
        If the file cannot be read, or a line of it is no signed statement.
    """
    found = []
    for number, line in enumerate(_lines(beside), start=1):
        if not line.strip():
            continue
        try:
            open_envelope(line)
        except ValueError as error:
            raise StatementError(
                # A stage that fails writes its message alone into the record, and no path.
                f"line {number} of {statements_path(beside).name} is no signed statement",
                reference="statements-line",
                where=f"{statements_path(beside)}:{number}",
                got=str(error),
                expected="one envelope a line, as raudit wrote it",
                hint="put the file back from a copy, or take the line out; whoever made the statement can sign again",
            ) from error
        found.append(line)
    return tuple(found)


def read_statements(beside: Path) -> tuple[bytes, ...]:
    """Every line about a file, be it a statement or not; none if there is no file of them.

    Raises
    ------
    StatementError
        If the file is there and cannot be read, or is too large.
    """
    return tuple(line for line in _lines(beside) if line.strip())


def _lines(beside: Path) -> list[bytes]:
    path = statements_path(beside)
    try:
        there = os.path.lexists(path)  # a link that leads nowhere is not the same as no statements
        if there and path.stat().st_size > MAX_BYTES:
            raise StatementError(
                "the file of statements is too large", reference="statements-large", where=str(path)
            )
        data = read_file(path) if there else b""
    except OSError as error:
        raise StatementError(
            "the statements cannot be read",
            reference="file-unreadable",
            where=str(path),
            got=error.strerror or "",
            hint="check its permissions",
        ) from error
    return data.split(b"\n")
