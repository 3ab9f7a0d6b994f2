"""What somebody declared about a source, and the budget that reading it may take."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from raudit.errors import DataError, RauditError
from raudit.isolation.limits import out_of_memory, within_memory
from raudit.plan.schema import DataLimits, DataSection, Numbers

RINGS_AGAIN = 5.0
"""Seconds after which the clock of work rings again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What is declared; None where it is to be found out."""

    format: str | None = None
    table: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    numbers: Numbers = field(default_factory=Numbers)
    missing: Sequence[str] = ("",)
    """Texts that mean a missing value in a text file."""
    limits: DataLimits = field(default_factory=DataLimits)

    @classmethod
    def of(cls, section: DataSection) -> ReadOptions:
        """What the ``data`` section of a plan declares."""
        return cls(
            format=section.format,
            table=section.table,
            encoding=section.encoding,
            delimiter=section.delimiter,
            header=section.header,
            numbers=section.numbers,
            missing=section.missing,
            limits=section.limits,
        )

    def inner(self) -> ReadOptions:
        """The same for a file inside an archive or folder, whose own format is to be found out."""
        return replace(self, format=None, table=None)


def declared(options: ReadOptions) -> dict[str, Any]:
    """What was declared, as keys of a plan's ``data`` section."""
    keys = ("table", "format", "encoding", "delimiter", "header")
    said = {key: value for key in keys if (value := getattr(options, key)) is not None}
    limits = options.limits.model_dump(mode="json", exclude_defaults=True)
    return {**said, **({"limits": limits} if limits else {})}


def over_limit(name: str, key: str, got: str, most: str) -> DataError:
    """The error for an input that takes more than it may: one line with file, limit and key."""
    return DataError(
        f"{name} takes more than data.limits.{key} allows",
        reference="too-many-columns" if key == "columns" else "data-limit",
        where=name,
        got=got,
        expected=f"at most {most}",
        hint=f"raise data.limits.{key} if you trust the file, or split it",
    )


@contextmanager
def working(name: str, limits: DataLimits) -> Iterator[None]:
    """Work with the rows of a table within what that may take: a tiny file may hold billions of them.

    Raises
    ------
    DataError
        When the time is up, or the memory that the plan grants is used.
    """
    most = limits.most_memory
    try:
        with within_memory(most), _clocked(name, limits):
            yield
    except Exception as error:
        if most is None or isinstance(error, RauditError) or not out_of_memory(error):
            raise
        raise over_limit(name, "memory_gib", "more memory", f"{most:g} GiB") from error


@contextmanager
def _clocked(name: str, limits: DataLimits) -> Iterator[None]:
    """Work for as long as that may take.

    The clock rings in the main thread alone, and on POSIX alone; it rings again where something took it for an
    error of its own.

    Raises
    ------
    DataError
        When the time is up.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return
    most = limits.most_work

    def ring(_number: int, _frame: object) -> None:
        raise over_limit(name, "work_seconds", f"not done after {most:,}", f"{most:,} seconds")

    before, since = signal.signal(signal.SIGALRM, ring), time.monotonic()
    left, again = signal.setitimer(signal.ITIMER_REAL, most, RINGS_AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # work within other work, whose clock goes on
            gone = time.monotonic() - since
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - gone), again)


def no_memory(name: str) -> DataError:
    """The error for rows that are more than the machine can hold."""
    return DataError(
        "the rows take more memory than this machine has",
        reference="out-of-memory",
        where=name,
        hint="audit fewer rows or columns, or use a machine with more memory",
    )


def check_columns(name: str, n: int, limits: DataLimits) -> None:
    """Refuse a table that is too wide."""
    if n > limits.columns:
        raise over_limit(name, "columns", f"{n:,}", f"{limits.columns:,} columns")


class Budget:
    """Counts what reading one table takes, and ends it at the limit."""

    def __init__(self, name: str, limits: DataLimits) -> None:
        self.name, self.limits = name, limits
        self.rows = 0
        self.cells = 0

    def take(self, rows: int, columns: int, size: int = 0) -> None:
        """Count a batch of so many rows, columns and bytes."""
        limits = self.limits
        self.rows += rows
        self.cells += rows * columns
        if self.rows > limits.rows:
            raise over_limit(self.name, "rows", f"{self.rows:,}", f"{limits.rows:,} rows")
        if self.cells > limits.cells:
            raise over_limit(self.name, "cells", f"{self.cells:,}", f"{limits.cells:,} cells")
        if size > limits.memory_gib * 2**30:
            raise over_limit(
                self.name, "memory_gib", f"{size / 2**30:.1f}", f"{limits.memory_gib:g} GiB"
            )
