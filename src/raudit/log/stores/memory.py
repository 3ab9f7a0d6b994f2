"""What a log key remembers: the last checkpoint it signed, in a file beside it.

A backup of the store that is put back does not put back the key's memory, so the key refuses to sign the shorter log.
Order of signing: promise, keep in the store, remember, release. A remembered checkpoint that the store lacks was
therefore deleted from the store.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from raudit.errors import EnvironmentFault
from raudit.files import write_whole
from raudit.log.tree.checkpoint import parse_body
from raudit.log.tree.note import LogKey, split_note
from raudit.ordinary import read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a key knows of its own signatures."""

    signed: str | None
    """The largest checkpoint that it signed and that the store kept."""
    promised: str | None
    """A checkpoint that was about to be kept when the command ended; the store may lack it."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All checkpoints known."""
        return tuple(text for text in (self.signed, self.promised) if text is not None)


FORGETFUL = Memory(signed=None, promised=None)
"""The memory of a log that is open without a key, or of a key without a file."""


def recall(key: LogKey) -> Memory:
    """Return the checkpoints that the key remembers."""
    if key.memory is None:
        return FORGETFUL
    return Memory(signed=_read(key.memory), promised=_read(_promise_of(key.memory)))


def _read(path: Path) -> str | None:
    try:
        return read_file(path).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "what the log key signed last cannot be read",
            reference="log-memory-read",
            where=str(path),
            got=str(error)[:80],
            hint="restore it, or put there the last checkpoint from a report or a witness; never just delete it",
        ) from error


def _promise_of(memory: Path) -> Path:
    return memory.with_name(memory.name + ".promised")


def promise(key: LogKey, text: str) -> None:
    """Write down a checkpoint before the store keeps it.

    Whoever then finds the key remembering more than the store keeps can tell a command that was
    killed in between from a store whose last checkpoint was deleted.

    Raises
    ------
    EnvironmentFault
        If it cannot be written; the checkpoint must not be kept or released then.
    """
    if key.memory is None:
        return
    with _writing(key.memory), _locked(key.memory):
        write_whole(_promise_of(key.memory), text.encode())


def remember(key: LogKey, text: str) -> None:
    """Replace the remembered checkpoint by a larger one that the store has kept.

    Raises
    ------
    EnvironmentFault
        If it cannot be written; the checkpoint must not be released then.
    """
    if key.memory is None:
        return
    with _writing(key.memory), _locked(key.memory):
        held = _read(key.memory)
        if held is None or _size(held) <= _size(text):
            write_whole(key.memory, text.encode())
        if _read(_promise_of(key.memory)) == text:  # else it is another command's
            _promise_of(key.memory).unlink()


def _size(text: str) -> int:
    return parse_body(split_note(text)[0]).size


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFault(
            "what the log key signs cannot be remembered",
            reference="log-memory-write",
            where=str(path),
            got=error.strerror or "",
            hint="let the key's folder be writable, or name a file in RAUDIT_LOG_KEY_MEMORY; nothing was released",
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time compare and replace; the folder itself is locked, so no file is left behind."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
