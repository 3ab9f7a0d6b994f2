"""Which files a zip archive holds: what its directory lists, what that says of them, and what it leaves out."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

HEADER = b"PK\x03\x04"
NAME_AND_EXTRA = struct.Struct("<26xHH")
"""Lengths of the name and the extra field in a member's own header; see 4.3.7 of APPNOTE.TXT."""
NOTHING = {
    zipfile.ZIP_STORED: 0,
    zipfile.ZIP_DEFLATED: 5,
    zipfile.ZIP_BZIP2: 14,
    zipfile.ZIP_LZMA: 19,
}
"""Bytes that an empty member is packed to, by method."""
PIECE = 2**20


def holds_something(member: zipfile.ZipInfo) -> bool:
    """Whether a member is more than a folder or an empty file; a folder with content is a file."""
    return member.file_size > 0 or says_too_little(member)


def says_too_little(member: zipfile.ZipInfo) -> bool:
    """Whether the directory says that a member is empty, and its data are those of more."""
    return not member.file_size and member.compress_size > NOTHING.get(member.compress_type, 0)


def unlisted(archive: zipfile.ZipFile, file: BinaryIO) -> int:
    """How many members stand where the directory lists none; other programs may read them."""
    return sum(_headers(file, start, end) for start, end in _between(archive, file))


def _between(archive: zipfile.ZipFile, file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where no listed member is: before, between and after them, up to the directory."""
    at = 0
    for member in sorted(archive.infolist(), key=_offset):
        yield at, _offset(member)
        file.seek(_offset(member))
        head = file.read(NAME_AND_EXTRA.size)
        more = sum(NAME_AND_EXTRA.unpack(head)) if len(head) == NAME_AND_EXTRA.size else 0
        at = max(at, _offset(member) + NAME_AND_EXTRA.size + more + member.compress_size)
    yield at, archive.start_dir


def _offset(member: zipfile.ZipInfo) -> int:
    return member.header_offset


def _headers(file: BinaryIO, start: int, end: int) -> int:
    """Headers of members between two places."""
    if end - start < NAME_AND_EXTRA.size:
        return 0
    file.seek(start)
    found, rest = 0, b""
    while piece := file.read(min(PIECE, end - start)):
        start += len(piece)
        found += (rest + piece).count(HEADER)
        rest = piece[-len(HEADER) + 1 :]
    return found
