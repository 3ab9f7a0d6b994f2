"""A report as it is named on the command line."""

from __future__ import annotations

import re
from pathlib import Path


def digest_of(report: str) -> str:
    """SHA-256 of a report: of the file, or as given.

    Raises
    ------
    LogError
        If it is neither a file nor a digest.
    """
    from raudit.canonical import sha256_file
    from raudit.errors import LogError

    if re.fullmatch("[0-9a-f]{64}", report):
        return report
    path = Path(report)
    if not path.is_file():
        raise LogError(
            "this is neither a report nor its digest",
            reference="report-unknown",
            got=report,
            expected="a file, or 64 hexadecimal digits",
        )
    return sha256_file(path)
