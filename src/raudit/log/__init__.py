"""The log: append-only, provable, and unable to lose its tail quietly.

Entry points::

    open_log(location, key=, create=, origin=) -> Log      a SQLite file, postgresql+psycopg://…, or an export's folder
    read_log(location, vkey) -> ReadableLog                the same to read and to judge by, with its verifier key alone
    Log.append(events, clock=) -> Receipt                  on disk when it returns
    Log.checkpoint(clock, witnessed=()) -> str             signed note; refuses a log that lost or changed anything
    Log.prove(index, checkpoint) -> str                    .tlog-proof
    Log.entries() / Log.find(type=, run=, actor=)          reading, to show
    attest_log(log, vkey=, types=) -> AttestedLog          reading, to rely on: all hashed, and what is signed
    verify_checkpoint(text, vkey), verify_proof(text, entry, vkey), verify_consistency(old, new, proof, vkey)
    create_log_key(path, name), load_log_key(path)         key.vkey is what others need to verify

The log sees bytes and digests only. Names of people are replaced by salted digests when an event is appended.
"""

from __future__ import annotations

from pathlib import Path

from raudit.doors import Door, extensions
from raudit.errors import KeyFileError, LogError
from raudit.log.attested import AttestedLog, attest_held, attest_log, check_kept
from raudit.log.events import Entry, Event, EventType, parse_entry, salted_digest
from raudit.log.journal import Log, Receipt
from raudit.log.keys import PASSPHRASE_VARIABLE, create_log_key, load_log_key
from raudit.log.readable import ReadableLog
from raudit.log.stores.store import Reader, Store
from raudit.log.tree.checkpoint import Checkpoint, verify_checkpoint, verify_consistency
from raudit.log.tree.note import LogKey, Verifier
from raudit.log.tree.proof import Proven, verify_proof

__all__ = [
    "PASSPHRASE_VARIABLE",
    "AttestedLog",
    "Checkpoint",
    "Entry",
    "Event",
    "EventType",
    "Log",
    "LogKey",
    "Proven",
    "ReadableLog",
    "Receipt",
    "Verifier",
    "attest_held",
    "attest_log",
    "check_kept",
    "create_log_key",
    "load_log_key",
    "open_log",
    "open_store",
    "parse_entry",
    "read_log",
    "salted_digest",
    "verify_checkpoint",
    "verify_consistency",
    "verify_proof",
]


def open_log(
    location: str | Path,
    *,
    key: LogKey | None = None,
    create: bool = False,
    origin: str | None = None,
) -> Log:
    """Open a log, or make a new one.

    Parameters
    ----------
    location
        Path of a SQLite file, or ``postgresql+psycopg://…``, or the folder of an export (to read only).
    key
        The log's key; needed to make a log and to sign checkpoints.
    create
        Make the log if it is not there; an existing one is opened as it is.
    origin
        Name of a new log; must be the key's name, which is also the default.

    Raises
    ------
    LogError
        If there is no log there, it is on a network file system, or it is of another origin than the key.
    KeyFileError
        If a log is to be made without a key, or under another name than its key's.
    """
    if create and key is None:
        raise KeyFileError(
            "a log is made with its key",
            reference="log-create-key",
            hint="create one with `raudit log key NAME FILE`",
        )
    if origin is not None and key is not None and origin != key.name:
        raise KeyFileError(
            "the log and its key must have one name",
            reference="log-key-name",
            got=key.name,
            expected=origin,
        )
    store = open_store(location, create=create)
    try:
        if create and key is not None and "origin" not in store.meta():
            if not hasattr(store, "transaction"):
                raise LogError(
                    "a folder cannot be made a log", reference="log-location", where=store.location
                )
            with store.transaction() as writer:
                writer.set_meta("origin", key.name)
                writer.set_meta("vkey", key.vkey)
        if origin is not None and store.meta().get("origin") != origin:
            raise LogError(
                "this is another log",
                reference="log-origin",
                got=str(store.meta().get("origin")),
                expected=origin,
            )
        return Log(store, key=key)
    except BaseException:
        store.close()
        raise


def read_log(location: str | Path, vkey: Verifier) -> ReadableLog:
    """Open a log to be read by whoever holds its verifier key alone; nothing can be written through it.

    Raises
    ------
    LogError
        If there is no log there.
    """
    return ReadableLog(open_store(location, create=False), key=None, pinned=vkey)


def open_store(location: str | Path, *, create: bool) -> Store | Reader:
    """Pick the store by what the location looks like; each loads only when it is used."""
    if isinstance(location, str) and location.startswith("postgresql"):
        from raudit.log.stores.postgres import PostgresStore

        return PostgresStore(location, create=create)
    brought = extensions(Door.LOG_STORES, taken=("postgresql", "sqlite"))
    scheme = str(location).partition(":")[0]
    if isinstance(location, str) and scheme in brought:
        store: Store | Reader = brought[scheme].load()(location, create=create)
        return store
    path = Path(location)
    if path.is_dir():
        from raudit.log.tree.tiles import TileReader

        return TileReader(path)
    from raudit.log.stores.sqlite import SqliteStore

    return SqliteStore(path, create=create)
