"""Files that engines and file managers leave beside data and that hold no rows: by name and by what is in them.

A name alone hides nothing: a table that is called ``_SUCCESS`` is a table.
"""

from __future__ import annotations

from pathlib import Path

FOOTERS = {"_metadata", "_common_metadata"}
"""Parquet files that are nothing but a footer."""
CHECKED = 512
"""Bytes that one checksum of Hadoop's stands for; see ``ChecksumFileSystem``."""


def is_marker(path: Path) -> bool:
    """Whether a file holds no rows by its name and its content."""
    name = path.name
    if name == "_SUCCESS":
        return not path.stat().st_size
    if name == ".DS_Store":
        return _start(path, 8) == b"\0\0\0\1Bud1"
    if name in FOOTERS:
        return _only_footer(path)
    return name.startswith(".") and name.endswith(".crc") and _checksums(path)


def _start(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _only_footer(path: Path) -> bool:
    """Whether a Parquet file has no pages: magic, footer, its length, magic."""
    with path.open("rb") as file:
        start, size = file.read(4), file.seek(0, 2)
        file.seek(max(0, size - 8))
        footer, end = int.from_bytes(file.read(4), "little"), file.read(4)
    return start == end == b"PAR1" and size == footer + 12


def _checksums(path: Path) -> bool:
    """Whether a file is no longer than the checksums of the file that it is named after."""
    other = path.with_name(path.name[1 : -len(".crc")])
    if _start(path, 4) != b"crc\0" or not other.is_file():
        return False
    return path.stat().st_size <= 8 + 4 * (other.stat().st_size // CHECKED + 1)
