"""Which format a file has, told from its first bytes and the keys of its first rows."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.plan.schema import DataLimits
from raudit.turns.alone import tables_alone
from raudit.turns.formats import Format, known_formats
from raudit.turns.front import (
    LIMITS,
    Document,
    Limits,
    Unreadable,
    document,
    lines,
    opened,
    refused,
    strict_json,
)
from raudit.turns.mapping import as_text
from raudit.turns.paths import MISSING, look

PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c")
"""First bytes of gzip, bzip2, xz, Zstandard and 7-Zip."""
LOOKED_AT = 20
"""Rows whose keys are looked at."""


def format_named(name: str) -> Format:
    """A format by id.

    Raises
    ------
    DataError
        If there is none of that name.
    """
    from raudit.yamltext import nearest

    known = known_formats()
    if name not in known:
        raise DataError(
            f"there is no format '{name}' of recorded turns",
            reference="turns-format",
            hint=nearest(name, list(known)),
        )
    return known[name]


def detected(path: Path, limits: Limits = LIMITS, budget: DataLimits | None = None) -> Format:
    """Tell the format of a file.

    Parameters
    ----------
    path
        The file.
    limits
        How much of a text is looked at.
    budget
        What the process may take that lists the tables of a database.

    Raises
    ------
    DataError
        If none fits, or the file is empty.
    """
    with opened(path) as file:
        head = file.read(4096)
    if not head.strip():
        raise refused(path, "turns-empty", "an empty file", "check the export")
    if path.suffix.lower() == ".eval" or head[:4] == b"PK\x03\x04":
        return _of_archive(path)
    if head.startswith(PACKED):
        raise refused(path, "turns-packed", "a file that is packed", "unpack it first")
    if head[:16] == b"SQLite format 3\x00":
        return _of_database(path, budget or DataLimits())
    if head[:4] == b"PAR1":
        return format_named("parquet")
    if path.suffix.lower() in (".csv", ".tsv"):
        names = head.decode("utf-8", "replace").split("\n")[0]
        return format_named(
            "promptfoo-csv" if ",Status," in names and "Grader Reason" in names else "csv"
        )
    return _of_text(path, limits)


def _of_archive(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as zipped:
            names = zipped.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refused(
            path,
            "turns-no-archive",
            "no whole zip archive",
            "copy the log again; it may be cut short",
        ) from error
    if not any("samples/" in name for name in names):
        raise _unknown(path)
    return format_named("inspect-eval")


def _of_database(path: Path, budget: DataLimits) -> Format:
    tables = tables_alone(path, budget)
    for format_ in known_formats().values():
        if format_.container == "sqlite" and tables.issuperset(format_.recognise):
            return format_
    raise _unknown(path)


def _of_text(path: Path, limits: Limits) -> Format:
    fits: list[Format] = []
    kinds: list[type] = []
    for number, (_, line) in enumerate(lines(path, limits)):
        if number >= LOOKED_AT:
            break
        try:
            row = strict_json(line, limits) if isinstance(line, str) else None
        except Unreadable:
            continue
        if row is not None:
            kinds.append(type(row))  # and the row is let go of: each may take a hundred MB
        found = _fitting(row, ("jsonl", "json"))
        if found is not None:
            fits.append(found)
    for found in fits:
        if not (found.container == "json" and len(kinds) > 1):
            return found
    if list in kinds or dict not in kinds:
        of_whole = _of_document(path, limits)
        if of_whole is not None:
            return of_whole
    raise _unknown(path)


def _of_document(path: Path, limits: Limits) -> Format | None:
    text = document(path, limits)
    try:
        start = text.lstrip()[:1]
        read = Document(text, "" if start == "[" else "\x00none", limits)
        first = next(iter(read.rows()), None) if start == "[" else None
        if start == "[":
            return _fitting(first, ("json",), of_list=True)
        for _ in read.rows():
            pass
        return _fitting(read.header, ("json",))
    except Unreadable as reason:
        for format_ in known_formats().values():
            if format_.container == "concatenated" and all(
                f'"{key}"' in text[:4096] for key in format_.recognise
            ):
                return format_
        raise refused(
            path,
            "turns-broken-document",
            str(reason),
            "export the results again, or name the format in the plan; nothing of it was read",
        ) from reason


def _fitting(row: object, containers: tuple[str, ...], *, of_list: bool = False) -> Format | None:
    if not isinstance(row, dict):
        return None
    best: Format | None = None
    for format_ in known_formats().values():
        if format_.container not in containers or not format_.recognise:
            continue
        if format_.container == "json" and of_list != (format_.rows == ""):
            continue
        fits = all(look(row, key) is not MISSING for key in format_.recognise)
        if (
            fits
            and _values_fit(row, format_.recognise_values)
            and (best is None or _narrow(format_) > _narrow(best))
        ):
            best = format_
    return best


def _values_fit(row: Mapping[str, Any], values: Mapping[str, tuple[str, ...]]) -> bool:
    return all(as_text(look(row, key)) in wanted for key, wanted in values.items())


def _narrow(format_: Format) -> int:
    return len(format_.recognise) + len(format_.recognise_values)


def _unknown(path: Path) -> DataError:
    known = ", ".join(sorted(name for name, f in known_formats().items() if not f.refuse))
    return refused(
        path,
        "turns-format",
        "a layout that is not known here",
        f"name its format in the plan: {known}",
    )
