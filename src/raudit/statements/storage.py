"""Statements lie beside what they are about: one envelope a line, added and never changed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from raudit.errors import StatementError
from raudit.files import append_line
from raudit.ordinary import read_file

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


def read_statements(beside: Path) -> tuple[bytes, ...]:
    """Every envelope about a file; none if there is no file of them.

    Raises
    ------
    StatementError
        If the file is there and cannot be read, or is too large.
    """
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
    return tuple(line for line in data.split(b"\n") if line.strip())
