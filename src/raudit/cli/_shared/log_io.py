"""What the log's commands share: opening what was named, reading what was given, writing what was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raudit.errors import LogError
from raudit.files import write_or_refuse
from raudit.ordinary import open_file, read_file

if TYPE_CHECKING:
    from raudit.log import Log, LogKey


def opened(location: str, key_file: Path | None = None) -> Log:
    """Open a log, with its key if a key file is named."""
    from raudit.log import open_log

    return open_log(location, key=key_from(key_file) if key_file else None)


def key_from(file: Path) -> LogKey:
    """Read a key file; the passphrase comes from the environment."""
    from raudit.log.keys import MEMORY_VARIABLE, PASSPHRASE_VARIABLE, load_log_key

    memory = os.environ.get(MEMORY_VARIABLE)
    return load_log_key(
        file,
        passphrase=os.environ.get(PASSPHRASE_VARIABLE),
        memory=Path(memory) if memory else None,
    )


def whoami() -> str:
    """Name the person at the terminal; the log salts the name."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid {os.getuid()}"


def utc(text: str | None) -> str:
    """Read a time as the log writes times; empty for none."""
    if text is None:
        return ""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise LogError(
            "not a time", reference="log-time", got=repr(text[:40]), expected="ISO 8601"
        ) from error
    return (
        value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    )


def content(path: Path) -> bytes:
    """Read a whole file."""
    with _unreadable(path):
        return read_file(path)


@contextmanager
def _unreadable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LogError(
            "a file cannot be read", reference="log-file", where=str(path), got=error.strerror or ""
        ) from error


def checkpoint_in(path: Path) -> str:
    """Find the checkpoint in a file that is one, holds one (.tlog-proof), or in an export's folder."""
    from raudit.log.tree.proof import HEADER, parse_proof

    data = content(path / "checkpoint" if path.is_dir() else path)
    if data.startswith(HEADER.encode()):
        return parse_proof(data).checkpoint
    return data.decode("utf-8", "replace")


def last_checkpoint(log: Log) -> str:
    """Return the last checkpoint that the log signed."""
    from raudit.log.stores.store import SIGNED

    notes = log.store.notes(SIGNED, last=1)
    if not notes:
        raise LogError(
            "the log has signed no checkpoint",
            reference="log-no-checkpoint",
            where=log.store.location,
            hint="raudit log checkpoint LOG --key FILE",
        )
    return notes[0].note


def bundle_of(log: Log, index: int, old: str, new: str) -> dict[str, object]:
    """Collect what a stranger needs to check an entry and the growth of the log."""
    from base64 import b64encode

    from raudit.log.rotation import keys_of
    from raudit.log.tree.proof import parse_proof

    def encoded(hashes: tuple[bytes, ...]) -> list[str]:
        return [b64encode(value).decode() for value in hashes]

    return {
        "vkey": keys_of(log)[-1].vkey,
        "old": old,
        "new": new,
        "index": index,
        "entry": b64encode(log.entry(index).data).decode(),
        "inclusion": encoded(parse_proof(log.prove(index, new)).hashes),
        "consistency": encoded(log.prove_consistency(old, new)),
    }


def is_database(path: Path) -> bool:
    """Tell whether a file is a SQLite database."""
    with _unreadable(path), open_file(path) as file:
        return file.read(15) == b"SQLite format 3"


def give(text: str, output: Path | None) -> None:
    """Print a result, or write it to a file."""
    if output is None:
        click.echo(text, nl=False)
        return
    give_bytes(text.encode(), output)


def give_bytes(data: bytes, output: Path) -> None:
    """Write a result to a file."""
    write_or_refuse({output: data})
    click.echo(f"written to {output}", err=True)


@contextmanager
def discarding(location: str) -> Iterator[None]:
    """Remove a log file that this command made, if what was to fill it fails."""
    path = Path(location)
    new = "://" not in location and not path.exists()
    try:
        yield
    except BaseException:
        if new:
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
        raise
