"""Read files, and nothing that only looks like one: a pipe never answers and a device never ends.

A repository or an archive from somebody else may hold a link to ``/dev/zero`` where a plan, a record or a report should
be.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader


def open_file(path: Path) -> BufferedReader:
    """Open a file for reading.

    Raises
    ------
    OSError
        If it cannot be opened, or is a pipe, a socket or a device.
    """
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 -- Path.open takes no opener
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "a pipe or a device, and no file", str(path))
    return file


def read_file(path: Path, *, most: int | None = None) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    most
        Bytes that it may have; None for any number.

    Raises
    ------
    OSError
        If it cannot be read, is larger, or is a pipe, a socket or a device.
    """
    with open_file(path) as file:
        if most is not None and os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"more than {most:,} bytes", str(path))
        content: bytes | None = file.read()
    if content is None:  # as of /proc/kmsg, which says to be a file and would be waited for
        raise OSError(errno.EAGAIN, "it has nothing to read now", str(path))
    return content


def _without_waiting(name: str, flags: int) -> int:
    """Open without waiting for whoever writes to a pipe; files know no such wait."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
