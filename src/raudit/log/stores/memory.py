"""What a log key remembers: the last checkpoint it signed, in a file beside it.

A backup of the store that is put back does not put back the key's memory, so the key refuses to sign the shorter log.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from raudit.errors import EnvironmentFault
from raudit.log.tree.checkpoint import parse_body
from raudit.log.tree.note import LogKey, split_note


def recall(key: LogKey) -> list[str]:
    """Return the checkpoint that the key remembers, if it has signed one."""
    if key.memory is None:
        return []
    try:
        return [key.memory.read_text(encoding="utf-8")]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "what the log key signed last cannot be read",
            reference="log-memory-read",
            where=str(key.memory),
            got=str(error)[:80],
            hint="restore it, or put there the last checkpoint from a report or a witness; never just delete it",
        ) from error


def remember(key: LogKey, text: str) -> None:
    """Replace the remembered checkpoint by a larger one, through a new file and a rename.

    Raises
    ------
    EnvironmentFault
        If it cannot be written; the checkpoint must not be released then.
    """
    if key.memory is None:
        return
    size = parse_body(split_note(text)[0]).size
    try:
        with _locked(key.memory):
            held = recall(key)
            if held and parse_body(split_note(held[0])[0]).size > size:
                return
            write_whole(key.memory, text)
    except OSError as error:
        raise EnvironmentFault(
            "what the log key signs cannot be remembered",
            reference="log-memory-write",
            where=str(key.memory),
            got=error.strerror or "",
            hint="let the key's folder be writable, or name a file in RAUDIT_LOG_KEY_MEMORY; nothing was released",
        ) from error


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one, on disk."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time compare and replace; the folder itself is locked, so no file is left behind."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
