"""Text in base64, in which no pattern and no language model sees what it says."""

from __future__ import annotations

import base64
import binascii
import re

SHORTEST = 16
"""Characters in base64 from which on chance makes no readable text: twelve random bytes are one once in a million."""
_RUN = re.compile(
    rf"(?<![\w+/=-])(?:[A-Za-z0-9+/]{{{SHORTEST},}}|[A-Za-z0-9_-]{{{SHORTEST},}})={{0,2}}"
)


def holds_encoded_text(cell: str) -> bool:
    """Whether a cell holds readable text written in base64 (RFC 4648, sections 4 and 5)."""
    return any(_readable(run.group()) for run in _RUN.finditer(cell))


def _readable(run: str) -> bool:
    body = run.rstrip("=")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        text = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_").decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return all(c.isprintable() or c in "\r\n\t" for c in text)
