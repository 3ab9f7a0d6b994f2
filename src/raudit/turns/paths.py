"""Paths into a row: ``metadata.gender``, ``messages.0.content``; a key may hold dots, and text may hold JSON."""

from __future__ import annotations

from typing import Any

from raudit.turns.front import Unreadable, strict_json

MISSING: Any = object()
"""What a path gives that leads nowhere."""


def look(value: object, path: str) -> Any:
    """Follow a path; the longest key that fits is taken first, so that ``gen_ai.system`` may be one key.

    Examples
    --------
    >>> look({"metadata": {"gen_ai.system": "x"}}, "metadata.gen_ai.system")
    'x'
    >>> look({"a": [{"b": 1}]}, "a.0.b")
    1
    """
    if isinstance(value, str) and value[:1] in "{[":
        try:
            value = strict_json(value)
        except Unreadable:
            return MISSING
    if isinstance(value, dict):
        if path in value:
            return value[path]
        parts = path.split(".")
        for end in range(len(parts) - 1, 0, -1):
            key = ".".join(parts[:end])
            if key in value:
                found = look(value[key], ".".join(parts[end:]))
                if found is not MISSING:
                    return found
        return MISSING
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        if not head.isdecimal() or int(head) >= len(value):
            return MISSING
        return look(value[int(head)], rest) if rest else value[int(head)]
    return MISSING
