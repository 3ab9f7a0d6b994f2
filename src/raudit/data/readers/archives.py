"""What is inside gzip and zip: unpacked as it is read, never past the limit, and told by its first bytes."""

from __future__ import annotations

import gzip
import re
import shutil
import stat
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from raudit.data.interface import ColumnName
from raudit.data.readers.contents import Contents, bounded
from raudit.data.readers.options import ReadOptions, over_limit
from raudit.data.readers.source import Gap, StreamedTable, because, few, unreadable
from raudit.data.readers.zip_members import holds_something, says_too_little, unlisted
from raudit.errors import DataError
from raudit.printable import printable

MOST_MEMBERS = 10_000
ENCRYPTED = 1
"""Bit of a member's flags; see 4.4.4 of APPNOTE.TXT."""
FINDER = {"__MACOSX": bytes.fromhex("00051607"), ".DS_Store": b"\0\0\0\1Bud1"}
"""How the files of macOS's Finder begin: AppleDouble (RFC 1740), and its own."""
COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""What ``git archive`` notes on an archive."""
BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""What gzip and zipfile raise for damaged, encrypted and unknown archives."""

Reader = Callable[[Contents, ReadOptions, int], Iterator[StreamedTable | Gap]]


def gzipped(
    contents: Contents, options: ReadOptions, depth: int, reader: Reader
) -> Iterator[StreamedTable | Gap]:
    """The one file inside a gzip file."""

    def opened() -> BinaryIO:
        packed = contents.open()
        inner = cast("BinaryIO", gzip.GzipFile(fileobj=packed))
        return bounded(inner, contents.name, options.limits, [packed])

    suffix = (
        Path(contents.name).with_suffix("").suffix.lower()
        if contents.suffix == ".gz"
        else contents.suffix
    )
    inner = Contents(name=contents.name, suffix=suffix, open=opened)
    try:
        yield from reader(inner, options.inner(), depth + 1)
    except BROKEN as error:
        raise unreadable(contents.name, "a broken gzip file") from error


def zipped(
    contents: Contents, options: ReadOptions, depth: int, reader: Reader
) -> Iterator[StreamedTable | Gap]:
    """Every file inside a zip file."""
    try:
        archive = _Archive(contents)
    except BROKEN as error:
        raise unreadable(contents.name, "a broken zip file") from error
    members = [
        item
        for item in archive.directory
        if holds_something(item) and not _of_the_finder(archive, item)
    ]
    if len(members) > MOST_MEMBERS:
        raise unreadable(
            contents.name, f"{len(members):,} files inside, at most {MOST_MEMBERS:,} are read"
        )
    size = sum(item.file_size for item in members)
    if size > options.limits.bytes:
        most = f"{options.limits.bytes:,} bytes"
        raise over_limit(contents.name, "bytes", f"{size:,} when it is unpacked", most)
    unread: list[Gap] = []
    for item in members:
        inner = _member(archive, contents.name, item, options)
        if why := _no_table(item):
            unread.append(Gap(name=inner.name, because=why))
            continue
        try:
            yield from reader(inner, options.inner(), depth + 1)
        except DataError as error:
            unread.append(Gap(name=inner.name, because=because(error)))
        except NotImplementedError:
            why = f"it is packed by a method that is not known here: {item.compress_type}"
            unread.append(Gap(name=inner.name, because=why))
        except BROKEN as error:
            why = f"it cannot be unpacked: got {type(error).__name__}"
            unread.append(Gap(name=inner.name, because=why))
    if archive.unlisted:
        count = "1 file" if archive.unlisted == 1 else f"{archive.unlisted:,} files"
        why = f"{count} inside, which its directory leaves out"
        unread.append(Gap(name=contents.name, because=why))
    yield from few(unread, contents.name)
    if archive.notes:
        notes = "1 note" if archive.notes == 1 else f"{archive.notes:,} notes"
        why = f"parts of the file that are not read: {notes} on the archive or its members"
        yield Gap(name=contents.name, because=why, offered=True)


def _no_table(item: zipfile.ZipInfo) -> str:
    """Why a member is not even looked into; empty for one that is."""
    if item.flag_bits & ENCRYPTED:
        return "it is encrypted; unpack it first"
    if stat.S_ISLNK(item.external_attr >> 16):
        return "it is a link to another file"
    if says_too_little(item):
        return f"its size is said to be 0, and {item.compress_size:,} bytes of it are there"
    return ""


def _of_the_finder(archive: _Archive, member: zipfile.ZipInfo) -> bool:
    """Whether a member is what macOS packs beside each file: attributes and icons, by name and by first bytes."""
    folder, _, name = member.filename.rpartition("/")
    mark = FINDER.get(".DS_Store" if name == ".DS_Store" else folder.partition("/")[0])
    if mark is None or member.flag_bits & ENCRYPTED:
        return False
    try:
        with archive.open(member) as file:
            return file.read(len(mark)) == mark
    except BROKEN:
        return False


class _Archive:
    """An open zip file, whose directory is read once however many members it has."""

    def __init__(self, contents: Contents) -> None:
        file = contents.open()
        try:
            self._zip = zipfile.ZipFile(file)
            self.directory = self._zip.infolist()
            self.unlisted = 0
            notes = (self._zip.comment, *(member.comment for member in self.directory))
            self.notes = sum(bool(note) and not COMMIT.fullmatch(note) for note in notes)
            if len(self.directory) <= MOST_MEMBERS:
                self.unlisted = unlisted(self._zip, file)
        except BaseException:
            file.close()
            raise
        weakref.finalize(self, _close_both, self._zip, file)

    def open(self, member: zipfile.ZipInfo) -> BinaryIO:
        """A member, unpacked as it is read; several may be open at once."""
        return cast("BinaryIO", self._zip.open(member))


def _close_both(archive: zipfile.ZipFile, file: BinaryIO) -> None:
    archive.close()
    file.close()


def _member(
    archive: _Archive, outer: str, member: zipfile.ZipInfo, options: ReadOptions
) -> Contents:
    name = printable(f"{outer}/{member.filename}")
    return Contents(
        name=name,
        suffix=Path(member.filename).suffix.lower(),
        open=lambda: bounded(archive.open(member), name, options.limits),
    )


class Unpacked:
    """A private copy on disk of what must be read from a path; gone with this object."""

    def __init__(self, contents: Contents) -> None:
        folder = tempfile.mkdtemp(prefix="raudit-")  # for its owner alone
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = Path(folder) / "unpacked"
        # A small archive can unpack to more than the disk holds, which others need too.
        most = shutil.disk_usage(folder).free // 2
        with contents.open() as source, self.path.open("wb") as target:
            while piece := source.read(2**20):
                if target.tell() + len(piece) > most:
                    raise over_limit(
                        contents.name,
                        "bytes",
                        "more when it is unpacked",
                        f"{most:,} bytes of disk",
                    )
                target.write(piece)


def on_disk(contents: Contents) -> Contents:
    """The same bytes at a path."""
    if contents.path is not None:
        return contents
    unpacked = Unpacked(contents)
    return Contents(
        name=contents.name,
        suffix=contents.suffix,
        open=lambda: unpacked.path.open("rb"),
        path=unpacked.path,
        keeper=unpacked,
    )


def kept(source: StreamedTable, keeper: object) -> StreamedTable:
    """The table, which keeps its private copy as long as it may be read."""

    def read(columns: Sequence[ColumnName], rows: int, _keeper: object = keeper) -> Iterator[Any]:
        yield from source.read(columns, rows)

    return replace(source, read=read)
