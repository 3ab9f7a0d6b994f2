"""Records to bytes to digests: RFC 8785 canonical JSON and SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NewType

import rfc8785

from raudit.errors import RecordIntegrityError
from raudit.ordinary import open_file

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None
"""Any JSON value."""

MAX_DIGITS = 20
"""Longer runs of digits cannot be an integer that RFC 8785 writes."""

Sha256 = NewType("Sha256", str)
"""A SHA-256 digest as 64 lower-case hexadecimal digits."""


def canonical_bytes(value: Json) -> bytes:
    """Serialise a JSON value by RFC 8785 (sorted keys, shortest numbers, no white space).

    Parameters
    ----------
    value
        Mappings with string keys, sequences, strings, finite floats, integers within ±2^53, booleans, None.

    Raises
    ------
    RecordIntegrityError
        For NaN, infinities, larger integers or any other type.

    References
    ----------
    RFC 8785, sections 3.2.1 to 3.2.4.
    """
    try:
        return rfc8785.dumps(_plain(value))
    except (rfc8785.CanonicalizationError, TypeError, ValueError) as error:
        raise RecordIntegrityError(
            "a value has no canonical JSON form",
            reference="not-canonical",
            got=str(error),
            expected="finite numbers, strings, booleans, null, lists and objects with string keys",
            hint="report this with the record's stage name: a stage must not emit such a value",
        ) from error


def parse_canonical(data: bytes) -> Json:
    """Read canonical JSON and refuse bytes that are not the canonical form of what they say.

    Raises
    ------
    RecordIntegrityError
        If the bytes are not JSON, or differ from their own canonical form.
    """
    try:
        value = read_json(data)
    except (ValueError, RecursionError) as error:
        raise RecordIntegrityError(
            "not JSON",
            reference="not-json",
            got=str(error)[:120],
            expected="one canonical JSON document",
        ) from error
    if canonical_bytes(value) != data:
        raise RecordIntegrityError(
            "the JSON is not in canonical form",
            reference="not-canonical",
            expected="RFC 8785 bytes",
            hint="the file was reformatted or edited after raudit wrote it; use the original",
        )
    return value


def read_json(data: bytes) -> Json:
    """Read JSON with the numbers that RFC 8785 knows, whatever its form."""
    value: Json = json.loads(data, parse_int=_number)
    return value


def sha256(data: bytes) -> Sha256:
    """Compute the SHA-256 of bytes."""
    return Sha256(hashlib.sha256(data).hexdigest())


def sha256_file(path: Path) -> Sha256:
    """Compute the SHA-256 of a file, read in pieces."""
    with open_file(path) as file:
        return Sha256(hashlib.file_digest(file, "sha256").hexdigest())


def digest(value: Json) -> Sha256:
    """Compute the SHA-256 of a value's canonical bytes."""
    return sha256(canonical_bytes(value))


def _number(digits: str) -> int | float:
    """Read digits as an integer where RFC 8785 knows integers; beyond that they were written for a float."""
    number = int(digits) if len(digits) < MAX_DIGITS else 2**63
    return number if abs(number) < 2**53 else float(digits)


def _plain(value: Json) -> Any:
    if type(value) is str:
        return value
    match value:
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case str() | bytes():
            return value
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            return value
