"""What a reader in a process of its own is asked to open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from raudit.data.readers.options import ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderTask:
    """What is opened, and by what."""

    opener: str
    """``module:function`` of raudit, called with path, name and options; gives a table, or tables and gaps."""
    libraries: tuple[str, ...] = ()
    """Modules that are imported before the limits hold, so that these are the file's own."""
    path: Path
    name: str
    """As printed."""
    options: ReadOptions
    more: dict[str, Any] = field(default_factory=dict)
    """What else the opener is called with."""


NATIVE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "parquet": ("raudit.data.readers.arrow_files:parquet_file",),
        "arrow": ("raudit.data.readers.arrow_files:arrow_file",),
        "excel": ("raudit.data.readers.excel:sheets", "openpyxl"),
        "sqlite": ("raudit.data.readers.sqlite_files:tables",),
        "duckdb": ("raudit.data.readers.duckdb_files:tables", "duckdb"),
    }
)
"""Opener and libraries of each format whose reader is a large native program, or unpacks what it reads."""


def native_task(kind: str, path: Path, name: str, options: ReadOptions) -> ReaderTask:
    """The task for a file of a format of ``NATIVE``."""
    opener, *libraries = NATIVE[kind]
    return ReaderTask(
        opener=opener,
        libraries=tuple(libraries),
        path=path.resolve(),
        name=name,
        options=options,
    )
