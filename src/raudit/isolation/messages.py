"""What a process and raudit say to each other: a line of JSON and some bytes, each with its length before it.

Nothing that the process says is unpickled. The other way, to the process, pickle is used.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any, Protocol

from raudit import errors
from raudit.errors import RauditError, place_of
from raudit.isolation.limits import out_of_memory

LENGTHS = struct.Struct("<IQ")
MOST_JSON, MOST_BYTES = 2**28, 2**33
TEXTS = ("reference", "where", "got", "expected", "hint")


class Sized(Protocol):
    """Anything with a buffer and a length in bytes."""

    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...


class BrokenMessageError(Exception):
    """What came is no message: the process has ended, or is no longer what it was."""


def send(stream: IO[bytes], head: Mapping[str, Any], content: Sized = b"") -> None:
    """Write one message.

    Raises
    ------
    BrokenPipeError
        If nobody reads any more, or the stream was closed here when its process ended.
    """
    if getattr(stream, "closed", False):
        raise BrokenPipeError
    text = json.dumps(head).encode()
    stream.write(LENGTHS.pack(len(text), len(content)) + text)
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
    n_text, n_content = LENGTHS.unpack(lengths)
    if n_text > MOST_JSON or n_content > MOST_BYTES:
        raise BrokenMessageError
    text, content = stream.read(n_text), stream.read(n_content)
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenMessageError from error
    if len(content) < n_content or not isinstance(head, dict):
        raise BrokenMessageError
    return head, content


def describe_error(error: Exception) -> dict[str, Any]:
    """An error as JSON: lack of memory, one of raudit's own, or where a fault is."""
    if out_of_memory(error):
        return {"memory": True}
    if not isinstance(error, RauditError):
        return {"fault": f"{type(error).__name__} at {place_of(error)}"}
    texts = {name: getattr(error, name) for name in ("message", *TEXTS)}
    return {"kind": type(error).__name__, **texts}


def described_error(head: Mapping[str, Any]) -> RauditError | None:
    """The error of raudit's own that was described, with only text taken from it; None if it was none."""
    kind = getattr(errors, str(head.get("kind")), None)
    if not (isinstance(kind, type) and issubclass(kind, RauditError)):
        return None
    error: RauditError = kind(
        str(head.get("message")), **{name: str(head.get(name, "")) for name in TEXTS}
    )
    return error
