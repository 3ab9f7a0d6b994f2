"""Bytes to read a table from: a file, or what an archive unpacks to."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from raudit.data.readers.options import over_limit
from raudit.data.readers.source import unreadable
from raudit.ordinary import open_file
from raudit.plan.schema import DataLimits


class Closable(Protocol):
    """Anything that is closed after use."""

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Bytes that can be read as often as asked for."""

    name: str
    """As printed."""
    suffix: str
    """Lower case, with its dot; empty if there is none."""
    open: Callable[[], BinaryIO]
    path: Path | None = None
    """Where they are on disk; None for what is inside an archive."""
    keeper: object = None
    """What must live as long as the path is to be there."""

    def start(self, size: int = 4096) -> bytes:
        """The first bytes."""
        with self.open() as file:
            return file.read(size)


def file_contents(path: Path, name: str) -> Contents:
    """The bytes of a file."""
    return Contents(name=name, suffix=path.suffix.lower(), open=lambda: open_file(path), path=path)


class Bounded(io.RawIOBase):
    """An unpacked stream that ends in an error where it grows past the limit."""

    def __init__(
        self, inner: BinaryIO, name: str, limits: DataLimits, around: Sequence[Closable]
    ) -> None:
        self._inner, self._name, self._limits, self._around = inner, name, limits, around
        self._taken = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read some bytes.

        Raises
        ------
        DataError
            If there are more than ``limits.bytes``.
        """
        try:
            data = self._inner.read(len(buffer))
        except (
            OSError,
            EOFError,
            zlib.error,
            zipfile.BadZipFile,
            RuntimeError,
            ValueError,
        ) as error:
            raise unreadable(self._name, _broken(error)) from error
        self._taken += len(data)
        if self._taken > self._limits.bytes:
            most = f"{self._limits.bytes:,} bytes"
            raise over_limit(self._name, "bytes", "more when it is unpacked", most)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what is around it too: gzip and zipfile leave open what they were given."""
        for opened in (self._inner, *self._around):
            opened.close()
        super().close()


def _broken(error: Exception) -> str:
    """What is wrong with an archive, in words of our own."""
    if isinstance(error, EOFError):
        return "an archive that ends too early"
    if isinstance(error, gzip.BadGzipFile):
        if str(error).startswith("Not a gzipped"):
            return "an archive with other bytes behind its end"
        return "an archive whose checksum does not fit what it unpacks to"
    return "an archive that is broken in the middle"


def bounded(
    inner: BinaryIO, name: str, limits: DataLimits, around: Sequence[Closable] = ()
) -> BinaryIO:
    """A stream that cannot unpack to more than the limit; closing it closes what is around it."""
    return io.BufferedReader(Bounded(inner, name, limits, around), 2**20)
