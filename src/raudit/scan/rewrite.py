"""Write a redacted copy in the form of the original: what is outside the masks stays as it is, byte for byte."""

from __future__ import annotations

from pathlib import Path

from raudit.errors import DataError
from raudit.scan.copies import Copied, Original
from raudit.scan.redact import Redactors
from raudit.scan.sources import StreamedTable


def rewrite(original: Original, source: StreamedTable, out: Path, columns: Redactors) -> Copied:
    """Copy a file with what was found replaced.

    Parameters
    ----------
    original, source
        The file, and the table that was scanned in it.
    out
        The new file, of the same family of formats; ``convert`` writes any other.

    Raises
    ------
    DataError
        If the output exists, or the file is read differently from how it was scanned.
    """
    if out.exists():
        raise DataError(
            "the output exists already",
            reference="output-exists",
            where=str(out),
            hint="choose another name",
        )
    match original.form:
        case "csv":
            from raudit.scan.rewrite_delimited import copy
        case "json":
            from raudit.scan.rewrite_json import copy
        case _:
            from raudit.scan.rewrite_arrow import copy
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("xb") as file:
            copied: Copied = copy(original, source, file, columns)
        partial.rename(out)
    except UnicodeError as error:
        raise DataError(
            "the file has bytes that its encoding cannot keep",
            reference="copy-encoding",
            where=original.path.name,
            hint="convert it to UTF-8 first, or declare its encoding",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return copied
