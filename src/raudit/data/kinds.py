"""Kinds of Arrow types, as the stages that count see them: nested values are of no kind that can be counted."""

from __future__ import annotations

from typing import Any

from raudit.data.interface import Kind


def kind_of(arrow_type: Any) -> Kind:
    """Kind of an Arrow type."""
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    tests = (
        (Kind.TEXT, (t.is_string, t.is_large_string, t.is_string_view)),
        (Kind.BOOLEAN, (t.is_boolean,)),
        (Kind.INTEGER, (t.is_integer,)),
        (Kind.NUMBER, (t.is_floating, t.is_decimal)),
        (Kind.TIME, (t.is_temporal,)),
    )
    return next(
        (kind for kind, checks in tests if any(check(arrow_type) for check in checks)), Kind.OTHER
    )
