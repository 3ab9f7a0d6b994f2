"""Values of Arrow's in Python, where Python has them."""

from __future__ import annotations

from typing import Any


def in_python(values: Any) -> list[Any]:
    """Values of a pyarrow array; a time of no calendar that Python has is its number, as text."""
    try:
        found: list[Any] = values.to_pylist()
    except (OverflowError, ValueError):
        return [_one_in_python(value) for value in values]
    return found


def _one_in_python(value: Any) -> Any:
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return f"{getattr(value, 'value', 'beyond')} {value.type}"
