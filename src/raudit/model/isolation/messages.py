"""What a model's process and raudit say to each other: a line of JSON and some bytes, each with its length before it.

Nothing that the model's process says is unpickled, or read by a parser of a rich format: its numbers are plain arrays
of a few listed types, its texts are JSON. The other way, to the process, pickle and Arrow are used.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LENGTHS = struct.Struct("<IQ")
MOST_JSON, MOST_BYTES = 2**28, 2**33
TYPES = ("float64", "float32", "int64", "int32", "bool")
CODES = "int32"


class BrokenMessageError(Exception):
    """What came is no message: the process has ended, or is no longer what it was."""


def send(stream: IO[bytes], head: Mapping[str, Any], content: Any = b"") -> None:
    """Write one message; the content is anything with a buffer and a length in bytes.

    Raises
    ------
    BrokenPipeError
        If nobody reads any more.
    """
    said = json.dumps(head).encode()
    stream.write(LENGTHS.pack(len(said), len(content)) + said)
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read one message.

    Raises
    ------
    BrokenMessageError
        If it ends early, is longer than any message is, or is no JSON.
    """
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        raise BrokenMessageError
    said, content = LENGTHS.unpack(lengths)
    if said > MOST_JSON or content > MOST_BYTES:
        raise BrokenMessageError
    text, rest = stream.read(said), stream.read(content)
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenMessageError from error
    if len(rest) < content or not isinstance(head, dict):
        raise BrokenMessageError
    return head, rest


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


def _plain(value: Any) -> Any:
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
