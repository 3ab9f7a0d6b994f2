"""Read a file that somebody named on the command line."""

from __future__ import annotations

from pathlib import Path

from raudit.errors import UsageError
from raudit.ordinary import read_file


def read_given(path: Path, kind: type[UsageError] = UsageError) -> bytes:
    """Read a whole file.

    Raises
    ------
    UsageError
        Of that ``kind``, if it cannot be read, or is none.
    """
    try:
        return read_file(path)
    except OSError as error:
        raise kind(
            "the file cannot be read",
            reference="file-unreadable",
            where=str(path),
            got=error.strerror or type(error).__name__,
            hint="check the path and the permissions",
        ) from error
