"""Write files whole or not at all, and one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".tmp"
"""Ending of a file that is being written; what a killed writer leaves is swept by the next one."""


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step: whoever reads it sees the old bytes or the new ones, never a part.

    The mode of a file that is there stays; a new one gets what the process's umask allows. When
    this returns, both the bytes and the name are on disk.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; the old file is still there then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    handle, name = _temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            name.replace(path)  # while its lock is held, so that nobody sweeps it
    except BaseException:
        name.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append_line(path: Path, line: bytes) -> None:
    """Add one line to a file and see it on disk; a line that a killed writer left half is cut off first.

    Call it under ``locked``: two writers must not cut each other's lines.
    """
    new = not path.exists()
    with path.open("ab+") as file:
        _cut_half_line(file.fileno())
        file.write(line.rstrip(b"\n") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync_folder(path.parent)


def _cut_half_line(handle: int) -> None:
    size = os.fstat(handle).st_size
    end = size
    while end and os.pread(handle, 1, end - 1) != b"\n":
        end -= 1
    if end < size:
        os.ftruncate(handle, end)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive lock of a file, against threads and processes alike; wait for whoever has it.

    The lock is a file of its own beside it, since the file itself is replaced by every write. It
    stays there: to delete it would let two writers lock two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(
        path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666
    )
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """See the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _temporary(path: Path) -> tuple[int, Path]:
    """A new file beside another, locked.

    The kernel applies the umask; to ask for it would change it for all threads for a moment.
    """
    mode = 0o666
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        name = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}{TEMPORARY}")
        handle = os.open(name, flags, mode)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:  # nobody swept it between its creation and its lock
            break
        os.close(handle)
    if path.exists():
        os.fchmod(handle, mode)
    return handle, name


def _sweep(path: Path) -> None:
    """Delete what killed writers of this file left: a temporary file that nobody holds a lock on."""
    prefix = f".{path.name[:200]}."
    with os.scandir(path.parent) as listing:
        left = [e.path for e in listing if e.name.startswith(prefix) and e.name.endswith(TEMPORARY)]
    for name in left:
        with contextlib.suppress(OSError):
            handle = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Path(name).unlink()
            finally:
                os.close(handle)
