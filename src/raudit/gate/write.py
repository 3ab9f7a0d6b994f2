"""Write files so that a reader sees the old file or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from raudit.errors import EnvironmentFault


def write_atomically(files: Mapping[Path, bytes]) -> None:
    """Write all files or none.

    Everything is written and flushed under temporary names in the same folders first; only then are the names
    switched. A full disk, a read-only folder or Ctrl-C before the switch leaves every file as it was.

    Raises
    ------
    EnvironmentFault
        If a file cannot be written.
    """
    ready: list[tuple[str, Path]] = []
    try:
        for path, data in files.items():
            ready.append((_stage(path, data), path))
        for name, path in ready:
            try:
                os.replace(name, path)  # noqa: PTH105 -- the temporary name is text
            except OSError as fault:
                raise _fault(path, fault) from fault
    finally:
        for name, _path in ready:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108


def _stage(path: Path, data: bytes) -> str:
    """Write bytes under a temporary name beside the file they are for."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as fault:
        raise _fault(path, fault) from fault
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's 0600 would hide a CI artefact from the step that uploads it
        os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101
    except BaseException as fault:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        if isinstance(fault, OSError):
            raise _fault(path, fault) from fault
        raise
    return name


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _fault(path: Path, fault: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "the file cannot be written",
        reference="cannot-write",
        where=str(path),
        got=fault.strerror or str(fault),
        hint="check free space, that the folder exists, and that it may be written to; nothing was changed",
    )
