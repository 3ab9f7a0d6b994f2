"""Text in base64, in which no pattern and no language model sees what it says."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SHORTEST = 16
"""Characters in base64 from which on chance makes no readable text: twelve random bytes are one once in a million."""
SHORTEST_IN_EVERY_ROW = 20
"""The same where every row is looked at, and there may be many millions."""
_RUN = re.compile(
    rf"(?<![\w+/=-])(?:[A-Za-z0-9+/]{{{SHORTEST},}}|[A-Za-z0-9_-]{{{SHORTEST},}})={{0,2}}"
)


def holds_encoded_text(cell: str, shortest: int = SHORTEST) -> bool:
    """Whether a cell holds readable text written in base64 (RFC 4648, sections 4 and 5)."""
    runs = (run.group() for run in _RUN.finditer(cell))
    return any(len(run) >= shortest and _readable(run) for run in runs)


def encoded_cells(column: pa.Array) -> int:
    """How many cells of a column of text hold readable text in base64."""
    import pyarrow.compute as pc

    least = SHORTEST_IN_EVERY_ROW
    long = column.filter(pc.match_substring_regex(column, rf"[A-Za-z0-9+/_-]{{{least},}}"))
    return sum(holds_encoded_text(cell, least) for cell in long.to_pylist())


def _readable(run: str) -> bool:
    body = run.rstrip("=")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        text = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_").decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return all(c.isprintable() or c in "\r\n\t" for c in text)
