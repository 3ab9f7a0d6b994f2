"""A model's answers as JSON and plain arrays of a few listed types, which is all that is believed of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raudit.isolation.messages import BrokenMessageError

if TYPE_CHECKING:
    import numpy as np

TYPES = ("float64", "float32", "int64", "int32", "bool")
CODES = "int32"


def pack_columns(columns: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Turn arrays of shape (n,), or None, into JSON and bytes; other values than numbers become codes of a list."""
    import numpy as np
    import pandas as pd

    head: dict[str, Any] = {}
    content = []
    for name, values in columns.items():
        if values is None:
            head[name] = None
            continue
        array = np.asarray(values)
        levels: list[Any] | None = None
        if array.dtype.name not in TYPES:
            if array.dtype.kind in "iuf":
                array = array.astype("float64" if array.dtype.kind == "f" else "int64")
            else:
                codes, found = pd.factorize(array.astype(object))
                array, levels = (
                    codes.astype(CODES),
                    [None if pd.isna(v) else _plain(v) for v in found],
                )
        head[name] = {"type": array.dtype.name, "levels": levels, "shape": list(array.shape)}
        content.append(np.ascontiguousarray(array).tobytes())
    return head, b"".join(content)


def _plain(value: object) -> Any:
    return value.item() if hasattr(value, "item") else value


def unpack_columns(head: Mapping[str, Any], content: bytes) -> dict[str, np.ndarray | None]:
    """The arrays again.

    Raises
    ------
    BrokenMessageError
        If the parts do not fit one another.
    """
    columns: dict[str, np.ndarray | None] = {}
    at = 0
    try:
        for name, part in head.items():
            if part is None:
                columns[name] = None
                continue
            columns[name], at = _array(part, content, at)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BrokenMessageError from error
    if at != len(content):
        raise BrokenMessageError
    return columns


def _array(part: Mapping[str, Any], content: bytes, at: int) -> tuple[np.ndarray, int]:
    import numpy as np

    kind, levels, shape = part["type"], part["levels"], [int(n) for n in part["shape"]]
    if kind not in TYPES or min(shape, default=0) < 0:
        raise ValueError(kind)
    size = int(np.prod(shape, dtype=object)) if shape else 1
    end = at + size * np.dtype(kind).itemsize
    array = np.frombuffer(content[at:end], dtype=kind).reshape(shape)
    if levels is None:
        return array.copy(), end
    if not all(level is None or isinstance(level, str | int | float) for level in levels):
        raise ValueError("levels")
    known = np.array([*levels, None], dtype=object)  # the code -1 is a missing value
    if array.size and (array.min() < -1 or array.max() >= len(levels)):
        raise ValueError("codes")
    found: np.ndarray = known[array]
    return found, end
