"""Write files whole or not at all, and one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from raudit.errors import EnvironmentFault

TEMPORARY = ".tmp"
"""Ending of a file that is being written; what a killed writer leaves is swept by the next one."""


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step: whoever reads it sees the old bytes or the new ones, never a part.

    Folders on the way are made. The mode of a file that is there stays; a new one gets what the
    process's umask allows. When this returns, both the bytes and the name are on disk.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; the old file is still there then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_all({path: data})


def write_all(files: Mapping[Path, bytes]) -> None:
    """Replace several files, all or none, each in one step; their folders must be there.

    Everything is on disk under temporary names before the first name is switched, so that a full
    disk, a folder that refuses or Ctrl-C leaves every file as it was. A pipe or a device, as
    ``/dev/stdout``, is written to after that, since to put a file in its place would take it away.

    Raises
    ------
    OSError
        If a file cannot be written; its ``filename`` is the file that was asked for.
    """
    streams = {path for path in files if _is_stream(path)}
    whole = {path: data for path, data in files.items() if path not in streams}
    with contextlib.ExitStack() as stack:
        ready = []
        for path, data in whole.items():
            with _naming(path):
                ready.append((stack.enter_context(_written_beside(path, data)), path))
        for name, path in ready:  # while their locks are held, so that nobody sweeps them
            with _naming(path):
                name.replace(path)
    for folder in dict.fromkeys(path.parent for path in whole):
        sync_folder(folder)
    for path in streams:
        with _naming(path), path.open("ab") as stream:  # what was printed before stays
            stream.write(files[path])


def _is_stream(path: Path) -> bool:
    """Whether a path is a pipe or a device, or names an open file of this process as ``/dev/stdout`` does."""
    folder = str(path.parent.resolve())
    if folder == "/dev" or folder.startswith("/proc/"):
        return path.exists()
    return path.exists() and not path.is_file() and not path.is_dir()


def write_or_refuse(files: Mapping[Path, bytes]) -> None:
    """Write the files that a command was asked for, all or none, or end with one error; links are followed.

    Raises
    ------
    EnvironmentFault
        If a file cannot be written; every file is as it was.
    """
    try:
        write_all({p if _is_stream(p) else p.resolve(): data for p, data in files.items()})
    except OSError as fault:
        raise EnvironmentFault(
            "the file cannot be written",
            reference="cannot-write",
            where=str(fault.filename),
            got=fault.strerror or str(fault),
            hint="check free space, that the folder exists, and that it may be written to; nothing was changed",
        ) from fault


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error tell the file that was asked for and not the temporary one."""
    try:
        yield
    except OSError as fault:
        fault.filename, fault.filename2 = str(path), None
        raise


@contextlib.contextmanager
def _written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """A temporary file that holds the bytes on disk; removed at the end unless it was renamed."""
    _sweep(path)
    handle, name = _temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            yield name
    finally:
        name.unlink(missing_ok=True)


def append_line(path: Path, line: bytes) -> None:
    """Add one line of JSON to a file and see it on disk; a line that a killed writer left half is cut off first.

    Call it under ``locked``: two writers must not cut each other's lines.
    """
    new = not path.exists()
    with path.open("ab+") as file:
        _end_last_line(file.fileno())
        file.write(line.rstrip(b"\n") + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync_folder(path.parent)


def _end_last_line(handle: int) -> None:
    """Cut a half line off; one that is whole and only lost its end, as in an editor, was acknowledged and stays."""
    size = os.fstat(handle).st_size
    end = size
    while end and os.pread(handle, 1, end - 1) != b"\n":
        end -= 1
    if end == size:
        return
    if is_whole_line(os.pread(handle, size - end, end)):
        os.write(handle, b"\n")
    else:
        os.ftruncate(handle, end)


def is_whole_line(data: bytes) -> bool:
    """Whether bytes without a line feed at their end are a line of JSON all the same: half an object is none."""
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False


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
