"""Folders that are a table with versions, Delta or Iceberg: their files hold rows that the table has no longer."""

from __future__ import annotations

from pathlib import Path

from raudit.errors import DataError
from raudit.printable import printable


def check_unversioned(path: Path) -> None:
    """Refuse a folder that keeps rows of several versions side by side; read as it lies, deleted rows would count.

    Raises
    ------
    DataError
        With how to write out one version.
    """
    if (path / "_delta_log").is_dir():
        raise _versioned(path, "Delta", "deltalake: DeltaTable(path, version=N).to_pyarrow_table()")
    if any((path / "metadata").glob("*.metadata.json")):
        raise _versioned(path, "Iceberg", "pyiceberg: table.scan(snapshot_id=N).to_arrow()")


def _versioned(path: Path, kind: str, how: str) -> DataError:
    return DataError(
        f"the folder is a table of {kind}, whose files also hold rows that were deleted",
        reference="data-versioned",
        where=printable(path.resolve().name),
        hint=f"write one version to Parquet ({how}), or read it through its catalog with data.connection",
    )
