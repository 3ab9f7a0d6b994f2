"""What the log needs of a place that keeps it. Implementations: SQLite, PostgreSQL, and an export's folder (to read).

A store keeps bytes and never judges them; whether they make a log is for `raudit.log.journal` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from raudit.errors import LogError, LogIntegrityError, RauditError

SCHEMA = "raudit-log/1"
"""Version of the tables."""

META = frozenset({"schema", "origin", "vkey", "copy"})
"""What a store says of itself."""

SIGNED = "signed"
"""Kind of a checkpoint that this log has signed."""
WITNESSED = "witnessed"
"""Kind of a checkpoint that came back from a witness."""
ROTATED = "rotated"
"""Kind of a key rotation's statement; its size is the index of the entry. Spares searching; verification searches."""
STAMPED = "stamped"
"""Kind of a time stamp over a checkpoint: base64 of the RFC 3161 token, a newline, the checkpoint."""
KINDS = frozenset({SIGNED, WITNESSED, ROTATED, STAMPED})
"""All kinds of notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNote:
    """A signed note that the store keeps."""

    kind: str
    size: int
    """Tree size it speaks of."""
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRows:
    """What a store keeps beside the tree."""

    notes: tuple[tuple[int, str], ...] = ()
    """Number and kind of every note, in order."""
    gapless: bool = False
    """Whether this kind of store numbers notes from 1 without gaps."""
    people: tuple[tuple[str, bytes, str], ...] = ()
    """Every pseudonym, salt and name."""


class Reader(Protocol):
    """Reading; every call sees a state that a committed transaction left."""

    @property
    def location(self) -> str:
        """Where the store is, without secrets, for messages."""
        ...

    def meta(self) -> Mapping[str, str]:
        """Return ``schema``, ``origin``, ``vkey`` and, for an imported copy, ``copy``."""
        ...

    def size(self) -> int:
        """Return the number of entries: one more than the largest index."""
        ...

    def counts(self) -> tuple[int, int]:
        """Count the rows of entries and of nodes; they differ from the sizes if rows are missing."""
        ...

    def node(self, level: int, position: int) -> bytes:
        """Return a stored hash.

        Raises
        ------
        LogIntegrityError
            If it is missing.
        """
        ...

    def entry(self, index: int) -> bytes:
        """Return an entry's bytes.

        Raises
        ------
        LogError
            If there is no such entry.
        """
        ...

    def entries(
        self, start: int, stop: int, containing: Sequence[bytes] = ()
    ) -> Iterator[tuple[int, bytes]]:
        """Yield (index, bytes) in order; with ``containing``, only entries that hold all of these bytes."""
        ...

    def leaves_and_nodes(self, size: int) -> tuple[Iterator[bytes], Iterator[bytes]]:
        """Return entries' bytes and stored hashes of the first ``size`` entries, each in stored order."""
        ...

    def notes(self, kind: str, last: int | None = None) -> list[StoredNote]:
        """Return stored notes of a kind, or the last few, in the order in which they were added."""
        ...

    def side_rows(self) -> SideRows:
        """Return what the store keeps beside the tree, as it stands there."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Hold one state for all reads inside."""
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...


class Writer(Protocol):
    """Writing inside one transaction, which alone holds the log's head."""

    def size(self) -> int:
        """Return the number of entries, including those added in this transaction."""
        ...

    def node(self, level: int, position: int) -> bytes:
        """Return a stored hash."""
        ...

    def add(
        self, first: int, entries: Sequence[bytes], first_node: int, nodes: Sequence[bytes]
    ) -> None:
        """Add entries from index ``first`` on, and nodes from stored place ``first_node`` on."""
        ...

    def add_note(self, note: StoredNote) -> None:
        """Keep a note."""
        ...

    def set_meta(self, key: str, value: str) -> None:
        """Set a meta value that is not set yet; a value that is set stays."""
        ...

    def add_person(self, pseudonym: str, salt: bytes, value: str) -> None:
        """Keep what a pseudonym stands for; deletable, and no part of the tree."""
        ...


class Store(Reader, Protocol):
    """Reading and writing."""

    def transaction(self) -> AbstractContextManager[Writer]:
        """Lock the head, then commit what is done inside, durably, or nothing."""
        ...

    def generation(self) -> int:
        """Return a number that changes when someone else commits; used to keep the tree's edge in memory."""
        ...

    def person(self, value: str) -> str | None:
        """Return the pseudonym of a person, if there is one."""
        ...

    def people(self) -> Mapping[str, str]:
        """Return all pseudonyms and what they stand for."""
        ...

    def forget(self, pseudonym: str) -> bool:
        """Delete what a pseudonym stands for; tell whether there was anything to delete."""
        ...


def no_entry(index: int, size: int, location: str) -> RauditError:
    """Return the error for an entry that is not there: asked for in vain, or taken out from between others."""
    if 0 <= index < size:
        return LogIntegrityError(
            f"entry {index} is missing",
            reference="log-rows",
            where=location,
            hint="rows were removed behind the log's back; keep this store for evidence",
        )
    return LogError(
        f"there is no entry {index}",
        reference="log-entry",
        where=location,
        expected=f"0 to {size - 1}",
    )
