"""The one bounded front door: bytes, lines, documents and archive members, each with a limit that is named when met.

Limits count what is read, never what a file says of itself: a member that declares 1,000 bytes and inflates to 200 MB
stops at the limit all the same.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from raudit.errors import DataError
from raudit.ordinary import open_file
from raudit.turns.extent import could_hold, depth, holds_more

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a file of recorded turns is read before it is refused."""

    line_bytes: int = 4 * 2**20
    """One line, or one member of an archive that holds a sample."""
    document_bytes: int = 32 * 2**20
    """A JSON document that is not read line by line."""
    archive_bytes: int = 8 * 2**30
    """All members of an archive together, inflated."""
    members: int = 200_000
    """Members of an archive."""
    depth: int = 100
    """Levels of lists and objects within one another."""
    values: int = 500_000
    """Values of one row, at all its levels together."""


LIMITS = Limits()


class Unreadable(ValueError):  # noqa: N818 -- a reason for one row, not a fault
    """One row, line or member cannot be read; the message is one of a few fixed reasons and holds no data."""


def strict_json(text: str, limits: Limits = LIMITS) -> Any:
    """Decode JSON as RFC 8259 has it: no NaN, no number beyond a double, no key twice, bounded depth.

    Raises
    ------
    Unreadable
        With the reason.
    """
    if (
        text.count("[") + text.count("{") > limits.depth
        and depth(text, limits.depth) > limits.depth
    ):
        raise Unreadable(f"nested deeper than {limits.depth} levels")
    if could_hold(text, limits.values) and holds_more(text, 0, limits.values):
        raise Unreadable(f"more than {limits.values:,} values in one row")
    try:
        return _DECODER.decode(text)
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a key stands twice in one object")
    return found


def _no_constant(_name: str) -> Any:
    raise Unreadable("a number that is none (NaN or Infinity)")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Unreadable("a number beyond what a double holds")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
)


def opened(path: Path) -> IO[bytes]:
    """Open a file of turns.

    Raises
    ------
    DataError
        If it cannot be opened.
    """
    try:
        return open_file(path)
    except OSError as error:
        raise DataError(
            "the file of turns cannot be read",
            reference="turns-unreadable",
            where=path.name,
            got=error.strerror or "an error of the file system",
            hint="check the path and permissions",
        ) from error


def lines(path: Path, limits: Limits = LIMITS) -> Iterator[tuple[int, str | Unreadable]]:
    """Read lines of UTF-8 with their 1-based numbers; blank ones are left out.

    A line that is too long or not UTF-8 comes as its reason; what follows is read on.
    """
    with opened(path) as file:
        number = 0
        while raw := file.readline(limits.line_bytes + 1):
            number += 1
            if len(raw) > limits.line_bytes and not raw.endswith(b"\n"):
                while (more := file.readline(CHUNK)) and not more.endswith(b"\n"):
                    pass
                yield number, Unreadable(f"a line longer than {limits.line_bytes:,} bytes")
                continue
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            if not raw.strip():
                continue
            try:
                yield number, raw.decode("utf-8")
            except UnicodeDecodeError:
                yield number, Unreadable("not UTF-8")


def document(path: Path, limits: Limits = LIMITS) -> str:
    """Read a whole document as UTF-8.

    Raises
    ------
    DataError
        If it is too large or not UTF-8.
    """
    with opened(path) as file:
        raw = file.read(limits.document_bytes + 1)
    if len(raw) > limits.document_bytes:
        raise refused(
            path,
            "turns-too-large",
            f"a document of more than {limits.document_bytes:,} bytes",
            "write the results as JSON lines, or split them",
        )
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused(
            path, "turns-not-utf-8", "bytes that are not UTF-8", "write the results as UTF-8"
        ) from error


def refused(path: Path, reference: str, got: str, hint: str) -> DataError:
    """Make the error of a file that is not read at all."""
    return DataError(
        "the file of turns is not read", reference=reference, where=path.name, got=got, hint=hint
    )


def archive(path: Path, limits: Limits = LIMITS) -> Iterator[tuple[str, bytes | Unreadable]]:
    """Read the members of a zip archive one after another, by name; nothing is written anywhere.

    Zstandard (method 93) is read too, which the standard library learnt in Python 3.14 only.

    Raises
    ------
    DataError
        If it is no whole archive, has too many members, or inflates to too much.
    """
    try:
        with opened(path) as file, zipfile.ZipFile(file) as zipped:
            infos = sorted(zipped.infolist(), key=lambda info: info.filename)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refused(
            path,
            "turns-no-archive",
            "no whole zip archive",
            "copy the log again; it may be cut short",
        ) from error
    if len(infos) > limits.members:
        raise refused(
            path,
            "turns-too-many-members",
            f"{len(infos):,} members",
            f"keep it to {limits.members:,} members",
        )
    total = 0
    with opened(path) as file:
        for info in infos:
            if info.filename.endswith("/"):  # is_dir fails on a name that is empty
                continue
            content = _member(file, info, limits)
            if isinstance(content, bytes):
                total += len(content)
            elif str(content).startswith("a member inflates"):
                raise refused(
                    path,
                    "turns-too-large",
                    str(content),
                    "look at the log with the tool that wrote it",
                )
            if total > limits.archive_bytes:
                raise refused(
                    path,
                    "turns-too-large",
                    f"more than {limits.archive_bytes:,} bytes inflated",
                    "split the log",
                )
            yield info.filename, content


def _member(file: IO[bytes], info: zipfile.ZipInfo, limits: Limits) -> bytes | Unreadable:
    if info.header_offset < 0:  # the directory may say so
        return Unreadable("a member whose header is broken or encrypted")
    file.seek(info.header_offset)
    head = file.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04" or info.flag_bits & 1:
        return Unreadable("a member whose header is broken or encrypted")
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    most = limits.document_bytes if info.filename.startswith("_journal/") else 4 * limits.line_bytes
    if info.compress_size > most:
        return Unreadable(f"a member inflates to more than {most:,} bytes")
    packed = file.read(info.compress_size)
    try:
        content = _inflated(packed, info.compress_type, most + 1)
    except (OSError, ValueError, zlib.error):
        return Unreadable("a member that cannot be inflated")
    if content is None:
        return Unreadable(f"a member packed by method {info.compress_type}, which is not read")
    if len(content) > most:
        return Unreadable(f"a member inflates to more than {most:,} bytes")
    if zlib.crc32(content) != info.CRC:
        return Unreadable("a member whose checksum does not match")
    return content


def _inflated(packed: bytes, method: int, most: int) -> bytes | None:
    match method:
        case zipfile.ZIP_STORED:
            return packed[:most]
        case zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-15).decompress(packed, most)
        case 93:
            import pyarrow as pa

            with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
                parts, size = [], 0
                while size < most and (part := stream.read(min(CHUNK, most - size))):
                    parts.append(part)
                    size += len(part)
            return b"".join(parts)
        case _:
            return None


_SPACE = re.compile(r"[ \t\r\n]*")


class Document:
    """A JSON document whose long list of rows is decoded one row at a time.

    Parameters
    ----------
    text
        The document.
    rows
        Path of the list, such as ``results.results``; empty if the document is the list itself.
    """

    def __init__(self, text: str, rows: str = "", limits: Limits = LIMITS) -> None:
        if depth(text, limits.depth) > limits.depth:
            raise Unreadable(f"nested deeper than {limits.depth} levels")
        self.most = limits.values if could_hold(text, limits.values) else 0
        self.text, self.parts = text, tuple(rows.split(".")) if rows else ()
        self.header: dict[str, Any] = {}
        """Everything but the rows, whole once they have been read."""
        self.found = False
        """Whether the list was there."""

    def rows(self) -> Iterator[Any]:
        """Give row after row.

        Raises
        ------
        Unreadable
            If the document is no JSON, or something follows it.
        """
        end = yield from self._value(self._after_space(0), self.parts, self.header)
        if self._after_space(end) != len(self.text):
            raise Unreadable("not JSON")

    def _value(
        self, at: int, parts: tuple[str, ...], header: dict[str, Any]
    ) -> Generator[Any, None, int]:
        if not parts:
            return (yield from self._list(at))
        if self._char(at) != "{":
            raise Unreadable("not JSON of this format")
        at = self._after_space(at + 1)
        while self._char(at) != "}":
            key, at = self._decode(at)
            at = self._after_space(at)
            if not isinstance(key, str) or self._char(at) != ":":
                raise Unreadable("not JSON")
            at = self._after_space(at + 1)
            if key in header:
                raise Unreadable("a key stands twice in one object")
            if key == parts[0] and self._char(at) in "[{":
                header[key] = {}
                at = yield from self._value(at, parts[1:], header[key])
            else:
                header[key], at = self._decode(at)
            at = self._comma(at, "}")
        return at + 1

    def _list(self, at: int) -> Generator[Any, None, int]:
        if self._char(at) != "[":
            raise Unreadable("not JSON of this format")
        self.found = True
        at = self._after_space(at + 1)
        while self._char(at) != "]":
            row, at = self._decode(at)
            yield row
            at = self._comma(at, "]")
        return at + 1

    def _comma(self, at: int, end: str) -> int:
        at = self._after_space(at)
        if self._char(at) == ",":
            at = self._after_space(at + 1)
            if self._char(at) == end:
                raise Unreadable("not JSON")
        elif self._char(at) != end:
            raise Unreadable("not JSON")
        return at

    def _decode(self, at: int) -> tuple[Any, int]:
        if self.most and self._char(at) in "[{" and holds_more(self.text, at, self.most):
            raise Unreadable(f"more than {self.most:,} values in one row")
        try:
            return _DECODER.raw_decode(self.text, at)
        except Unreadable:
            raise
        except (ValueError, RecursionError) as error:
            raise Unreadable("not JSON") from error

    def _after_space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _char(self, at: int) -> str:
        if at >= len(self.text):
            raise Unreadable("not JSON: it ends too early")
        return self.text[at]


def concatenated(text: str, limits: Limits = LIMITS) -> Iterator[Any]:
    """Objects one after the other, over many lines, without commas."""
    reader = Document(text, limits=limits)
    at = reader._after_space(0)
    while at < len(text):
        row, at = reader._decode(at)
        yield row
        at = reader._after_space(at)
